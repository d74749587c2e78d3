"""ResNet, ResNeXt and SE-ResNet: residual blocks in stages; a 1×1 shortcut where shapes change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.core.numbers import Number
from costmodel.network.architectures.build import Builder, Map, declare

_PAPER = "He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2016, arXiv:1512.03385"
_SOURCE = f"{_PAPER}, table 1"
_OTHER_DEPTHS = f"{_PAPER}; its blocks in other numbers, as in pytorchcv"
_STRIDED = "; stride in the 3×3 of a bottleneck, as in torchvision and its successors"
_FIRST = "; stride in the first 1×1 of a bottleneck, as in the paper"
_NEXT = (
    "Xie, Girshick, Dollár, Tu, He, Aggregated residual transformations for deep neural networks, "
    "2017, arXiv:1611.05431"
)
_EXCITED = (
    "Hu, Shen, Sun, Squeeze-and-excitation networks, CVPR 2018, arXiv:1709.01507; "
    "squeeze-and-excitation to a sixteenth of a block's channels"
)
_WIDE = (
    "Zagoruyko, Komodakis, Wide residual networks, 2016, arXiv:1605.07146; "
    "the 3×3 of a bottleneck twice as wide, as in torchvision"
)
_BATCH_NORM: dict[str, Any] = {"norm": 2, "bias": False}
#: Of ResNet's own squeeze-and-excitation.
_SQUEEZED = 16


def _basic(net: Builder, x: Map, width: int, stride: int) -> Map:
    """Two 3×3 convolutions."""
    y = net.conv(x, "conv1", net.scaled(width), 3, stride=stride, padding=1)
    return net.conv(y, "conv2", net.scaled(width), 3, padding=1)


def _bottleneck(
    net: Builder, x: Map, width: int, stride: int, inner: int, groups: int, first: bool
) -> Map:
    """1×1, 3×3, 1×1; the stride in the 3×3, or in the first 1×1 as in the paper."""
    strides = (stride, 1) if first else (1, stride)
    y = net.conv(x, "conv1", net.scaled(inner), stride=strides[0])
    y = net.conv(y, "conv2", net.scaled(inner), 3, stride=strides[1], padding=1, groups=groups)
    return net.conv(y, "conv3", net.scaled(4 * width))


def stem(net: Builder, x: Map, channels: Number, small: bool) -> Map:
    """A 7×7 and a pooling, or for inputs of 32×32 a 3×3."""
    if small:
        return net.conv(x, "conv1", channels, 3, padding=1)
    return net.pool(net.conv(x, "conv1", channels, 7, stride=2, padding=3), 3, 2, 1)


def _resnet(
    net: Builder,
    x: Map,
    depths: Sequence[int],
    *,
    bottleneck: bool = True,
    groups: int = 1,
    group_width: int = 64,
    first: bool = False,
    excited: bool = False,
    base: int = 64,
    small: bool = False,
    classes: int = 1000,
) -> None:
    """Stages of blocks.

    Args:
        depths: blocks of each stage. first: the stride in the first 1×1 of a bottleneck.
        group_width: channels of a group in a bottleneck of 64. excited: squeeze-and-excitation.
        base: channels of the first stage. small: made for inputs of 32×32.
    """
    x = stem(net, x, net.scaled(base), small)
    for stage, depth in enumerate(depths):
        width = base * 2**stage
        out = 4 * width if bottleneck else width
        for index in range(depth):
            stride = 2 if stage and not index else 1
            with net.within(f"layer{stage + 1}.{index}"):
                if bottleneck:
                    inner = width * group_width * groups // 64
                    y = _bottleneck(net, x, width, stride, inner, groups, first)
                else:
                    y = _basic(net, x, width, stride)
                if excited:
                    y = net.excite(y, out // _SQUEEZED)
                if index == 0 and (stride != 1 or bottleneck):
                    x = net.conv(x, "downsample", net.scaled(out), stride=stride)
                x = net.into(y, x)
    net.linear(net.resized(x, 1, 1), "fc", classes)


def _declare(
    id: str,
    title: str,
    depths: Sequence[int],
    source: str,
    *,
    shipped: bool = False,
    size: int = 224,
    **options: Any,
) -> None:
    def run(net: Builder, x: Map) -> None:
        _resnet(net, x, depths, **options)

    # what is squeezed is a whole number of channels, which no letter is known to give
    multipliers = () if options.get("excited") else ("alpha",)
    told: dict[str, Any] = {"multipliers": multipliers, "size": size, "shipped": shipped}
    declare(id, title, source, **told, **_BATCH_NORM)(run)


#: Blocks of each stage by the number of layers, of two 3×3 convolutions and of bottlenecks.
BASIC: dict[int, tuple[int, ...]] = {
    10: (1, 1, 1, 1),
    12: (2, 1, 1, 1),
    14: (2, 2, 1, 1),
    16: (2, 2, 2, 1),
    18: (2, 2, 2, 2),
    26: (3, 3, 3, 3),
    34: (3, 4, 6, 3),
}
BOTTLENECKS: dict[int, tuple[int, ...]] = {
    14: (1, 1, 1, 1),
    26: (2, 2, 2, 2),
    38: (3, 3, 3, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
#: From so many layers on both places of a bottleneck's stride are known.
DEEP = 50
#: Depths of the published networks; those of fewer layers have no bottlenecks.
_BASIC_PUBLISHED, _PUBLISHED = (18, 34), (50, 101, 152)

for _layers, _depths in BASIC.items():
    _known = _layers in _BASIC_PUBLISHED
    _text = _SOURCE if _known else _OTHER_DEPTHS
    _id, _title = f"resnet{_layers}", f"ResNet-{_layers}"
    _declare(_id, _title, _depths, _text, bottleneck=False, shipped=_known)
    _declare(f"se_{_id}", f"SE-{_title}", _depths, _EXCITED, bottleneck=False, excited=True)
for _layers, _depths in BOTTLENECKS.items():
    _known = _layers in _PUBLISHED
    _id, _title = f"resnet{_layers}", f"ResNet-{_layers}"
    if _layers in BASIC:
        _id, _title = f"{_id}_bottlenecks", f"{_title} of bottlenecks"
    _text = _SOURCE if _known else _OTHER_DEPTHS
    _declare(_id, _title, _depths, _text + _STRIDED, shipped=_known)
    _declare(f"se_{_id}", f"SE-{_title}", _depths, _EXCITED + _STRIDED, excited=True)
    if _layers >= DEEP:
        _id, _title = f"{_id}_v1", f"{_title}, stride in the first 1×1"
        _declare(_id, _title, _depths, _text + _FIRST, first=True, shipped=_layers == 50)
        _text, _title = _EXCITED + _FIRST, f"SE-{_title}"
        _declare(f"se_{_id}", _title, _depths, _text, first=True, excited=True)
#: (layers, groups, channels of a group) of ResNeXt; the first is the paper's own table.
_GROUPED = (
    (50, 32, 4), (14, 16, 4), (14, 32, 2), (14, 32, 4), (26, 16, 4), (26, 32, 2), (26, 32, 4),
    (38, 32, 4), (101, 32, 4), (101, 64, 4), (101, 32, 8), (101, 32, 16), (101, 32, 32),
    (101, 32, 48), (152, 32, 4),
)  # fmt: skip
_GROUPED_EXCITED = ((50, 32, 4), (101, 32, 4), (101, 64, 4), (101, 32, 8))
for _place, (_layers, _groups, _width) in enumerate(_GROUPED):
    _id, _title = f"{_layers}_{_groups}x{_width}d", f"{_layers} {_groups}×{_width}d"
    _options: dict[str, Any] = {"groups": _groups, "group_width": _width}
    _text = f"{_NEXT}, table 1" if _place == 0 else _NEXT
    _depths = BOTTLENECKS[_layers]
    _declare(f"resnext{_id}", f"ResNeXt-{_title}", _depths, _text, shipped=not _place, **_options)
    if (_layers, _groups, _width) in _GROUPED_EXCITED:
        _options["excited"] = True
        _declare(f"se_resnext{_id}", f"SE-ResNeXt-{_title}", _depths, _EXCITED, **_options)
for _layers in (50, 101):
    _text, _depths = _WIDE, BOTTLENECKS[_layers]
    _title = f"Wide ResNet-{_layers}-2"
    _declare(f"wide_resnet{_layers}_2", _title, _depths, _text, group_width=128)

_SMALL: dict[str, Any] = {"small": True, "size": 32, "classes": 10}
_CIFAR = f"{_PAPER}, section 4.2, with 1×1 shortcuts where shapes change"
for _layers in (20, 56, 110, 1202):
    _options = {**_SMALL, "base": 16, "bottleneck": False}
    _depths = ((_layers - 2) // 6,) * 3
    _id, _title = f"resnet{_layers}_cifar", f"ResNet-{_layers} for 32×32"
    _declare(_id, _title, _depths, _CIFAR, **_options)
    _declare(f"se_{_id}", f"SE-{_title}", _depths, _EXCITED, excited=True, **_options)
for _layers in (164, 272, 542, 1001):
    _options = {**_SMALL, "base": 16}
    _depths = ((_layers - 2) // 9,) * 3
    _id, _title = f"resnet{_layers}_cifar", f"ResNet-{_layers} of bottlenecks for 32×32"
    _declare(_id, _title, _depths, _CIFAR, **_options)
    _declare(f"se_{_id}", f"SE-{_title}", _depths, _EXCITED, excited=True, **_options)
for _layers, _groups, _width in (
    *((20, 16, 4), (20, 32, 2), (20, 32, 4), (29, 32, 4), (29, 16, 64)),
    *((272, 1, 64), (272, 2, 32)),
):
    _id = f"resnext{_layers}_{_groups}x{_width}d_cifar"
    _title = f"ResNeXt-{_layers} {_groups}×{_width}d for 32×32"
    _options = {**_SMALL, "groups": _groups, "group_width": _width}
    _declare(_id, _title, ((_layers - 2) // 9,) * 3, f"{_NEXT}, section 5.3", **_options)
