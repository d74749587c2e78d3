"""Vision transformer: patches as tokens, attention between all of them."""

from __future__ import annotations

from costmodel.network.architectures.build import Builder, Map, declare, positions

_WIDTH, _HEADS, _DEPTH, _PATCH = 768, 12, 12, 16


@declare(
    "vit_b_16",
    "ViT-B/16",
    "Dosovitskiy et al., An image is worth 16x16 words: transformers for image recognition at "
    "scale, 2021, arXiv:2010.11929, table 1; a linear classifier on the class token",
)
def vit_b_16(net: Builder, x: Map) -> None:
    """Patch embedding, twelve encoder blocks of width 768 and twelve heads."""
    patches = net.conv(x, "patches", _WIDTH, _PATCH, stride=_PATCH)
    tokens = positions(patches) + 1
    net.table("class_token", _WIDTH)
    net.table("positions", tokens * _WIDTH)
    x = Map(_WIDTH, (tokens,))
    for index in range(_DEPTH):
        with net.within(f"block{index}"):
            net.normalise(x, "norm1")
            net.project(x, "qkv", 3 * _WIDTH)
            head = _WIDTH // _HEADS
            net.product("scores", tokens, head, tokens, _HEADS)
            net.product("context", tokens, tokens, head, _HEADS)
            net.project(x, "proj", _WIDTH)
            net.normalise(x, "norm2")
            net.project(net.project(x, "fc1", 4 * _WIDTH), "fc2", _WIDTH)
    net.normalise(x, "norm")
    net.linear(Map(_WIDTH, ()), "head", 1000)
