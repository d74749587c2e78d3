"""Pooling: its results without PyTorch's kernels, its shapes, and the elements that it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from costmodel.core.output_size import pool_size
from costmodel.network.read.torch.operators import result_rule, shape_rule
from costmodel.network.read.torch.rules.results import like, plain
from costmodel.network.read.torch.rules.shapes import ShapeOf, argument, spread
from costmodel.network.read.torch.tensors import META


def _pool_shape(
    x: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, sides: int
) -> tuple[int, ...] | None:
    if not plain(x) or x.dim() not in (sides + 1, sides + 2):
        return None
    kernel = spread(kernel, sides)
    stride = spread(stride, sides) if stride else kernel
    padding, dilation = spread(padding, sides), spread(dilation, sides)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        return None
    lead, size = tuple(x.shape[:-sides]), x.shape[-sides:]
    out = tuple(
        pool_size(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    return lead + out if min(out) > 0 and min(lead) > 0 else None


def _max_pool(sides: int) -> Callable[..., Any]:
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
        return like(x, shape), torch.empty(shape, dtype=torch.int64, device=META)

    return run


def _avg_pool(sides: int) -> Callable[..., Any]:
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


def _pooled(sides: int, ceil_at: int, dilated: bool) -> Callable[..., Any]:
    def run(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        x = shape(args[0])
        kernel = spread(argument(args, kwargs, 1, "kernel_size", 1), sides)
        stride = spread(argument(args, kwargs, 2, "stride", None) or kernel, sides)
        padding = spread(argument(args, kwargs, 3, "padding", 0), sides)
        dilation = spread(argument(args, kwargs, 4, "dilation", 1) if dilated else 1, sides)
        ceil_mode = argument(args, kwargs, ceil_at, "ceil_mode", False)
        grid = (
            pool_size(n, k, s, p, d, ceil_mode)
            for n, k, s, p, d in zip(x[-sides:], kernel, stride, padding, dilation, strict=True)
        )
        return (*x[:-sides], *grid)

    return run


for _sides in (1, 2, 3):
    shape_rule(f"max_pool{_sides}d")(_pooled(_sides, 5, True))
    shape_rule(f"avg_pool{_sides}d")(_pooled(_sides, 4, False))
for _sides in (2, 3):
    result_rule(f"max_pool{_sides}d_with_indices")(_max_pool(_sides))
    result_rule(f"avg_pool{_sides}d")(_avg_pool(_sides))


@result_rule("_adaptive_avg_pool2d", "_adaptive_avg_pool3d")
def adaptive_avg_pool(x: Tensor, output_size: Sequence[int]) -> Any:
    """The given spatial sizes."""
    sides = len(output_size)
    if not plain(x) or x.dim() not in (sides + 1, sides + 2) or not x.numel():
        return NotImplemented
    return like(x, (*x.shape[:-sides], *output_size))


@shape_rule(
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d"
)
def adaptive(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given spatial sizes; None keeps one."""
    x = shape(args[0])
    first = out[0] if isinstance(out, tuple) else out
    sides = 1 if len(x) < 4 and first.dim() < 4 and not isinstance(args[1], list | tuple) else None
    given = argument(args, kwargs, 1, "output_size", 1)
    if isinstance(given, list | tuple):
        sides = len(given)
    if sides is None:
        sides = len(x) - 2
    grid = tuple(
        n if g is None else g for n, g in zip(x[-sides:], spread(given, sides), strict=True)
    )
    return (*x[:-sides], *grid)


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
        return out.numel() * prod(spread(args[1], sides))
    return x.numel()
