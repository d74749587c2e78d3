"""U-Net: a contracting path, and back up by transposed convolutions beside its copies."""

from __future__ import annotations

from dataclasses import replace

from costmodel.network.architectures.build import Builder, Map, declare


@declare(
    "unet",
    "U-Net",
    "Ronneberger, Fischer, Brox, U-Net: convolutional networks for biomedical image segmentation, "
    "2015, arXiv:1505.04597, figure 1: unpadded convolutions, 572 to 388 pixels, two classes",
    size=572,
    channels=1,
)
def unet(net: Builder, x: Map) -> None:
    """Four poolings down, four transposed convolutions up, two 3×3 on every level."""
    copies: list[Map] = []
    levels = (64, 128, 256, 512, 1024)
    for depth, channels in enumerate(levels):
        if depth:
            x = net.pool(x, 2, 2)
        with net.within(f"down{depth}"):
            x = _pair(net, x, channels)
        copies.append(x)
    for depth, channels in reversed(tuple(enumerate(levels[:-1]))):
        with net.within(f"up{depth}"):
            x = net.transposed(x, "upconv", channels, 2, 2)
            copy = replace(copies[depth], size=x.size)  # cropped to this size
            x = _pair(net, net.concat(copy, x), channels)
    net.conv(x, "classes", 2)


def _pair(net: Builder, x: Map, channels: int) -> Map:
    return net.conv(net.conv(x, "conv1", channels, 3), "conv2", channels, 3)
