"""MnasNet-B1: inverted residuals of searched sizes, without squeeze-and-excitation."""

from __future__ import annotations

from fractions import Fraction

from costmodel.network.architectures.build import Builder, Map, declare
from costmodel.network.architectures.mobilenet_v3 import divisible

#: (expansion, channels, blocks, stride of the first, kernel), as in the authors' code.
_STAGES = (
    (3, 24, 3, 2, 3),
    (3, 40, 3, 2, 5),
    (6, 80, 3, 2, 5),
    (6, 96, 2, 1, 3),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)


def _declare(wider: str) -> None:
    def width(channels: int) -> int:
        return divisible(Fraction(wider) * channels, 8)

    def run(net: Builder, x: Map) -> None:
        x = net.conv(x, "stem", width(32), 3, stride=2, padding=1)
        x = net.conv(net.depthwise(x, "separable.dw", padding=1), "separable.conv", width(16))
        for stage, (expansion, channels, blocks, first, kernel) in enumerate(_STAGES, 1):
            for index in range(blocks):
                before, stride = x, first if index == 0 else 1
                with net.within(f"stage{stage}.{index}"):
                    x = net.conv(x, "expand", x.channels * expansion)
                    x = net.depthwise(x, "dw", kernel, stride=stride, padding=kernel // 2)
                    x = net.conv(x, "project", width(channels))
                x = net.into(x, before) if index else x
        net.linear(net.resized(net.conv(x, "head", 1280), 1, 1), "fc", 1000)

    declare(
        f"mnasnet_x{wider.replace('.', '_')}",
        f"MnasNet-B1 {wider}",
        "Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le, MnasNet: platform-aware neural "
        "architecture search for mobile, CVPR 2019, arXiv:1807.11626",
        norm=2,
        bias=False,
        shipped=False,
    )(run)


for _wider in ("0.5", "0.75", "1.0", "1.4"):
    _declare(_wider)
