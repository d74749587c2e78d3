"""Rules of the operators that multiply: convolutions, matrix products, attention.

A rule records the operation and returns its result as a new meta tensor, computed from the shapes
alone, or `NotImplemented` where PyTorch has to decide. With `real` tensors (a run on the CPU) only
the record is wanted, and the caller runs the operator.
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from costmodel.network.operation import MatMul
from costmodel.network.read.torch.known_layers import conv_layer
from costmodel.network.read.torch.operators import product_rule
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.tensors import META


def _empty(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=META)


@product_rule("convolution", "_convolution", "convolution_overrideable")
def convolution(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """x, weight, bias, stride, padding, dilation, transposed, output_padding, groups."""
    x, weight, bias, stride, padding, dilation, transposed, output_padding, groups = args[:9]
    known = conv_layer(
        x.shape,
        weight.shape,
        tuple(stride),
        tuple(padding),
        tuple(dilation),
        transposed,
        tuple(output_padding),
        groups,
        bias is not None,
    )
    if known is None:
        return NotImplemented
    layer, shape = known
    rec.convolution(layer, weight, bias, shape)
    return _empty(shape, x.dtype)  # contiguous, as PyTorch's meta kernel makes it


def unusual_convolution(rec: Recorder, args: tuple[Any, ...], out: Tensor) -> None:
    """Record a convolution that `ConvLayer` has no word for, such as one of an empty batch."""
    x, weight, bias, transposed = args[0], args[1], args[2], args[6]
    positions = prod((x if transposed else out).shape[2:])
    rec.add(
        "conv_transpose" if transposed else "conv",
        "convolution",
        given_macs=x.shape[0] * positions * weight.numel(),
        parameters=rec.claim(weight, "weight") + rec.claim(bias, "bias"),
        owner=rec.parameter(weight),
        shape=tuple(out.shape),
    )


def _matrix(
    rec: Recorder, a: Tensor, b: Tensor, bias: Tensor | None, operator: str
) -> tuple[int, int]:
    """Record (r, k) @ (k, c): a linear layer where one side is a weight."""
    (rows, inner), columns = a.shape, b.shape[1]
    shape = (rows, columns)
    if rec.is_weight(b):
        rec.linear(rows, inner, columns, b, bias, shape)
    elif rec.is_weight(a):
        rec.linear(columns, inner, rows, a, bias, shape)
    else:
        parameters = rec.claim(bias, "bias")
        matmul = MatMul(1, rows, inner, columns)
        rec.add("matmul", operator, matmul=matmul, shape=shape, parameters=parameters)
    return shape


@product_rule("mm", "_int_mm", "_sparse_mm")
def mm(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """(r, k) @ (k, c)."""
    a, b = args[:2]
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[0]:
        return NotImplemented
    shape = _matrix(rec, a, b, None, "mm")
    return (
        _empty(shape, a.dtype) if a.dtype == b.dtype and a.is_floating_point() else NotImplemented
    )


@product_rule("addmm", "_addmm_activation")
def addmm(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """bias + (r, k) @ (k, c)."""
    bias, a, b = args[:3]
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[0]:
        return NotImplemented
    shape = _matrix(rec, a, b, bias, "addmm")
    plain = a.dtype == b.dtype == bias.dtype and bias.shape[-1:] in ((shape[1],), (1,))
    return _empty(shape, a.dtype) if plain else NotImplemented


@product_rule("_scaled_mm")
def scaled_mm(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """(r, k) @ (k, c) in eight bits."""
    _matrix(rec, args[0], args[1], None, "_scaled_mm")
    return NotImplemented


def _batched(
    rec: Recorder, a: Tensor, b: Tensor, bias: Tensor | None, operator: str
) -> tuple[int, ...]:
    batch, rows, inner = a.shape
    columns = b.shape[2]
    shape = (batch, rows, columns)
    weights = rec.claim(a, "weight") + rec.claim(b, "weight")
    weighted = bool(weights) or rec.is_weight(a) or rec.is_weight(b)
    rec.add(
        "linear" if weighted else "matmul",
        operator,
        matmul=MatMul(batch, rows, inner, columns),
        shape=shape,
        parameters=weights + rec.claim(bias, "bias"),
        suffix=operator,
    )
    return shape


@product_rule("bmm")
def bmm(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """(b, r, k) @ (b, k, c)."""
    a, b = args[:2]
    if a.dim() != 3 or b.dim() != 3 or a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        return NotImplemented
    shape = _batched(rec, a, b, None, "bmm")
    return (
        _empty(shape, a.dtype) if a.dtype == b.dtype and a.is_floating_point() else NotImplemented
    )


@product_rule("baddbmm")
def baddbmm(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """bias + (b, r, k) @ (b, k, c)."""
    _batched(rec, args[1], args[2], args[0], "baddbmm")
    return NotImplemented


@product_rule("addbmm")
def addbmm(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """bias + Σ_b (b, r, k) @ (b, k, c)."""
    _batched(rec, args[1], args[2], args[0], "addbmm")
    return NotImplemented


@product_rule("_grouped_mm")
def grouped_mm(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Rows sorted by expert, (r, k) @ (e, k, c): every row meets one of the e weights."""
    a, b = args[:2]
    offsets = args[2] if len(args) > 2 else kwargs.get("offs")
    (rows, inner), columns = a.shape[-2:], b.shape[-1]
    batch = 1
    shape: tuple[int, ...] = (rows, columns)
    if a.dim() == b.dim() == 3:
        batch = a.shape[0]
        shape = (batch, rows, columns)
    elif a.dim() == b.dim():  # one product per group, whose inner sizes add up
        shape = (offsets.shape[0] if offsets is not None else 1, rows, columns)
    weights = rec.claim(a, "weight") + rec.claim(b, "weight")
    rec.add(
        "linear" if weights else "matmul",
        "_grouped_mm",
        matmul=MatMul(batch, rows, inner, columns),
        shape=shape,
        parameters=weights,
        suffix="grouped_mm",
    )
    return _empty(shape, a.dtype)


@product_rule("conv_tbc")
def conv_tbc(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """x (time, batch, C), weight (k, C, C_out), bias, zeros at both ends: a 1-D convolution."""
    x, weight, bias = args[:3]
    padding = args[3] if len(args) > 3 else 0
    (time, batch, m), (kernel, _, n) = x.shape, weight.shape
    known = conv_layer(
        (batch, m, time), (n, m, kernel), (1,), (padding,), (1,), False, (0,), 1, True
    )
    if known is None:
        rec.add("other", "conv_tbc", parameters=rec.claim(weight, "weight"))
    else:
        rec.convolution(known[0], weight, bias, (known[1][2], batch, n))
    return NotImplemented


@product_rule("_trilinear")
def trilinear(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Σ a·b·c over some axes, from the left, as `bilinear` runs it.

    Arguments: the three tensors, the axes that each of them lacks, the axes that are summed, and
    the axis that is gone through one by one. What only a and b have is summed before c comes in.
    """
    tensors, lacking, summed = args[:3], args[3:6], args[6]
    apart = args[7] if len(args) > 7 else 1
    rank = tensors[0].dim() + len(lacking[0])
    sides: list[dict[int, int]] = []
    for tensor, missing in zip(tensors, lacking, strict=True):
        axes = [axis for axis in range(rank) if axis not in {d % rank for d in missing}]
        sides.append(dict(zip(axes, tensor.shape, strict=True)))
    a, b, c = sides
    first = {**a, **b}
    gone = {d % rank for d in summed} - {apart % rank} - set(c)
    then = {**{axis: side for axis, side in first.items() if axis not in gone}, **c}
    parameters = tuple(p for t in tensors for p in rec.claim(t, "weight"))
    rec.add(
        "linear" if any(map(rec.is_weight, tensors)) else "matmul",
        "_trilinear",
        given_macs=prod(first.values()) + prod(then.values()),
        parameters=parameters,
        shape=tuple(n for axis, n in sorted({**first, **c}.items()) if axis not in summed),
        owner=next((o for t in tensors if (o := rec.parameter(t)) is not None), None),
        suffix="bilinear",
    )
    return NotImplemented


@product_rule("mv")
def mv(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """(r, k) @ (k)."""
    _vector(rec, args[0], args[1], None, "mv")
    return NotImplemented


@product_rule("addmv")
def addmv(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """bias + (r, k) @ (k)."""
    _vector(rec, args[1], args[2], args[0], "addmv")
    return NotImplemented


def _vector(rec: Recorder, a: Tensor, b: Tensor, bias: Tensor | None, operator: str) -> None:
    rows, inner = a.shape
    if rec.is_weight(a):
        rec.linear(1, inner, rows, a, bias, (rows,))
    elif rec.is_weight(b):
        rec.linear(rows, inner, 1, b, bias, (rows,))
    else:
        parameters = rec.claim(bias, "bias")
        matmul = MatMul(1, rows, inner, 1)
        rec.add("matmul", operator, matmul=matmul, shape=(rows,), parameters=parameters)


@product_rule("dot", "vdot")
def dot(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """(k) @ (k)."""
    parameters = rec.claim(args[0], "weight") + rec.claim(args[1], "weight")
    matmul = MatMul(1, 1, args[0].shape[0], 1)
    rec.add("linear" if parameters else "matmul", "dot", matmul=matmul, parameters=parameters)
    return NotImplemented


@product_rule(
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_attention_math_for_mps",
    "_scaled_dot_product_fused_attention_overrideable",
)
def attention(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Queries (…, L, E), keys (…, S, E), values (…, S, Ev): two products, no mask discounted."""
    query, key, value = args[:3]
    batch = prod(query.shape[:-2])
    length, inner = query.shape[-2:]
    source, columns = value.shape[-2:]
    for suffix, matmul in (
        ("attention_scores", MatMul(batch, length, inner, source)),
        ("attention_values", MatMul(batch, length, source, columns)),
    ):
        shape = (*query.shape[:-1], matmul.columns)
        rec.add("matmul", "scaled_dot_product_attention", matmul=matmul, suffix=suffix, shape=shape)
    assert key.shape[-2] == source
    return NotImplemented
