"""Pooling without PyTorch's kernels, and the elements that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from costmodel.core.output_size import pool_size
from costmodel.network.read.torch.quick import QUICK, Quick, like, plain, quick

_META = torch.device("meta")


def _spread(values: Sequence[int], sides: int) -> tuple[int, ...]:
    return tuple(values) if len(values) == sides else (values[0],) * sides


def _pool_shape(
    x: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, sides: int
) -> tuple[int, ...] | None:
    if not plain(x) or x.dim() not in (sides + 1, sides + 2):
        return None
    kernel = _spread(kernel, sides)
    stride = _spread(stride, sides) if stride else kernel
    padding, dilation = _spread(padding, sides), _spread(dilation, sides)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        return None
    lead, size = tuple(x.shape[:-sides]), x.shape[-sides:]
    out = tuple(
        pool_size(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    return lead + out if min(out) > 0 and min(lead) > 0 else None


def _max_pool(sides: int) -> Quick:
    def run(
        x: Tensor,
        kernel: Any,
        stride: Any = (),
        padding: Any = (0,),
        dilation: Any = (1,),
        ceil_mode: bool = False,
    ) -> Any:
        shape = _pool_shape(x, kernel, stride, padding, dilation, ceil_mode, sides)
        if shape is None:
            return NotImplemented
        return like(x, shape), torch.empty(shape, dtype=torch.int64, device=_META)

    return run


def _avg_pool(sides: int) -> Quick:
    def run(
        x: Tensor,
        kernel: Any,
        stride: Any = (),
        padding: Any = (0,),
        ceil_mode: bool = False,
        *_: Any,
        **__: Any,
    ) -> Any:
        shape = _pool_shape(x, kernel, stride, padding, (1,), ceil_mode, sides)
        return NotImplemented if shape is None else like(x, shape)

    return run


QUICK["max_pool2d_with_indices"] = _max_pool(2)
QUICK["max_pool3d_with_indices"] = _max_pool(3)
QUICK["avg_pool2d"] = _avg_pool(2)
QUICK["avg_pool3d"] = _avg_pool(3)


@quick("_adaptive_avg_pool2d", "_adaptive_avg_pool3d")
def adaptive_avg_pool(x: Tensor, output_size: Sequence[int]) -> Any:
    """The given spatial sizes."""
    sides = len(output_size)
    if not plain(x) or x.dim() not in (sides + 1, sides + 2) or not x.numel():
        return NotImplemented
    return like(x, (*x.shape[:-sides], *output_size))


def pool_work(name: str, x: Tensor, out: Any, args: Sequence[Any]) -> int:
    """Elements that a pooling or reduction reads, once per window they lie in."""
    if isinstance(out, tuple | list):
        out = out[0]
    if "adaptive" in name and isinstance(out, Tensor):
        sides = int(name[name.index("pool") + 4])
        reads = prod(out.shape[:-sides])
        for size, count in zip(x.shape[-sides:], out.shape[-sides:], strict=True):
            reads *= sum(-(-(i + 1) * size // count) - i * size // count for i in range(count))
        return reads
    if "pool" in name and len(args) > 1 and isinstance(out, Tensor):
        sides = int(name[name.index("pool") + 4])
        return out.numel() * prod(_spread(args[1], sides))
    return x.numel()
