"""Recorded products with sizes in letters in place of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from costmodel.core.numbers import product
from costmodel.network.operation import MatMul, NetOp
from costmodel.network.read.torch.followed import plain
from costmodel.network.read.torch.rules.shapes import Dims, broadcast
from costmodel.network.read.torch.sizes import term


def matrices(a: Dims, b: Dims) -> tuple[Dims, Any, Any, Any]:
    """Batch, rows, inner side and columns of a product of two tensors."""
    left = (1, *a) if len(a) == 1 else a
    right = (*b, 1) if len(b) == 1 else b
    batch = broadcast(left[:-2], right[:-2]) if len(left) > 2 or len(right) > 2 else ()
    return batch, left[-2], left[-1], right[-1]


def sized_convolution(op: NetOp, x: Dims, tensor: Tensor) -> list[NetOp] | None:
    """A recorded convolution with sizes in it, None where they do not fit."""
    layer = op.layer
    if layer is None:
        return None
    sides = layer.dims
    batch = x[0] if len(x) == sides + 2 else 1
    # zeros that PyTorch had to add before ("same" with an even window) are part of the layer's size
    extra = [a - plain(b) for a, b in zip(layer.size, x[-sides:], strict=True)]
    size = tuple(term(n + e) for n, e in zip(x[-sides:], extra, strict=True))
    if plain(batch) != layer.batch:
        return None
    return [op.replace(layer=layer.replace(size=size, batch=term(batch)))]


def matched(
    ops: Sequence[NetOp], wanted: Sequence[tuple[Dims, Any, Any, Any]]
) -> list[NetOp] | None:
    """The recorded products with the sizes of (batch, rows, inner, columns) in them."""
    if len(ops) != len(wanted):
        return None
    result = []
    for op, (lead, rows, inner, columns) in zip(ops, wanted, strict=True):
        batch = product(lead)
        macs = batch * rows * inner * columns
        if plain(macs) != op.macs:
            return None
        layer = op.layer
        if layer is not None:
            sides = [
                n
                for n, m, k in ((batch * rows, inner, columns), (batch * columns, inner, rows))
                if plain((n, m, k)) == (layer.size[0], layer.in_channels, layer.out_channels)
                and type(m) is int
                and type(k) is int
            ]
            if sides:
                result.append(op.replace(layer=layer.replace(size=(term(sides[0]),))))
                continue
        matmul = MatMul(term(batch), term(rows), term(inner), term(columns))
        result.append(op.replace(layer=None, matmul=matmul))
    return result
