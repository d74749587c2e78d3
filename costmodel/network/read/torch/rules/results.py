"""Results of operators whose output shape is plain, without running PyTorch's kernels.

PyTorch's meta kernels for most of these are Python decompositions that take up to 0.2 ms each; a
new tensor of the right shape takes 1 µs. A function here gives exactly the shape, dtype and strides
that PyTorch gives, or `NotImplemented` for every case that is not plain (mixed dtypes, strided
inputs, integers), which PyTorch's own kernel then decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from costmodel.network.read.torch.operators import result_rule
from costmodel.network.read.torch.tensors import META

_empty = torch.empty


def plain(x: object) -> bool:
    """Whether a value is an ordinary, contiguous floating-point meta tensor."""
    return (
        type(x) in _TENSORS and x.is_contiguous() and x.is_meta and x.is_floating_point()  # type: ignore[attr-defined]
    )


_TENSORS = frozenset((Tensor, torch.nn.Parameter))


def strided(x: object) -> bool:
    """The same in any memory order, such as a permuted one."""
    return type(x) in _TENSORS and x.is_meta and x.is_floating_point()  # type: ignore[attr-defined]


def same(x: Tensor) -> Tensor:
    """A new meta tensor of the same shape, dtype and memory order."""
    if x.is_contiguous():
        return _empty(x.shape, dtype=x.dtype, device=META)
    return torch.empty_like(x, device=META)


def like(x: Tensor, shape: Sequence[int] | None = None) -> Tensor:
    """A new meta tensor of the same dtype."""
    return _empty(x.shape if shape is None else shape, dtype=x.dtype, device=META)


_SAME_SHAPE = """
    relu relu6 hardtanh hardswish hardsigmoid silu gelu sigmoid tanh leaky_relu elu celu mish
    softplus exp log sqrt rsqrt abs neg sin cos erf square clamp clamp_min clamp_max
    reciprocal floor ceil round sign log1p expm1
"""


@result_rule(*_SAME_SHAPE.split())
def unary(x: Tensor, *args: Any, **kwargs: Any) -> Any:
    """One input, one output of the same shape; bounds may be numbers only."""
    if not strided(x) or any(isinstance(a, Tensor) for a in args):
        return NotImplemented
    if any(isinstance(a, Tensor) for a in kwargs.values()):
        return NotImplemented
    return same(x)


@result_rule("pow")
def power(x: Any, exponent: Any) -> Any:
    """A tensor to a number's power."""
    if not strided(x) or not isinstance(exponent, int | float):
        return NotImplemented
    return same(x)


@result_rule("_safe_softmax")
def safe_softmax(x: Tensor, dim: int, dtype: Any = None) -> Any:
    """The same shape as the input."""
    return NotImplemented if dtype is not None or not strided(x) else like(x)


@result_rule("_softmax", "_log_softmax")
def softmax(x: Tensor, dim: int, half_to_float: bool) -> Any:
    """The same shape as the input."""
    return NotImplemented if half_to_float or not strided(x) else like(x)


def broadcast(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...] | None:
    """The shape of `a + b`, None where they do not fit."""
    if len(a) < len(b):
        a, b = b, a
    lead = len(a) - len(b)
    shape = list(a[:lead])
    for p, q in zip(a[lead:], b, strict=True):
        if p == q or q == 1:
            shape.append(p)
        elif p == 1:
            shape.append(q)
        else:
            return None
    return tuple(shape)


@result_rule("add", "sub", "mul", "div")
def binary(a: Any, b: Any, *, alpha: Any = 1, rounding_mode: str | None = None) -> Any:
    """Two tensors of one dtype, or a tensor and a number; the first decides the memory order."""
    if not strided(a) or rounding_mode is not None:
        return NotImplemented
    if isinstance(b, int | float):
        return same(a)
    if not strided(b) or a.dtype is not b.dtype:
        return NotImplemented
    if a.shape == b.shape:
        return same(a) if a.is_contiguous() or a.stride() == b.stride() else NotImplemented
    if not a.is_contiguous() or not b.is_contiguous():
        return NotImplemented
    shape = broadcast(a.shape, b.shape)
    return NotImplemented if shape is None else like(a, shape)


@result_rule("native_batch_norm", "_native_batch_norm_legit", "cudnn_batch_norm")
def batch_norm(
    x: Tensor, weight: Any, bias: Any, mean: Any, var: Any, training: Any, *_: Any
) -> Any:
    """The same shape, and statistics per channel while training."""
    if not plain(x) or x.dim() < 2 or not isinstance(training, bool):
        return NotImplemented
    saved = (x.shape[1],) if training else (0,)
    return like(x), like(x, saved), like(x, saved)


@result_rule("_native_batch_norm_legit_no_training")
def batch_norm_inference(x: Tensor, *_: Any) -> Any:
    """The same shape."""
    return (like(x), like(x, (0,)), like(x, (0,))) if plain(x) else NotImplemented


@result_rule("native_layer_norm")
def layer_norm(x: Tensor, over: Sequence[int], weight: Any, bias: Any, eps: float) -> Any:
    """The same shape, and statistics per position; torch's kernel checks a shape that misfits."""
    kept = x.dim() - len(over)
    if not strided(x) or kept < 0 or tuple(x.shape[kept:]) != tuple(over):
        return NotImplemented
    stats = (*x.shape[:kept], *(1 for _ in over))
    return like(x), like(x, stats), like(x, stats)  # contiguous, whatever the input was


@result_rule("native_group_norm")
def group_norm(
    x: Tensor, weight: Any, bias: Any, n: int, c: int, hxw: int, group: int, eps: float
) -> Any:
    """The same shape, and statistics per image and group."""
    if not plain(x) or c % group:
        return NotImplemented
    return like(x), like(x, (n, group)), like(x, (n, group))


@result_rule("mean", "sum", "amax", "amin")
def reduction(x: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The input without some axes."""
    if not plain(x) or dtype is not None or x.numel() == 0 or not isinstance(dim, list | tuple):
        return NotImplemented
    rank = x.dim()
    if not rank or not all(-rank <= d < rank for d in dim):
        return NotImplemented
    gone = {d % rank for d in dim} or set(range(rank))
    if len(gone) != (len(dim) or rank):
        return NotImplemented
    if keepdim:
        return like(x, tuple(1 if i in gone else n for i, n in enumerate(x.shape)))
    return like(x, tuple(n for i, n in enumerate(x.shape) if i not in gone))


@result_rule("cat")
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Any:
    """Inputs of one dtype and rank, sizes equal except along `dim`."""
    first = tensors[0]
    rank = first.dim()
    if not rank or not -rank <= dim < rank:
        return NotImplemented
    dim %= rank
    shape = list(first.shape)
    total = 0
    for x in tensors:
        if not plain(x) or x.dtype is not first.dtype or x.dim() != rank:
            return NotImplemented
        size = list(x.shape)
        total += size[dim]
        size[dim] = shape[dim]
        if size != shape:
            return NotImplemented
    shape[dim] = total
    return like(first, shape)


@result_rule("constant_pad_nd")
def constant_pad(x: Tensor, pad: Sequence[int], value: Any = 0) -> Any:
    """Zeros round the last axes; the last axis first in `pad`."""
    if not plain(x) or len(pad) % 2 or len(pad) // 2 > x.dim():
        return NotImplemented
    shape = list(x.shape)
    for i in range(len(pad) // 2):
        shape[-1 - i] += pad[2 * i] + pad[2 * i + 1]
    return like(x, shape) if min(shape, default=1) > 0 else NotImplemented


@result_rule("upsample_nearest2d", "upsample_bilinear2d", "upsample_bicubic2d")
def upsample(x: Tensor, output_size: Any, *_: Any, **__: Any) -> Any:
    """(N, C, H, W) to the given height and width."""
    if not plain(x) or x.dim() != 4 or not output_size or len(output_size) != 2:
        return NotImplemented
    if min(*output_size, *x.shape) < 1:
        return NotImplemented
    return like(x, (*x.shape[:2], *output_size))


@result_rule("embedding")
def embedding(weight: Tensor, index: Tensor, *_: Any, **__: Any) -> Any:
    """One row of the table per index."""
    if not plain(weight) or weight.dim() != 2 or index.is_floating_point():
        return NotImplemented
    return like(weight, (*index.shape, weight.shape[1]))
