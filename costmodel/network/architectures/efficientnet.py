"""EfficientNet-B0: inverted residuals with squeeze-and-excitation."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

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


@declare(
    "efficientnet_b0",
    "EfficientNet-B0",
    "Tan, Le, EfficientNet: rethinking model scaling for convolutional neural networks, 2019, "
    "arXiv:1905.11946, table 1; squeeze-and-excitation to a quarter of a block's input channels",
    norm=2,
    bias=False,
)
def efficientnet_b0(net: Builder, x: Map) -> None:
    """A 3×3, sixteen blocks, a 1×1, a linear layer."""
    x = net.conv(x, "stem", 32, 3, stride=2, padding=1)
    for stage, (expansion, channels, blocks, first, kernel) in enumerate(_STAGES, 1):
        for index in range(blocks):
            before, inputs = x, x.channels
            with net.within(f"stage{stage}.{index}"):
                if expansion != 1:
                    x = net.conv(x, "expand", inputs * expansion)
                stride = first if index == 0 else 1
                x = net.depthwise(x, "dw", kernel, stride=stride, padding=kernel // 2)
                x = net.excite(x, inputs // 4)
                x = net.conv(x, "project", channels)
            x = net.into(x, before) if index else x
    x = net.conv(x, "head", 1280)
    net.linear(net.resized(x, 1, 1), "fc", 1000)
