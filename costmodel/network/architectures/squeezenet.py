"""SqueezeNet: fire modules, a 1×1 squeeze before 1×1 and 3×3 expansions side by side."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model "
    "size, 2016, arXiv:1602.07360"
)
# Squeeze channels of fire2 to fire9; each of the two expansions has four times as many.
_SQUEEZE = (16, 16, 32, 32, 48, 48, 64, 64)


def _fires(net: Builder, x: Map, pooled_before: tuple[int, ...]) -> None:
    for number, channels in enumerate(_SQUEEZE, 2):
        if number in pooled_before:
            x = net.pool(x, 3, 2, ceil=True)
        with net.within(f"fire{number}"):
            squeezed = net.conv(x, "squeeze", channels)
            ones = net.conv(squeezed, "expand1x1", 4 * channels)
            x = net.concat(ones, net.conv(squeezed, "expand3x3", 4 * channels, 3, padding=1))
    net.resized(net.conv(x, "conv10", 1000), 1, 1)


@declare("squeezenet", "SqueezeNet 1.0", _SOURCE + ", table 1")
def squeezenet(net: Builder, x: Map) -> None:
    """A 7×7, eight fire modules, a 1×1 classifier."""
    _fires(net, net.conv(x, "conv1", 96, 7, stride=2), (2, 5, 9))


@declare("squeezenet1_1", "SqueezeNet 1.1", _SOURCE + "; version 1.1 of the authors' release")
def squeezenet1_1(net: Builder, x: Map) -> None:
    """A 3×3 and earlier poolings: 2.4 times fewer multiplies than 1.0."""
    _fires(net, net.conv(x, "conv1", 64, 3, stride=2), (2, 4, 6))
