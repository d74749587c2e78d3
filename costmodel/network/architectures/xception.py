"""Xception: depthwise separable convolutions with residuals, strided by poolings."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare


def _separable(net: Builder, x: Map, name: str, channels: int) -> Map:
    with net.within(name):
        return net.conv(net.depthwise(x, "dw", padding=1, norm=0), "conv", channels)


@declare(
    "xception",
    "Xception",
    "Chollet, Xception: deep learning with depthwise separable convolutions, CVPR 2017, "
    "arXiv:1610.02357, figure 5; no normalisation inside of a separable convolution",
    size=299,
    norm=2,
    bias=False,
)
def xception(net: Builder, x: Map) -> None:
    """Two 3×3, thirty-four separable convolutions, most of them in residuals, a linear layer."""
    x = net.conv(net.conv(x, "conv1", 32, 3, stride=2), "conv2", 64, 3)
    for name, channels in ("entry1", (128, 128)), ("entry2", (256, 256)), ("entry3", (728, 728)):
        x = _strided(net, x, name, channels)
    for index in range(1, 9):
        with net.within(f"middle{index}"):
            y = net.copied(x)  # the activation before the first cannot work in place
            for number in (1, 2, 3):
                y = _separable(net, y, f"sep{number}", 728)
            x = net.into(y, x)
    x = _strided(net, x, "exit1", (728, 1024))
    for number, width in enumerate((1536, 2048), 1):
        x = _separable(net, x, f"exit2.sep{number}", width)
    net.linear(net.resized(x, 1, 1), "fc", 1000)


def _strided(net: Builder, x: Map, name: str, channels: tuple[int, int]) -> Map:
    """Two separable convolutions and a pooling, beside a strided 1×1."""
    with net.within(name):
        side = net.conv(x, "skip", channels[1], stride=2)
        for number, width in enumerate(channels, 1):
            x = _separable(net, x, f"sep{number}", width)
    return net.into(net.pool(x, 3, 2, 1), side)
