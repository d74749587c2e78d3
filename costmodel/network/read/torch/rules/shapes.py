"""Shapes of PyTorch's functions on `Size`s: our own rules, in the functions' own arguments.

A rule gets the shapes of its tensor arguments through `Call` and returns the output's shape (a
tuple of ints and `Size`s), a list of shapes for several outputs, or None where it does not know. A
result is used only if its values are the sizes that PyTorch gave, so a rule that misses a case
costs a formula, never its truth.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from costmodel.core.numbers import ceil_div, product
from costmodel.network.read.torch.followed import plain
from costmodel.network.read.torch.operators import shape_rule

Dims = tuple[Any, ...]
ShapeOf = Callable[[Tensor], Dims]


def argument(
    args: Sequence[Any], kwargs: dict[str, Any], place: int, name: str, default: Any
) -> Any:
    """An argument by place or by name."""
    return args[place] if len(args) > place else kwargs.get(name, default)


def _listed(args: Sequence[Any], kwargs: dict[str, Any], name: str) -> list[Any]:
    """Sizes given one by one or as one sequence: `view(2, 3)` and `view((2, 3))`."""
    if len(args) == 1 and isinstance(args[0], list | tuple):
        return list(args[0])
    return list(args) if args else list(kwargs.get(name, ()))


def spread(value: Any, sides: int) -> tuple[Any, ...]:
    """One value per axis."""
    if isinstance(value, list | tuple):
        return tuple(value) if len(value) == sides else tuple(value) * sides
    return (value,) * sides


def broadcast(*shapes: Dims) -> Dims:
    """The common shape; where one side is 1 the other's size, `Size`s before plain ints."""
    rank = max(map(len, shapes))
    result: list[Any] = [1] * rank
    for shape in shapes:
        for axis, side in enumerate(shape, rank - len(shape)):
            known = plain(result[axis])  # PyTorch has compared them: nothing is asked
            if known == 1 or (plain(side) != 1 and type(result[axis]) is int):
                result[axis] = side
    return tuple(result)


@shape_rule("view", "reshape", "view_as_reshape")
def view(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes, one of which may be −1."""
    sizes = _listed(args[1:], kwargs, "shape")
    if not sizes or not all(isinstance(s, int) for s in sizes):
        return shape(args[0])  # a view as another dtype
    return filled(sizes, product(shape(args[0])))


def filled(sizes: Sequence[Any], elements: Any) -> Dims:
    """Sizes with the −1 among them worked out."""
    known = product(s for s in sizes if plain(s) != -1)
    result = []
    for side in sizes:
        if plain(side) != -1:
            result.append(side)
        elif plain(known) == 0:
            result.append(0)
        else:
            result.append(elements // known)
    return tuple(result)


@shape_rule("flatten")
def flatten(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Axes from start to end as one."""
    x = shape(args[0])
    start = argument(args, kwargs, 1, "start_dim", 0) % max(len(x), 1)
    end = argument(args, kwargs, 2, "end_dim", -1) % max(len(x), 1)
    return (*x[:start], product(x[start : end + 1]), *x[end + 1 :])


@shape_rule("unflatten")
def unflatten(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One axis as several."""
    x = shape(args[0])
    dim = argument(args, kwargs, 1, "dim", 0) % len(x)
    sizes = argument(args, kwargs, 2, "sizes", ())
    return (*x[:dim], *filled(sizes, x[dim]), *x[dim + 1 :])


@shape_rule("permute")
def permute(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Axes in another order."""
    x = shape(args[0])
    return tuple(x[d] for d in _listed(args[1:], kwargs, "dims"))


@shape_rule("transpose", "swapaxes", "swapdims")
def transpose(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Two axes exchanged."""
    x = list(shape(args[0]))
    a, b = argument(args, kwargs, 1, "dim0", 0), argument(args, kwargs, 2, "dim1", 1)
    x[a], x[b] = x[b], x[a]
    return tuple(x)


@shape_rule("t", "T", "mT", "adjoint", "mH", "H")
def swapped(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The last two axes exchanged."""
    x = shape(args[0])
    return (*x[:-2], x[-1], x[-2]) if len(x) > 1 else x


@shape_rule("movedim", "moveaxis")
def movedim(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Axes moved to other places."""
    x = shape(args[0])
    given = (argument(args, kwargs, i, n, 0) for i, n in ((1, "source"), (2, "destination")))
    source, target = ([d % len(x) for d in spread(dims, 1)] for dims in given)
    placed = dict(zip(target, source, strict=True))
    rest = iter(d for d in range(len(x)) if d not in source)
    return tuple(x[placed[i] if i in placed else next(rest)] for i in range(len(x)))


@shape_rule("squeeze")
def squeeze(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Without axes of size 1."""
    x = shape(args[0])
    dim = argument(args, kwargs, 1, "dim", None)
    dims = range(len(x)) if dim is None else [d % len(x) for d in spread(dim, 1)]
    return tuple(s for i, s in enumerate(x) if not (i in dims and s == 1))


@shape_rule("unsqueeze")
def unsqueeze(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """A new axis of size 1."""
    x = shape(args[0])
    dim = argument(args, kwargs, 1, "dim", 0) % (len(x) + 1)
    return (*x[:dim], 1, *x[dim:])


@shape_rule("expand", "broadcast_to")
def expand(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes; −1 keeps an axis."""
    x = shape(args[0])
    sizes = _listed(args[1:], kwargs, "size")
    lead = len(sizes) - len(x)
    return tuple(x[i - lead] if plain(s) == -1 else s for i, s in enumerate(sizes))


@shape_rule("expand_as", "view_as", "reshape_as")
def as_other(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The shape of the other tensor."""
    return shape(args[1])


@shape_rule("repeat", "tile")
def repeat(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Every axis so many times."""
    x = shape(args[0])
    times = _listed(args[1:], kwargs, "repeats")
    lead = max(len(times) - len(x), 0)
    x = (1,) * lead + x
    times = [1] * (len(x) - len(times)) + times
    return tuple(a * b for a, b in zip(x, times, strict=True))


@shape_rule("cat", "concat", "concatenate")
def cat(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Sizes along one axis added up."""
    shapes = [shape(t) for t in args[0] if not (t.dim() == 1 and t.shape[0] == 0)]
    dim = argument(args, kwargs, 1, "dim", kwargs.get("axis", 0)) % len(shapes[0])
    joined = list(shapes[0])
    for other in shapes[1:]:
        joined[dim] = joined[dim] + other[dim]
        for axis, side in enumerate(other):  # the other axes are equal; a size knows more
            if axis != dim and type(joined[axis]) is int:
                joined[axis] = side
    return tuple(joined)


@shape_rule("stack")
def stack(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """A new axis with one entry per tensor."""
    x = shape(args[0][0])
    dim = argument(args, kwargs, 1, "dim", 0) % (len(x) + 1)
    return (*x[:dim], len(args[0]), *x[dim:])


@shape_rule("unbind")
def unbind(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One tensor per entry of an axis."""
    x = list(shape(args[0]))
    count = operator.index(x.pop(argument(args, kwargs, 1, "dim", 0)))  # how many: a question
    return [tuple(x)] * count


@shape_rule("split", "split_with_sizes", "unsafe_split")
def split(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Parts of given sizes along one axis, the last as large as what is left."""
    size = argument(args, kwargs, 1, "split_size_or_sections", kwargs.get("split_size"))
    if isinstance(size, list | tuple):
        return _parts(shape, args, kwargs, size)
    return _equal_parts(shape, args, kwargs, size, len(out))


@shape_rule("chunk", "unsafe_chunk")
def chunk(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """At most so many parts along one axis, all but the last of one size."""
    dim = argument(args, kwargs, 2, "dim", 0)
    size = ceil_div(shape(args[0])[dim], argument(args, kwargs, 1, "chunks", 1))
    return _equal_parts(shape, args, kwargs, size, len(out))


@shape_rule("tensor_split")
def tensor_split(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """So many parts along one axis, the first larger by one where it does not come out even."""
    x = shape(args[0])
    count = argument(args, kwargs, 1, "indices_or_sections", kwargs.get("sections"))
    dim = argument(args, kwargs, 2, "dim", 0)
    if not isinstance(count, int):
        return None
    sides = [(x[dim] + count - 1 - i) // count for i in range(count)]
    return _parts(shape, args, kwargs, sides)


def _equal_parts(
    shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], size: Any, count: int
) -> list[Dims] | None:
    """So many parts of one size, the last as large as what is left: their number is a question."""
    left = shape(args[0])[argument(args, kwargs, 2, "dim", 0)] - size * (count - 1)
    if not 0 < left <= size:
        return None
    return _parts(shape, args, kwargs, [*[size] * (count - 1), left])


def _parts(
    shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], sides: Sequence[Any]
) -> list[Dims]:
    x = shape(args[0])
    dim = argument(args, kwargs, 2, "dim", 0) % len(x)
    return [(*x[:dim], side, *x[dim + 1 :]) for side in sides]


@shape_rule("zeros", "ones", "empty", "rand", "randn", "full")
def factory(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes."""
    sizes = args[0] if args and isinstance(args[0], list | tuple) else args
    return tuple(sizes if sizes else kwargs.get("size", ()))[: out.dim()]


@shape_rule("new_zeros", "new_ones", "new_empty", "new_full")
def new(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes."""
    return factory(shape, args[1:], kwargs, out)


@shape_rule("arange")
def arange(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """⌈(end − start) / step⌉."""
    start, end, step = 0, 0, 1
    if len(args) == 1:
        end = args[0]
    elif args:
        start, end, step = (*args, 1)[:3]
    end, step = kwargs.get("end", end), kwargs.get("step", step)
    if not all(isinstance(v, int) for v in (start, end, step)):
        return None
    return (ceil_div(end - start, step),) if step > 0 else None


@shape_rule("meshgrid")
def meshgrid(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One axis per tensor."""
    tensors = args[0] if isinstance(args[0], list | tuple) else args
    grid = tuple(shape(t)[0] for t in tensors)
    if kwargs.get("indexing") == "xy":
        grid = (grid[1], grid[0], *grid[2:])
    return [grid] * len(out)


def fallback(shapes: Sequence[Dims], sides: Sequence[int]) -> Dims | None:
    """What an operator without a rule most likely does: keep, or broadcast, its inputs' shapes."""
    for shape in shapes:
        if plain(shape) == tuple(sides):
            joined = [s for s in shapes if len(s) <= len(sides)]
            both = broadcast(*joined)
            return both if plain(both) == tuple(sides) else shape
    if shapes:
        both = broadcast(*shapes)
        if plain(both) == tuple(sides):
            return both
    return None
