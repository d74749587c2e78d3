"""A network's layer on its own: the convolution that has exactly its counts."""

from __future__ import annotations

from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import equal
from costmodel.network.operation import NetOp, layer_counts


def alone(op: NetOp) -> ConvLayer | None:
    """The layer of an operation as a convolution that can be looked at on its own.

    A linear layer, or any other layer of one axis without a window, becomes a 1×1 convolution on a
    grid of one column, whose rows are its positions: nothing reads another position, so multiplies,
    weights and biases are the same.

    Returns:
        None where the operation has no layer, or where such a layer would count otherwise than the
        operation: one that runs several times, or that has other parameters than its own.
    """
    layer = op.layer
    if layer is None or layer.dims != 1 or layer.kernel != (1,):
        return layer
    flat = layer.replace(size=(*layer.size, 1))
    weights, biases, macs = layer_counts(flat)
    same = (macs, weights, biases, weights + biases)
    own = (op.macs, op.weights, op.biases, op.params)
    return flat if all(map(equal, same, own)) else None
