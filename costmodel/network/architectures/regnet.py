"""RegNet: stages of one bottleneck without any narrowing; Y has squeeze-and-excitation."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "Radosavovic, Kosaraju, Girshick, He, Dollár, Designing network design spaces, CVPR 2020, "
    "arXiv:2003.13678, figure {}"
)
#: id: blocks of each stage, their channels, channels of a group (figures 15 and 16 of the paper).
_X = {
    "002": ((1, 1, 4, 7), (24, 56, 152, 368), 8),
    "004": ((1, 2, 7, 12), (32, 64, 160, 384), 16),
    "006": ((1, 3, 5, 7), (48, 96, 240, 528), 24),
    "008": ((1, 3, 7, 5), (64, 128, 288, 672), 16),
    "016": ((2, 4, 10, 2), (72, 168, 408, 912), 24),
    "032": ((2, 6, 15, 2), (96, 192, 432, 1008), 48),
    "040": ((2, 5, 14, 2), (80, 240, 560, 1360), 40),
    "064": ((2, 4, 10, 1), (168, 392, 784, 1624), 56),
    "080": ((2, 5, 15, 1), (80, 240, 720, 1920), 120),
    "120": ((2, 5, 11, 1), (224, 448, 896, 2240), 112),
    "160": ((2, 6, 13, 1), (256, 512, 896, 2048), 128),
    "320": ((2, 7, 13, 1), (336, 672, 1344, 2520), 168),
}
_Y = {
    "002": ((1, 1, 4, 7), (24, 56, 152, 368), 8),
    "004": ((1, 3, 6, 6), (48, 104, 208, 440), 8),
    "006": ((1, 3, 7, 4), (48, 112, 256, 608), 16),
    "008": ((1, 3, 8, 2), (64, 128, 320, 768), 16),
    "016": ((2, 6, 17, 2), (48, 120, 336, 888), 24),
    "032": ((2, 5, 13, 1), (72, 216, 576, 1512), 24),
    "040": ((2, 6, 12, 2), (128, 192, 512, 1088), 64),
    "064": ((2, 7, 14, 2), (144, 288, 576, 1296), 72),
    "080": ((2, 4, 10, 1), (168, 448, 896, 2016), 56),
    "120": ((2, 5, 11, 1), (224, 448, 896, 2240), 112),
    "160": ((2, 4, 11, 1), (224, 448, 1232, 3024), 112),
    "320": ((2, 5, 12, 1), (232, 696, 1392, 3712), 232),
}


def _declare(
    kind: str, number: str, depths: tuple[int, ...], widths: tuple[int, ...], group: int
) -> None:
    def run(net: Builder, x: Map) -> None:
        x = net.conv(x, "stem", 32, 3, stride=2, padding=1)
        for stage, (depth, width) in enumerate(zip(depths, widths, strict=True), 1):
            for index in range(depth):
                stride = 1 if index else 2
                groups = max(width // group, 1)
                with net.within(f"stage{stage}.{index}"):
                    y = net.conv(x, "conv1", width)
                    y = net.conv(y, "conv2", width, 3, stride=stride, padding=1, groups=groups)
                    if kind == "y":  # a quarter of the block's input
                        y = net.excite(y, int(x.channels) // 4)
                    y = net.conv(y, "conv3", width)
                    x = x if index else net.conv(x, "downsample", width, stride=stride)
                    x = net.into(y, x)
        net.linear(net.resized(x, 1, 1), "fc", 1000)

    title = f"RegNet{kind.upper()}-{int(number) / 10:g} GF"
    source = _SOURCE.format(15 if kind == "x" else 16)
    declare(f"regnet{kind}_{number}", title, source, norm=2, bias=False, shipped=False)(run)


for _kind, _sizes in (("x", _X), ("y", _Y)):
    for _number, _size in _sizes.items():
        _declare(_kind, _number, *_size)
