"""Vision transformer: patches as tokens, attention between all of them."""

from __future__ import annotations

from dataclasses import replace

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
    x = net.write(_WIDTH, (tokens,), patches)
    for index in range(_DEPTH):
        with net.within(f"block{index}"):
            head = _WIDTH // _HEADS
            y = net.project(net.normalise(x, "norm1"), "qkv", 3 * _WIDTH)
            z = net.product("scores", y, rows=tokens, inner=head, columns=tokens, heads=_HEADS)
            y = net.product("context", z, y, rows=tokens, inner=tokens, columns=head, heads=_HEADS)
            x = net.into(net.project(y, "proj", _WIDTH), x)
            y = net.project(net.normalise(x, "norm2"), "fc1", 4 * _WIDTH)
            x = net.into(net.project(y, "fc2", _WIDTH), x)
    x = net.normalise(x, "norm")
    net.linear(replace(x, size=()), "head", 1000)  # the class token
