"""MobileNet: depthwise separable convolutions with a width and a resolution multiplier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.network.architectures.build import Builder, Map, declare

# (output channels, stride) of each depthwise separable layer. The paper's table 1 prints the last
# depthwise as stride 2 on 7×7, where its other rows need stride 1.
_LAYERS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)


_PAPER = (
    "Howard et al., MobileNets: efficient convolutional neural networks for mobile vision "
    "applications, 2017, arXiv:1704.04861, "
)
_OPTIONS: dict[str, Any] = {"multipliers": ("alpha", "rho"), "norm": 2, "bias": False}


def _separable(net: Builder, x: Map, layers: Sequence[tuple[int, int]]) -> None:
    x = net.conv(x, "conv1", net.scaled(32), 3, stride=2, padding=1)
    for index, (channels, stride) in enumerate(layers, 2):
        with net.within(f"conv{index}"):
            x = net.depthwise(x, "dw", stride=stride, padding=1)
            x = net.conv(x, "pw", net.scaled(channels))
    net.linear(net.resized(x, 1, 1), "fc", 1000)


@declare("mobilenet", "MobileNet 1.0", _PAPER + "table 1", **_OPTIONS)
def mobilenet(net: Builder, x: Map) -> None:
    """A 3×3, thirteen depthwise separable layers, a linear layer."""
    _separable(net, x, _LAYERS)


@declare(
    "mobilenet_conv",
    "Convolutional MobileNet",
    _PAPER + "table 4: standard convolutions in table 1",
    **_OPTIONS,
)
def mobilenet_conv(net: Builder, x: Map) -> None:
    """MobileNet with a standard 3×3 in place of each depthwise separable layer."""
    x = net.conv(x, "conv1", net.scaled(32), 3, stride=2, padding=1)
    for index, (channels, stride) in enumerate(_LAYERS, 2):
        x = net.conv(x, f"conv{index}", net.scaled(channels), 3, stride=stride, padding=1)
    net.linear(net.resized(x, 1, 1), "fc", 1000)


@declare(
    "mobilenet_shallow",
    "MobileNet 1.0, shallow",
    _PAPER + "table 5: without the five layers of 14×14×512",
    **_OPTIONS,
)
def mobilenet_shallow(net: Builder, x: Map) -> None:
    """MobileNet without the five layers of 512 channels at 14×14."""
    _separable(net, x, (*_LAYERS[:6], *_LAYERS[11:]))


@declare(
    "fd_mobilenet",
    "FD-MobileNet 1.0",
    "Qin, Zhang, Chen, Wang, FD-MobileNet: improved MobileNet with a fast downsampling strategy, "
    "2018, arXiv:1802.03750, table 1",
    **_OPTIONS,
    shipped=False,
)
def fd_mobilenet(net: Builder, x: Map) -> None:
    """MobileNet that is at 7×7 after twelve layers."""
    fast = ((64, 2), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 4, (1024, 1))
    _separable(net, x, fast)
