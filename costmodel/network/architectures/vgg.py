"""VGG: 3×3 convolutions only, in five stages between poolings."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "Simonyan, Zisserman, Very deep convolutional networks for large-scale image recognition, "
    "2015, arXiv:1409.1556, table 1, configuration "
)
_CHANNELS = (64, 128, 256, 512, 512)
_SHIPPED = ("A", "D", "E")
#: Convolutions of each stage, by the paper's letter.
_DEPTHS = {
    "A": (1, 1, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "D": (2, 2, 3, 3, 3),
    "E": (2, 2, 4, 4, 4),
}


def _declare(letter: str, depths: tuple[int, ...]) -> None:
    def run(net: Builder, x: Map) -> None:
        for stage, (channels, depth) in enumerate(zip(_CHANNELS, depths, strict=True), 1):
            for index in range(1, depth + 1):
                x = net.conv(x, f"conv{stage}_{index}", net.scaled(channels), 3, padding=1)
            x = net.pool(x, 2, 2)
        x = net.linear(x, "fc6", 4096)
        x = net.linear(x, "fc7", 4096)
        net.linear(x, "fc8", 1000)

    layers, source = sum(depths) + 3, f"{_SOURCE}{letter}"
    shipped = letter in _SHIPPED
    declare(f"vgg{layers}", f"VGG-{layers}", source, multipliers=("alpha",), shipped=shipped)(run)
    declare(
        f"vgg{layers}_bn",
        f"VGG-{layers} with batch normalisation",
        f"{source}; batch normalisation behind every convolution, as in torchvision",
        multipliers=("alpha",),
        norm=2,
        shipped=False,
    )(run)


for _letter, _depths in _DEPTHS.items():
    _declare(_letter, _depths)
