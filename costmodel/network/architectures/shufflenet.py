"""ShuffleNet: grouped 1×1 convolutions and a shuffle; version 2: half of the channels pass by."""

from __future__ import annotations

from dataclasses import replace

from costmodel.network.architectures.build import Builder, Map, declare

#: Units of each of the three stages, in both versions.
_UNITS = (4, 8, 4)
#: Channels of the first stage by the number of groups, as in table 1 of the first paper.
_GROUPED = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}
#: Channels of half of the first stage, and of the last 1×1, as in table 5 of the second.
_HALVES = {"0.5": (24, 1024), "1.0": (58, 1024), "1.5": (88, 1024), "2.0": (122, 2048)}


def _declare(id: str, title: str, groups: int, first_width: int, note: str = "") -> None:
    def run(net: Builder, x: Map) -> None:
        width = net.scaled(first_width)
        x = net.pool(net.conv(x, "conv1", net.scaled(24), 3, stride=2, padding=1), 3, 2, 1)
        for stage, units in enumerate(_UNITS, 2):
            for index in range(units):
                # a strided unit joins the pooled input to its own channels instead of adding it
                out = width - x.channels if index == 0 else width
                first = 1 if (stage, index) == (2, 0) else groups  # its input has too few channels
                with net.within(f"stage{stage}.{index}"):
                    y = net.conv(x, "gconv1", width // 4, groups=first)
                    y = net.depthwise(net.copied(y), "dw", stride=2 if index == 0 else 1, padding=1)
                    y = net.conv(y, "gconv2", out, groups=groups)
                x = net.concat(net.pool(x, 3, 2, 1), y) if index == 0 else net.into(y, x)
            width *= 2
        net.linear(net.resized(x, 1, 1), "fc", 1000)

    declare(
        id,
        title,
        "Zhang, Zhou, Lin, Sun, ShuffleNet: an extremely efficient convolutional neural network "
        f"for mobile devices, CVPR 2018, arXiv:1707.01083, table 1{note}",
        multipliers=("alpha",),
        norm=2,
        bias=False,
        shipped=id == "shufflenet",
    )(run)


def _declare_v2(wider: str, first_half: int, last: int) -> None:
    def run(net: Builder, x: Map) -> None:
        half = first_half
        x = net.pool(net.conv(x, "conv1", 24, 3, stride=2, padding=1), 3, 2, 1)
        for stage, units in enumerate(_UNITS, 2):
            for index in range(units):
                with net.within(f"stage{stage}.{index}"):
                    if index == 0:
                        stride, y = 2, x
                        other = net.depthwise(x, "side.dw", stride=2, padding=1)
                        other = net.conv(other, "side.conv", half)
                    else:
                        stride, y = 1, replace(x, channels=half)
                        other = y
                    y = net.conv(y, "conv1", half)
                    y = net.depthwise(y, "dw", stride=stride, padding=1)
                    x = net.copied(net.concat(other, net.conv(y, "conv2", half)))
            half *= 2
        x = net.conv(x, "conv5", last)
        net.linear(net.resized(x, 1, 1), "fc", 1000)

    shipped = wider == "1.0"
    declare(
        "shufflenet_v2" + ("" if shipped else f"_x{wider.replace('.', '_')}"),
        f"ShuffleNetV2 {wider.removesuffix('.0')}x",
        "Ma, Zhang, Zheng, Sun, ShuffleNet V2: practical guidelines for efficient CNN architecture "
        "design, ECCV 2018, arXiv:1807.11164, table 5",
        norm=2,
        bias=False,
        shipped=shipped,
    )(run)


for _groups, _width in _GROUPED.items():
    _id = "shufflenet" if _groups == 3 else f"shufflenet_g{_groups}"
    _declare(_id, f"ShuffleNet 1x, g = {_groups}", _groups, _width)
_NARROW = "; a first 3×3 of 24 channels, as in the authors' code"
_declare("shufflenet_x1_5", "ShuffleNet 1.5x, g = 3", 3, 360, _NARROW)
for _wider, (_half, _last) in _HALVES.items():
    _declare_v2(_wider, _half, _last)
