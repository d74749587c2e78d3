"""MobileNetV3: inverted residuals of searched sizes, some with squeeze-and-excitation."""

from __future__ import annotations

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


def divisible(channels: int, by: int) -> int:
    """The nearest multiple, one more where that is less than nine tenths, and at least one."""
    nearest = max(by, (channels + by // 2) // by * by)
    return nearest + by if 10 * nearest < 9 * channels else nearest


def _mobilenet_v3(net: Builder, x: Map, blocks: Blocks, features: int) -> None:
    x = net.conv(x, "conv1", 16, 3, stride=2, padding=1)
    for index, (kernel, inner, channels, excited, stride) in enumerate(blocks, 1):
        before = x
        with net.within(f"block{index}"):
            if inner != x.channels:
                x = net.conv(x, "expand", inner)
            x = net.depthwise(x, "dw", kernel, stride=stride, padding=kernel // 2)
            if excited:
                x = net.excite(x, divisible(inner // 4, 8))
            x = net.conv(x, "project", channels)
        x = net.into(x, before) if (stride, channels) == (1, before.channels) else x
    x = net.conv(x, "conv2", 6 * x.channels)
    x = net.linear(net.resized(x, 1, 1), "fc1", features)
    net.linear(x, "fc2", 1000)


@declare("mobilenet_v3_large", "MobileNetV3-Large 1.0", _SOURCE.format(1), norm=2, bias=False)
def mobilenet_v3_large(net: Builder, x: Map) -> None:
    """A 3×3, fifteen inverted residuals, a 1×1, two linear layers."""
    _mobilenet_v3(net, x, _LARGE, 1280)


@declare("mobilenet_v3_small", "MobileNetV3-Small 1.0", _SOURCE.format(2), norm=2, bias=False)
def mobilenet_v3_small(net: Builder, x: Map) -> None:
    """A 3×3, eleven inverted residuals, a 1×1, two linear layers."""
    _mobilenet_v3(net, x, _SMALL, 1024)
