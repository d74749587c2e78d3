"""DenseNet: every layer reads the concatenation of all earlier ones; normalisation comes first."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "Huang, Liu, van der Maaten, Weinberger, Densely connected convolutional networks, 2017, "
    "arXiv:1608.06993, table 1"
)
_GROWTH = 32


def _densenet(net: Builder, x: Map, blocks: tuple[int, ...]) -> None:
    x = net.pool(net.conv(x, "conv0", 2 * _GROWTH, 7, stride=2, padding=3, norm=2), 3, 2, 1)
    for number, layers in enumerate(blocks, 1):
        for index in range(1, layers + 1):
            with net.within(f"block{number}.{index}"):
                y = net.normalise(x, "norm1")
                y = net.conv(y, "conv1", 4 * _GROWTH, norm=2)
                x = net.concat(x, net.conv(y, "conv2", _GROWTH, 3, padding=1))
        if number < len(blocks):
            with net.within(f"transition{number}"):
                x = net.normalise(x, "norm")
                x = net.pool(net.conv(x, "conv", x.channels // 2), 2, 2)
    x = net.normalise(x, "norm5")
    net.linear(net.resized(x, 1, 1), "fc", 1000)


@declare("densenet121", "DenseNet-121", _SOURCE, bias=False)
def densenet121(net: Builder, x: Map) -> None:
    """Four dense blocks of growth 32 with 1×1 bottlenecks."""
    _densenet(net, x, (6, 12, 24, 16))


@declare("densenet169", "DenseNet-169", _SOURCE, bias=False)
def densenet169(net: Builder, x: Map) -> None:
    """Four dense blocks of growth 32 with 1×1 bottlenecks."""
    _densenet(net, x, (6, 12, 32, 32))
