"""VGG: 3×3 convolutions only, in five stages between poolings."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "Simonyan, Zisserman, Very deep convolutional networks for large-scale image recognition, "
    "2015, arXiv:1409.1556, table 1, configuration "
)
_CHANNELS = (64, 128, 256, 512, 512)


def _vgg(net: Builder, x: Map, depths: tuple[int, ...]) -> None:
    for stage, (channels, depth) in enumerate(zip(_CHANNELS, depths, strict=True), 1):
        for index in range(1, depth + 1):
            x = net.conv(x, f"conv{stage}_{index}", net.scaled(channels), 3, padding=1)
        x = net.pool(x, 2, 2)
    x = net.linear(x, "fc6", 4096)
    x = net.linear(x, "fc7", 4096)
    net.linear(x, "fc8", 1000)


@declare("vgg11", "VGG-11", _SOURCE + "A", multipliers=("alpha",))
def vgg11(net: Builder, x: Map) -> None:
    """Eight convolutions."""
    _vgg(net, x, (1, 1, 2, 2, 2))


@declare("vgg16", "VGG-16", _SOURCE + "D", multipliers=("alpha",))
def vgg16(net: Builder, x: Map) -> None:
    """Thirteen convolutions."""
    _vgg(net, x, (2, 2, 3, 3, 3))


@declare("vgg19", "VGG-19", _SOURCE + "E", multipliers=("alpha",))
def vgg19(net: Builder, x: Map) -> None:
    """Sixteen convolutions."""
    _vgg(net, x, (2, 2, 4, 4, 4))
