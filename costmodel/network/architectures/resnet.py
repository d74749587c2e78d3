"""ResNet and ResNeXt: residual blocks in four stages; a 1×1 shortcut where the shape changes."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2016, arXiv:1512.03385, "
    "table 1"
)
_STRIDED = "; stride in the 3×3 of a bottleneck, as in torchvision and its successors"
_BATCH_NORM = {"norm": 2, "bias": False}


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


def _resnet(
    net: Builder,
    x: Map,
    depths: tuple[int, ...],
    *,
    bottleneck: bool = True,
    groups: int = 1,
    group_width: int = 64,
    first: bool = False,
) -> None:
    x = net.pool(net.conv(x, "conv1", net.scaled(64), 7, stride=2, padding=3), 3, 2, 1)
    for stage, depth in enumerate(depths):
        width = 64 * 2**stage
        out = 4 * width if bottleneck else width
        for index in range(depth):
            stride = 2 if stage and not index else 1
            with net.within(f"layer{stage + 1}.{index}"):
                if bottleneck:
                    inner = width * group_width * groups // 64
                    y = _bottleneck(net, x, width, stride, inner, groups, first)
                else:
                    y = _basic(net, x, width, stride)
                if index == 0 and (stride != 1 or bottleneck):
                    x = net.conv(x, "downsample", net.scaled(out), stride=stride)
                x = net.into(y, x)
    net.linear(net.resized(x, 1, 1), "fc", 1000)


def _declare(id: str, title: str, depths: tuple[int, ...], source: str, **options: object) -> None:
    def run(net: Builder, x: Map) -> None:
        _resnet(net, x, depths, **options)  # type: ignore[arg-type]

    declare(id, title, source, multipliers=("alpha",), **_BATCH_NORM)(run)


_declare("resnet18", "ResNet-18", (2, 2, 2, 2), _SOURCE, bottleneck=False)
_declare("resnet34", "ResNet-34", (3, 4, 6, 3), _SOURCE, bottleneck=False)
_declare("resnet50", "ResNet-50", (3, 4, 6, 3), _SOURCE + _STRIDED)
_declare(
    "resnet50_v1",
    "ResNet-50, stride in the first 1×1",
    (3, 4, 6, 3),
    _SOURCE + "; stride in the first 1×1 of a bottleneck, as in the paper",
    first=True,
)
_declare("resnet101", "ResNet-101", (3, 4, 23, 3), _SOURCE + _STRIDED)
_declare("resnet152", "ResNet-152", (3, 8, 36, 3), _SOURCE + _STRIDED)
_declare(
    "resnext50_32x4d",
    "ResNeXt-50 32×4d",
    (3, 4, 6, 3),
    "Xie, Girshick, Dollár, Tu, He, Aggregated residual transformations for deep neural networks, "
    "2017, arXiv:1611.05431, table 1",
    groups=32,
    group_width=4,
)
