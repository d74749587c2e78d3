"""DenseNet: every layer reads the concatenation of all earlier ones; normalisation comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.network.architectures.build import Builder, Map, declare

_PAPER = (
    "Huang, Liu, van der Maaten, Weinberger, Densely connected convolutional networks, 2017, "
    "arXiv:1608.06993"
)
_SHIPPED = (121, 169)


def _densenet(
    net: Builder,
    x: Map,
    blocks: Sequence[int],
    growth: int,
    *,
    bottleneck: bool = True,
    small: bool = False,
    classes: int = 1000,
) -> None:
    """Dense blocks with transitions to half of the channels between them."""
    if small:  # the normalisation behind its stem is that of the first layer
        x = net.conv(x, "conv0", 2 * growth, 3, padding=1, norm=0)
    else:
        x = net.pool(net.conv(x, "conv0", 2 * growth, 7, stride=2, padding=3), 3, 2, 1)
    for number, layers in enumerate(blocks, 1):
        for index in range(1, layers + 1):
            with net.within(f"block{number}.{index}"):
                y = net.normalise(x, "norm1")
                y = net.conv(y, "conv1", 4 * growth) if bottleneck else y
                last = "conv2" if bottleneck else "conv1"
                x = net.concat(x, net.conv(y, last, growth, 3, padding=1, norm=0))
        if number < len(blocks):
            with net.within(f"transition{number}"):
                x = net.normalise(x, "norm")
                x = net.pool(net.conv(x, "conv", x.channels // 2, norm=0), 2, 2)
    x = net.normalise(x, "norm5")
    net.linear(net.resized(x, 1, 1), "fc", classes)


def _declare(
    id: str,
    title: str,
    blocks: Sequence[int],
    growth: int,
    source: str,
    size: int = 224,
    shipped: bool = False,
    **options: Any,
) -> None:
    def run(net: Builder, x: Map) -> None:
        _densenet(net, x, blocks, growth, **options)

    declare(id, title, source, size=size, norm=2, bias=False, shipped=shipped)(run)


for _layers, _growth, _blocks in (
    (121, 32, (6, 12, 24, 16)),
    (161, 48, (6, 12, 36, 24)),
    (169, 32, (6, 12, 32, 32)),
    (201, 32, (6, 12, 48, 32)),
):
    _shipped = _layers in _SHIPPED
    _id, _title, _text = f"densenet{_layers}", f"DenseNet-{_layers}", f"{_PAPER}, table 1"
    _declare(_id, _title, _blocks, _growth, _text, shipped=_shipped)
for _layers, _growth, _bottleneck in (
    *(
        (40, 12, False),
        (40, 12, True),
        (40, 24, True),
        (40, 36, True),
        (40, 48, True),
        (40, 60, True),
    ),
    *((100, 12, False), (100, 24, False), (100, 12, True), (190, 40, True), (250, 24, True)),
):
    _kind = "_bc" if _bottleneck else ""
    _declare(
        f"densenet{_layers}_k{_growth}{_kind}_cifar",
        f"DenseNet{'-BC' if _bottleneck else ''}-{_layers}, k = {_growth}, for 32×32",
        ((_layers - 4) // (6 if _bottleneck else 3),) * 3,
        _growth,
        f"{_PAPER}, section 4; transitions halve the channels, as in pytorchcv",
        bottleneck=_bottleneck,
        small=True,
        size=32,
        classes=10,
    )
