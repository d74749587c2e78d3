"""ResNets with normalisation and activation before each convolution; wide ones for 32×32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.network.architectures.build import Builder, Map, declare
from costmodel.network.architectures.resnet import BASIC, BOTTLENECKS, DEEP, stem

_SOURCE = (
    "He, Zhang, Ren, Sun, Identity mappings in deep residual networks, ECCV 2016, arXiv:1603.05027"
)
_EXCITED = (
    f"{_SOURCE}; squeeze-and-excitation to a sixteenth of a block's channels, as in pytorchcv"
)
_WIDE = "Zagoruyko, Komodakis, Wide residual networks, BMVC 2016, arXiv:1605.07146, table 1"
_SQUEEZED = 16


def _preresnet(
    net: Builder,
    x: Map,
    depths: Sequence[int],
    *,
    bottleneck: bool,
    first: bool = False,
    excited: bool = False,
    base: int = 64,
    wider: int = 1,
    small: bool = False,
    classes: int = 1000,
) -> None:
    """Stages of blocks; see `resnet`. wider: how many times wider than the stem its stages are."""
    # the normalisation behind a small stem is that of the first block
    x = net.conv(x, "conv1", base, 3, padding=1, norm=0) if small else stem(net, x, base, small)
    for stage, depth in enumerate(depths):
        width = base * wider * 2**stage
        out = 4 * width if bottleneck else width
        for index in range(depth):
            stride = 2 if stage and not index else 1
            with net.within(f"layer{stage + 1}.{index}"):
                y = net.normalise(x, "norm")
                if x.channels != out or stride != 1:
                    x = net.conv(y, "downsample", out, stride=stride, norm=0)
                y = _block(net, y, width, stride, bottleneck, first)
                y = net.excite(y, out // _SQUEEZED) if excited else y
                x = net.into(y, x)
    x = net.normalise(x, "norm")
    net.linear(net.resized(x, 1, 1), "fc", classes)


def _block(net: Builder, y: Map, width: int, stride: int, bottleneck: bool, first: bool) -> Map:
    """Two 3×3 convolutions, or a bottleneck; no normalisation behind the last."""
    if not bottleneck:
        y = net.conv(y, "conv1", width, 3, stride=stride, padding=1)
        return net.conv(y, "conv2", width, 3, padding=1, norm=0)
    strides = (stride, 1) if first else (1, stride)
    y = net.conv(y, "conv1", width, stride=strides[0])
    y = net.conv(y, "conv2", width, 3, stride=strides[1], padding=1)
    return net.conv(y, "conv3", 4 * width, norm=0)


def _declare(
    id: str, title: str, depths: Sequence[int], source: str, size: int = 224, **options: Any
) -> None:
    def run(net: Builder, x: Map) -> None:
        _preresnet(net, x, depths, **options)

    declare(id, title, source, size=size, norm=2, bias=False, shipped=False)(run)


def _both(id: str, title: str, depths: Sequence[int], **options: Any) -> None:
    """With and without squeeze-and-excitation."""
    _declare(id, title, depths, _SOURCE, **options)
    _declare(f"se_{id}", f"SE-{title}", depths, _EXCITED, excited=True, **options)


for _layers, _depths in BASIC.items():
    _both(f"preresnet{_layers}", f"PreResNet-{_layers}", _depths, bottleneck=False)
for _layers, _depths in BOTTLENECKS.items():
    _id, _title = f"preresnet{_layers}", f"PreResNet-{_layers}"
    if _layers in BASIC:
        _id, _title = f"{_id}_bottlenecks", f"{_title} of bottlenecks"
    _both(_id, _title, _depths, bottleneck=True)
    if _layers >= DEEP:
        _title = f"{_title}, stride in the first 1×1"
        _both(f"{_id}_v1", _title, _depths, bottleneck=True, first=True)
_declare("preresnet269", "PreResNet-269", (3, 30, 48, 8), _SOURCE, bottleneck=True)
_SMALL: dict[str, Any] = {"base": 16, "small": True, "size": 32, "classes": 10}
for _layers in (20, 56, 110, 1202):
    _title, _depths = f"PreResNet-{_layers} for 32×32", ((_layers - 2) // 6,) * 3
    _declare(f"preresnet{_layers}_cifar", _title, _depths, _SOURCE, bottleneck=False, **_SMALL)
for _layers in (164, 272, 542, 1001):
    _title, _depths = f"PreResNet-{_layers} of bottlenecks for 32×32", ((_layers - 2) // 9,) * 3
    _declare(f"preresnet{_layers}_cifar", _title, _depths, _SOURCE, bottleneck=True, **_SMALL)
for _layers, _wider in ((16, 10), (28, 10), (40, 8)):
    _id, _title = (
        f"wide_resnet{_layers}_{_wider}_cifar",
        f"Wide ResNet-{_layers}-{_wider} for 32×32",
    )
    _depths = ((_layers - 4) // 6,) * 3
    _declare(_id, _title, _depths, _WIDE, bottleneck=False, wider=_wider, **_SMALL)
