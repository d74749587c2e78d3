"""MobileNetV3: inverted residuals of searched sizes, some with squeeze-and-excitation."""

from __future__ import annotations

import math
from fractions import Fraction

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam, Searching for "
    "MobileNetV3, ICCV 2019, arXiv:1905.02244, table {}; squeeze-and-excitation to a quarter of "
    "a block's inner channels, to a multiple of 8"
)
#: (kernel, inner channels, channels, excited, stride) as in tables 1 and 2 of the paper.
Blocks = tuple[tuple[int, int, int, bool, int], ...]
_LARGE: Blocks = (
    (3, 16, 16, False, 1),
    (3, 64, 24, False, 2),
    (3, 72, 24, False, 1),
    (5, 72, 40, True, 2),
    (5, 120, 40, True, 1),
    (5, 120, 40, True, 1),
    (3, 240, 80, False, 2),
    (3, 200, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 480, 112, True, 1),
    (3, 672, 112, True, 1),
    (5, 672, 160, True, 2),
    (5, 960, 160, True, 1),
    (5, 960, 160, True, 1),
)
_SMALL: Blocks = (
    (3, 16, 16, True, 2),
    (3, 72, 24, False, 2),
    (3, 88, 24, False, 1),
    (5, 96, 40, True, 2),
    (5, 240, 40, True, 1),
    (5, 240, 40, True, 1),
    (5, 120, 48, True, 1),
    (5, 144, 48, True, 1),
    (5, 288, 96, True, 2),
    (5, 576, 96, True, 1),
    (5, 576, 96, True, 1),
)


def divisible(channels: int | Fraction, by: int) -> int:
    """The nearest multiple, one more where that is less than nine tenths, and at least one."""
    nearest = max(by, math.floor((channels + by // 2) / Fraction(by)) * by)
    return nearest + by if 10 * nearest < 9 * channels else nearest


def _mobilenet_v3(
    net: Builder, x: Map, blocks: Blocks, features: int, wider: Fraction, plain: bool
) -> None:
    """Blocks between a 3×3 and three layers without a window.

    Args:
        wider: how many times wider; the last layer is never narrowed.
        plain: the minimalistic form: 3×3 windows, no squeeze-and-excitation.
    """

    def width(channels: int) -> int:
        return divisible(wider * channels, 8)

    x = net.conv(x, "conv1", width(16), 3, stride=2, padding=1)
    inputs = 16
    for index, (kernel, inner, channels, excited, stride) in enumerate(blocks, 1):
        before, kernel = x, 3 if plain else kernel
        # as many times its input as in the table: a block is widened by what goes into it
        inside = divisible(Fraction(inner, inputs) * x.channels, 8)
        with net.within(f"block{index}"):
            if inner != inputs:
                x = net.conv(x, "expand", inside)
            x = net.depthwise(x, "dw", kernel, stride=stride, padding=kernel // 2)
            if excited and not plain:
                x = net.excite(x, divisible(inside // 4, 8))
            x = net.conv(x, "project", width(channels))
        x = net.into(x, before) if (stride, width(channels)) == (1, before.channels) else x
        inputs = channels
    x = net.conv(x, "conv2", width(6 * blocks[-1][2]))
    x = net.linear(net.resized(x, 1, 1), "fc1", divisible(max(wider, Fraction(1)) * features, 8))
    net.linear(x, "fc2", 1000)


def _declare(
    size: str, blocks: Blocks, features: int, table: int, wider: str = "1.0", plain: bool = False
) -> None:
    def run(net: Builder, x: Map) -> None:
        _mobilenet_v3(net, x, blocks, features, Fraction(wider), plain)

    id, title = f"mobilenet_v3_{size}", f"MobileNetV3-{size.capitalize()} {wider}"
    source = _SOURCE.format(table)
    shipped = wider == "1.0" and not plain
    if wider != "1.0":
        id += f"_x{wider.replace('.', '_')}"
        source += f"; {wider} wider, to multiples of 8"
    if plain:
        id, title = f"{id}_minimalistic", f"{title}, minimalistic"
        source += "; 3×3 windows only and no squeeze-and-excitation, as in the authors' code"
    declare(id, title, source, norm=2, bias=False, shipped=shipped)(run)


for _wider in ("0.75", "1.0", "1.25"):
    _declare("large", _LARGE, 1280, 1, _wider)
for _wider in ("0.5", "0.75", "1.0"):
    _declare("small", _SMALL, 1024, 2, _wider)
_declare("large", _LARGE, 1280, 1, plain=True)
_declare("small", _SMALL, 1024, 2, plain=True)
