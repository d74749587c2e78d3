"""Vision transformer: patches as tokens, attention between all of them."""

from __future__ import annotations

from dataclasses import replace

from costmodel.network.architectures.build import Builder, Map, declare, positions

#: Width, heads, blocks, patches: tables 1 and 5 of the paper; tiny and small are DeiT's.
_SIZES = {
    "ti": ("Ti", 192, 3, 12, (16,)),
    "s": ("S", 384, 6, 12, (16, 32)),
    "b": ("B", 768, 12, 12, (16, 32)),
    "l": ("L", 1024, 16, 24, (14, 16, 32)),
    "h": ("H", 1280, 16, 32, (14,)),
}
_SOURCE = (
    "Dosovitskiy et al., An image is worth 16x16 words: transformers for image recognition at "
    "scale, 2021, arXiv:2010.11929, table 1; a linear classifier on the class token"
)
_SMALLER = (
    "Touvron, Cord, Douze, Massa, Sablayrolles, Jégou, Training data-efficient image transformers "
    "and distillation through attention, ICML 2021, arXiv:2012.12877, table 1"
)


def _declare(id: str, letter: str, width: int, heads: int, depth: int, patch: int) -> None:
    def run(net: Builder, x: Map) -> None:
        patches = net.conv(x, "patches", width, patch, stride=patch)
        tokens = positions(patches) + 1
        net.table("class_token", width)
        net.table("positions", tokens * width)
        x = net.write(width, (tokens,), patches)
        for index in range(depth):
            with net.within(f"block{index}"):
                head = width // heads
                y = net.project(net.normalise(x, "norm1"), "qkv", 3 * width)
                z = net.product("scores", y, rows=tokens, inner=head, columns=tokens, heads=heads)
                y = net.product(
                    "context", z, y, rows=tokens, inner=tokens, columns=head, heads=heads
                )
                x = net.into(net.project(y, "proj", width), x)
                y = net.project(net.normalise(x, "norm2"), "fc1", 4 * width)
                x = net.into(net.project(y, "fc2", width), x)
        x = net.normalise(x, "norm")
        net.linear(replace(x, size=()), "head", 1000)  # the class token

    source = _SMALLER if id in ("ti", "s") else _SOURCE
    shipped = (id, patch) == ("b", 16)
    declare(f"vit_{id}_{patch}", f"ViT-{letter}/{patch}", source, shipped=shipped)(run)


for _id, (_letter, _width, _heads, _depth, _patches) in _SIZES.items():
    for _patch in _patches:
        _declare(_id, _letter, _width, _heads, _depth, _patch)
