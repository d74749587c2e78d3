"""MobileNetV2: inverted residuals, 1×1 to six times the channels, depthwise 3×3, 1×1 back."""

from __future__ import annotations

from fractions import Fraction

from costmodel.core.numbers import Number
from costmodel.network.architectures.build import Builder, Map, declare

# (expansion, channels, blocks, stride of the first) as in table 2 of the paper.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_LARGE = 10**6  # above every channel count: ⌊x/_LARGE⌋ is −1 for negative x and 0 for the others


def rounded(channels: int, alpha: Number) -> Number:
    """`channels` times alpha to the nearest multiple of 8, one more if that loses over a tenth.

    The reference implementation's rule, written with floors so that alpha may be a symbol: for
    alpha > 0 its minimum of 8 follows from the second part.
    """
    exact = alpha * channels
    nearest = (exact + 4) // 8 * 8
    return nearest - (nearest * 10 - exact * 9) // _LARGE * 8


def at_least_one(alpha: Number) -> Number:
    """max(1, alpha), with floors: the last 1×1 is never narrowed."""
    return 1 + (alpha - 1) * (1 + (alpha - 1) // _LARGE)


@declare(
    "mobilenet_v2",
    "MobileNetV2 1.0",
    "Sandler, Howard, Zhu, Zhmoginov, Chen, MobileNetV2: inverted residuals and linear "
    "bottlenecks, 2018, arXiv:1801.04381, table 2",
    multipliers=("alpha", "rho"),
    norm=2,
    bias=False,
)
def mobilenet_v2(net: Builder, x: Map) -> None:
    """A 3×3, seventeen inverted residuals, a 1×1, a linear layer."""
    alpha = net.values["alpha"]
    alpha = Fraction(alpha) if isinstance(alpha, int) else alpha
    x = net.conv(x, "conv1", net.whole(rounded(32, alpha)), 3, stride=2, padding=1)
    for stage, (expansion, channels, blocks, first) in enumerate(_STAGES, 1):
        out = net.whole(rounded(channels, alpha))
        for index in range(blocks):
            before = x
            with net.within(f"stage{stage}.{index}"):
                if expansion != 1:
                    x = net.conv(x, "expand", x.channels * expansion)
                x = net.depthwise(x, "dw", stride=first if index == 0 else 1, padding=1)
                x = net.conv(x, "project", out)
            x = net.into(x, before) if index else x
    x = net.conv(x, "conv_last", net.whole(rounded(1280, at_least_one(alpha))))
    net.linear(net.resized(x, 1, 1), "fc", 1000)
