"""EfficientNet: inverted residuals with squeeze-and-excitation, scaled in width, depth and size."""

from __future__ import annotations

import math
from fractions import Fraction

from costmodel.network.architectures.build import Builder, Map, declare
from costmodel.network.architectures.mobilenet_v3 import divisible

_SOURCE = (
    "Tan, Le, EfficientNet: rethinking model scaling for convolutional neural networks, 2019, "
    "arXiv:1905.11946, table 1; squeeze-and-excitation to a quarter of a block's input channels"
)
# (expansion, channels, blocks, stride of the first, kernel) as in table 1 of the paper.
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
#: Times wider, times deeper, side of the input; the authors' code has what the paper leaves open.
_SCALES = (
    ("1.0", "1.0", 224),
    ("1.0", "1.1", 240),
    ("1.1", "1.2", 260),
    ("1.2", "1.4", 300),
    ("1.4", "1.8", 380),
    ("1.6", "2.2", 456),
    ("1.8", "2.6", 528),
    ("2.0", "3.1", 600),
    ("2.2", "3.6", 672),
)


def _declare(number: int, wider: Fraction, deeper: Fraction, size: int) -> None:
    def width(channels: int) -> int:
        return divisible(wider * channels, 8)

    def run(net: Builder, x: Map) -> None:
        x = net.conv(x, "stem", width(32), 3, stride=2, padding=1)
        for stage, (expansion, channels, blocks, first, kernel) in enumerate(_STAGES, 1):
            for index in range(math.ceil(deeper * blocks)):
                before, inputs = x, int(x.channels)
                with net.within(f"stage{stage}.{index}"):
                    if expansion != 1:
                        x = net.conv(x, "expand", inputs * expansion)
                    stride = first if index == 0 else 1
                    x = net.depthwise(x, "dw", kernel, stride=stride, padding=kernel // 2)
                    x = net.excite(x, inputs // 4)
                    x = net.conv(x, "project", width(channels))
                x = net.into(x, before) if index else x
        x = net.conv(x, "head", width(1280))
        net.linear(net.resized(x, 1, 1), "fc", 1000)

    source = _SOURCE if number == 0 else f"{_SOURCE}; {wider} wider and {deeper} deeper than B0"
    title = f"EfficientNet-B{number}"
    declare(
        f"efficientnet_b{number}",
        title,
        source,
        size=size,
        norm=2,
        bias=False,
        shipped=number == 0,
    )(run)


for _number, (_wider, _deeper, _size) in enumerate(_SCALES):
    _declare(_number, Fraction(_wider), Fraction(_deeper), _size)
