"""ConvNeXt: depthwise 7×7, then two linear layers on every position, scaled, in a residual."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare

_SOURCE = (
    "Liu, Mao, Wu, Feichtenhofer, Darrell, Xie, A ConvNet for the 2020s, CVPR 2022, "
    "arXiv:2201.03545, section 2"
)
#: Blocks and channels of each stage; the smallest four are timm's.
_SIZES = {
    "atto": ((2, 2, 6, 2), (40, 80, 160, 320)),
    "femto": ((2, 2, 6, 2), (48, 96, 192, 384)),
    "pico": ((2, 2, 6, 2), (64, 128, 256, 512)),
    "nano": ((2, 2, 8, 2), (80, 160, 320, 640)),
    "tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "small": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "base": ((3, 3, 27, 3), (128, 256, 512, 1024)),
    "large": ((3, 3, 27, 3), (192, 384, 768, 1536)),
    "xlarge": ((3, 3, 27, 3), (256, 512, 1024, 2048)),
}
_PAPERS = ("tiny", "small", "base", "large", "xlarge")


def _declare(name: str, depths: tuple[int, ...], widths: tuple[int, ...]) -> None:
    def run(net: Builder, x: Map) -> None:
        for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            if stage:
                x = net.normalise(x, f"downsample{stage}.norm")
                x = net.conv(x, f"downsample{stage}.conv", width, 2, stride=2)
            else:
                x = net.normalise(net.conv(x, "stem", width, 4, stride=4), "norm0")
            for index in range(depth):
                with net.within(f"stage{stage + 1}.{index}"):
                    y = net.normalise(net.depthwise(x, "dw", 7, padding=3), "norm")
                    y = net.project(net.project(y, "fc1", 4 * width), "fc2", width)
                    net.table("scale", width)
                    x = net.into(y, x)
        x = net.normalise(net.resized(x, 1, 1), "norm")
        net.linear(x, "fc", 1000)

    source = _SOURCE if name in _PAPERS else f"{_SOURCE}; a smaller one of timm's"
    declare(f"convnext_{name}", f"ConvNeXt-{name}", source, shipped=False)(run)


for _name, (_depths, _widths) in _SIZES.items():
    _declare(_name, _depths, _widths)
