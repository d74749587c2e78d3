"""ChannelNet: MobileNet in groups, with windows over the channels that mix them."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

#: (channels, stride) of the depthwise separable layers before the modules, and behind them.
_BEFORE = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2))
_BEHIND = ((1024, 2), (1024, 1))
_GROUPS = 2
#: Whether a module opens with windows over the channels, which mix its groups.
_MODULES = (True, True, False)


@declare(
    "channelnet_v1",
    "ChannelNet-v1",
    "Gao, Wang, Ji, ChannelNets: compact and efficient convolutional neural networks via "
    "channel-wise convolutions, NeurIPS 2018, arXiv:1809.01330; two groups, kernels of length 8 "
    "over the channels, normalisation behind 1×1 convolutions only as in the authors' code",
    norm=2,
    bias=False,
)
def channelnet_v1(net: Builder, x: Map) -> None:
    """A 3×3, eight depthwise separable layers, three grouped modules, a linear layer."""
    x = net.conv(x, "conv1", 32, 3, stride=2, padding=1)
    for index, (channels, stride) in enumerate(_BEFORE, 2):
        x = _separable(net, x, f"conv{index}", channels, stride)
    for index, mixed in enumerate(_MODULES, 1):
        with net.within(f"module{index}"):
            x = _module(net, x, mixed)
    for index, (channels, stride) in enumerate(_BEHIND, 2 + len(_BEFORE)):
        x = _separable(net, x, f"conv{index}", channels, stride)
    net.linear(net.resized(x, 1, 1), "fc", 1000)


def _separable(
    net: Builder, x: Map, name: str, channels: int, stride: int = 1, groups: int = 1
) -> Map:
    with net.within(name):
        x = net.depthwise(x, "dw", stride=stride, padding=1, norm=0)
        return net.conv(x, "pw", channels, groups=groups)


def _module(net: Builder, x: Map, mixed: bool) -> Map:
    """Two layers in groups, each in a residual, and a residual around both."""
    y = net.variant(x, "mix", f"group_channelwise,g={_GROUPS},dc={4 * _GROUPS}") if mixed else x
    for number in (1, 2):
        y = net.into(_separable(net, y, f"layer{number}", 512, groups=_GROUPS), y)
    return net.into(y, x)
