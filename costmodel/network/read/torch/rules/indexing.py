"""Shape rules of what takes parts of a tensor: indices, slices, selections."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from costmodel.core.numbers import ceil_div
from costmodel.network.read.torch.operators import shape_rule
from costmodel.network.read.torch.rules.shapes import ShapeOf, argument


@shape_rule("__getitem__")
def getitem(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Slices, integers, None and ...; one index tensor or list takes its own shape's place."""
    x = shape(args[0])
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    used = sum(1 for i in index if i is not None and i is not Ellipsis)
    if any(isinstance(i, bool) for i in index):
        return None
    if not any(i is Ellipsis for i in index):
        index = (*index, Ellipsis)
    result: list[Any] = []
    axis = 0
    for item in index:
        if item is None:
            result.append(1)
        elif item is Ellipsis:
            kept = len(x) - used
            result += x[axis : axis + kept]
            axis += kept
        elif isinstance(item, slice):
            result.append(sliced(x[axis], item))
            axis += 1
        elif isinstance(item, int):
            axis += 1
        elif isinstance(item, Tensor) and item.dim() and not item.dtype.is_floating_point:
            if "bool" in str(item.dtype) or sum(isinstance(i, Tensor | list) for i in index) > 1:
                return None
            result += shape(item)
            axis += 1
        elif isinstance(item, list):
            result.append(len(item))
            axis += 1
        else:
            return None
    return tuple(result)


def sliced(side: Any, item: slice) -> Any:
    """Entries that a slice of an axis takes; on which side a bound lies is a question."""
    step = 1 if item.step is None else item.step
    start = 0 if item.start is None else item.start
    stop = side if item.stop is None else item.stop
    start = max(side + start, 0) if start < 0 else min(start, side)
    stop = max(side + stop, 0) if stop < 0 else min(stop, side)
    return ceil_div(max(stop - start, 0), step)


@shape_rule("index_select", "gather", "take_along_dim")
def index_select(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """An axis with one entry per index, or the index's own shape."""
    x, index = shape(args[0]), shape(argument(args, kwargs, 2, "index", None))
    dim = argument(args, kwargs, 1, "dim", 0)
    if len(index) == 1 and len(x) > 1:
        dim %= len(x)
        return (*x[:dim], index[0], *x[dim + 1 :])
    return index


@shape_rule("select")
def select(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Without one axis."""
    x = list(shape(args[0]))
    del x[argument(args, kwargs, 1, "dim", 0)]
    return tuple(x)


@shape_rule("narrow")
def narrow(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """A part of one axis."""
    x = list(shape(args[0]))
    x[argument(args, kwargs, 1, "dim", 0)] = argument(args, kwargs, 3, "length", 0)
    return tuple(x)
