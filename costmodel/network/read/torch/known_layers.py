"""Layers by the shapes of their tensors: what a convolution or linear layer multiplies."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.errors import LayerError


@lru_cache(maxsize=8192)
def conv_layer(
    x: tuple[int, ...],
    weight: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    transposed: bool,
    output_padding: tuple[int, ...],
    groups: int,
    bias: bool,
) -> tuple[ConvLayer, tuple[int, ...]] | None:
    """A convolution's layer and output shape, None where `ConvLayer` has no word for it.

    Shapes as PyTorch has them: x (N, C, …), weight (C_out, C_in/groups, …), or
    (C_in, C_out/groups, …) for a transposed layer.
    """
    if len(x) != len(weight) or len(x) < 3 or groups < 1:
        return None
    size, kernel = x[2:], weight[2:]
    m = weight[0] if transposed else weight[1] * groups
    n = weight[1] * groups if transposed else weight[0]
    if x[1] != m or m % groups or n % groups or min(kernel) < 1:
        return None
    if min(x) < 1 or min(weight) < 1:  # an empty batch or no channels: PyTorch decides
        return None
    try:
        layer = ConvLayer(
            kernel=kernel,
            in_channels=m,
            out_channels=n,
            size=size,
            stride=_per_axis(stride),
            padding=_per_axis(padding),
            dilation=_per_axis(dilation),
            groups=groups,
            batch=x[0],
            bias=bias,
            transposed=transposed,
            output_padding=_per_axis(output_padding) if transposed else 0,
        )
    except LayerError:
        return None
    return layer, (x[0], n, *layer.out_size)


@lru_cache(maxsize=8192)
def linear_layer(rows: int, inner: int, columns: int, bias: bool) -> ConvLayer | None:
    """A linear layer as a 1-D convolution with kernel 1 on `rows` positions."""
    if not (rows and inner and columns):
        return None
    return ConvLayer(1, inner, columns, (rows,), bias=bias)


def _per_axis(values: tuple[int, ...]) -> Any:
    return values[0] if len(values) == 1 else values
