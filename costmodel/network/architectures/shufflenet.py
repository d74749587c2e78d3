"""ShuffleNet: grouped 1×1 convolutions and a shuffle; version 2: half of the channels pass by."""

from __future__ import annotations

from dataclasses import replace

from costmodel.network.architectures.build import Builder, Map, declare

#: Units of each of the three stages, in both versions.
_UNITS = (4, 8, 4)


@declare(
    "shufflenet",
    "ShuffleNet 1x, g = 3",
    "Zhang, Zhou, Lin, Sun, ShuffleNet: an extremely efficient convolutional neural network for "
    "mobile devices, CVPR 2018, arXiv:1707.01083, table 1",
    norm=2,
    bias=False,
)
def shufflenet(net: Builder, x: Map) -> None:
    """A 3×3, a pooling, three stages of shuffle units with three groups, a linear layer."""
    groups, width = 3, 240
    x = net.pool(net.conv(x, "conv1", 24, 3, stride=2, padding=1), 3, 2, 1)
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


@declare(
    "shufflenet_v2",
    "ShuffleNetV2 1x",
    "Ma, Zhang, Zheng, Sun, ShuffleNet V2: practical guidelines for efficient CNN architecture "
    "design, ECCV 2018, arXiv:1807.11164, table 5",
    norm=2,
    bias=False,
)
def shufflenet_v2(net: Builder, x: Map) -> None:
    """A 3×3, a pooling, three stages that half of the channels pass by, a 1×1, a linear layer."""
    half = 58
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
    x = net.conv(x, "conv5", 1024)
    net.linear(net.resized(x, 1, 1), "fc", 1000)
