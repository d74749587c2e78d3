"""GhostNet: bottlenecks of ghost modules, in which cheap filters make half of the maps."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare
from costmodel.network.architectures.mobilenet_v3 import Blocks, divisible

# (kernel, inner channels, channels, excited, stride) as in table 7 of the paper.
_BLOCKS: Blocks = (
    (3, 16, 16, False, 1),
    (3, 48, 24, False, 2),
    (3, 72, 24, False, 1),
    (5, 72, 40, True, 2),
    (5, 120, 40, True, 1),
    (3, 240, 80, False, 2),
    (3, 200, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 184, 80, False, 1),
    (3, 480, 112, True, 1),
    (3, 672, 112, True, 1),
    (5, 672, 160, True, 2),
    (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
    (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
)


def _ghost(net: Builder, x: Map, name: str, channels: int) -> Map:
    with net.within(name):
        real = net.conv(x, "primary", channels // 2)
        return net.concat(real, net.depthwise(real, "cheap", padding=1))


@declare(
    "ghostnet",
    "GhostNet 1.0",
    "Han, Wang, Tian, Guo, Xu, Xu, GhostNet: more features from cheap operations, CVPR 2020, "
    "arXiv:1911.11907, table 7; squeeze-and-excitation to a quarter of a block's inner channels, "
    "to a multiple of 4",
    norm=2,
    bias=False,
)
def ghostnet(net: Builder, x: Map) -> None:
    """A 3×3, sixteen ghost bottlenecks, a 1×1, two linear layers."""
    x = net.conv(x, "conv1", 16, 3, stride=2, padding=1)
    for index, (kernel, inner, channels, excited, stride) in enumerate(_BLOCKS, 1):
        window = {"kernel": kernel, "stride": stride, "padding": kernel // 2}
        with net.within(f"block{index}"):
            side = x
            if (x.channels, stride) != (channels, 1):
                side = net.conv(net.depthwise(x, "skip.dw", **window), "skip.conv", channels)
            x = _ghost(net, x, "ghost1", inner)
            if stride != 1:
                x = net.depthwise(x, "dw", **window)
            if excited:
                x = net.excite(x, divisible(inner // 4, 4))
            x = net.into(_ghost(net, x, "ghost2", channels), side)
    x = net.conv(x, "conv2", 960)
    net.linear(net.linear(net.resized(x, 1, 1), "fc1", 1280), "fc2", 1000)
