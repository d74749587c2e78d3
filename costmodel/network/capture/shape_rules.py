"""Shapes of PyTorch's functions on `Size`s: our own rules, in the functions' own arguments.

A rule gets the shapes of its tensor arguments through `Call` and returns the output's shape (a
tuple of ints and `Size`s), a list of shapes for several outputs, or None where it does not know. A
result is used only if its values are the sizes that PyTorch gave, so a rule that misses a case
costs a formula, never its truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from costmodel.network.capture.sizes import ceil_div, total

Dims = tuple[Any, ...]
ShapeOf = Callable[[Tensor], Dims]
Rule = Callable[[ShapeOf, tuple[Any, ...], dict[str, Any], Any], Any]
#: Function name → its rule.
RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule under function names."""

    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register


def argument(args: Sequence[Any], kwargs: dict[str, Any], place: int, name: str, default: Any) -> Any:
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
            if result[axis] == 1 or (side != 1 and type(result[axis]) is int):
                result[axis] = side
    return tuple(result)


@rule("view", "reshape", "view_as_reshape")
def view(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes, one of which may be −1."""
    sizes = _listed(args[1:], kwargs, "shape")
    if not sizes or not all(isinstance(s, int) for s in sizes):
        return shape(args[0])  # a view as another dtype
    return filled(sizes, total(shape(args[0])))


def filled(sizes: Sequence[Any], elements: Any) -> Dims:
    """Sizes with the −1 among them worked out."""
    known = total(s for s in sizes if s != -1)
    result = []
    for side in sizes:
        if side != -1:
            result.append(side)
        elif known == 0:
            result.append(0)
        else:
            result.append(exact_quotient(elements, known))
    return tuple(result)


def exact_quotient(whole: Any, part: Any) -> Any:
    """A quotient known to be exact, by polynomials where they divide, else by factors."""
    return whole // part


@rule("flatten")
def flatten(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Axes from start to end as one."""
    x = shape(args[0])
    start = argument(args, kwargs, 1, "start_dim", 0) % max(len(x), 1)
    end = argument(args, kwargs, 2, "end_dim", -1) % max(len(x), 1)
    return (*x[:start], total(x[start : end + 1]), *x[end + 1 :])


@rule("unflatten")
def unflatten(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One axis as several."""
    x = shape(args[0])
    dim = argument(args, kwargs, 1, "dim", 0) % len(x)
    sizes = argument(args, kwargs, 2, "sizes", ())
    return (*x[:dim], *filled(sizes, x[dim]), *x[dim + 1 :])


@rule("permute")
def permute(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Axes in another order."""
    x = shape(args[0])
    return tuple(x[d] for d in _listed(args[1:], kwargs, "dims"))


@rule("transpose", "swapaxes", "swapdims")
def transpose(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Two axes exchanged."""
    x = list(shape(args[0]))
    a, b = argument(args, kwargs, 1, "dim0", 0), argument(args, kwargs, 2, "dim1", 1)
    x[a], x[b] = x[b], x[a]
    return tuple(x)


@rule("t", "T", "mT", "adjoint", "mH", "H")
def swapped(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The last two axes exchanged."""
    x = shape(args[0])
    return (*x[:-2], x[-1], x[-2]) if len(x) > 1 else x


@rule("movedim", "moveaxis")
def movedim(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Axes moved to other places."""
    x = shape(args[0])
    source, target = (spread(argument(args, kwargs, i, n, 0), 1) for i, n in ((1, "source"), (2, "destination")))
    source, target = ([d % len(x) for d in ds] for ds in (source, target))
    placed = dict(zip(target, source, strict=True))
    rest = iter(d for d in range(len(x)) if d not in source)
    return tuple(x[placed[i] if i in placed else next(rest)] for i in range(len(x)))


@rule("squeeze")
def squeeze(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Without axes of size 1."""
    x = shape(args[0])
    dim = argument(args, kwargs, 1, "dim", None)
    dims = range(len(x)) if dim is None else [d % len(x) for d in spread(dim, 1)]
    return tuple(s for i, s in enumerate(x) if not (i in dims and s == 1))


@rule("unsqueeze")
def unsqueeze(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """A new axis of size 1."""
    x = shape(args[0])
    dim = argument(args, kwargs, 1, "dim", 0) % (len(x) + 1)
    return (*x[:dim], 1, *x[dim:])


@rule("expand", "broadcast_to")
def expand(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes; −1 keeps an axis."""
    x = shape(args[0])
    sizes = _listed(args[1:], kwargs, "size")
    lead = len(sizes) - len(x)
    return tuple(x[i - lead] if s == -1 else s for i, s in enumerate(sizes))


@rule("expand_as", "view_as", "reshape_as")
def as_other(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The shape of the other tensor."""
    return shape(args[1])


@rule("repeat", "tile")
def repeat(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Every axis so many times."""
    x = shape(args[0])
    times = _listed(args[1:], kwargs, "repeats")
    lead = max(len(times) - len(x), 0)
    x = (1,) * lead + x
    times = [1] * (len(x) - len(times)) + times
    return tuple(a * b for a, b in zip(x, times, strict=True))


@rule("cat", "concat", "concatenate")
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


@rule("stack")
def stack(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """A new axis with one entry per tensor."""
    x = shape(args[0][0])
    dim = argument(args, kwargs, 1, "dim", 0) % (len(x) + 1)
    return (*x[:dim], len(args[0]), *x[dim:])


@rule("unbind")
def unbind(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One tensor per entry of an axis."""
    x = list(shape(args[0]))
    del x[argument(args, kwargs, 1, "dim", 0)]
    return [tuple(x)] * len(out)


@rule("chunk", "split", "split_with_sizes", "tensor_split", "unsafe_chunk", "unsafe_split")
def split(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Parts along one axis; equal parts of a size are its quotient."""
    x = shape(args[0])
    dim = argument(args, kwargs, 2, "dim", 0) % len(x)
    given = argument(args, kwargs, 1, "split_size", kwargs.get("chunks"))
    parts = []
    for i, piece in enumerate(out):
        side: Any = piece.shape[dim]
        if isinstance(given, list | tuple):
            side = given[i]
        elif len({p.shape[dim] for p in out}) == 1:
            side = x[dim] // len(out)
        parts.append((*x[:dim], side, *x[dim + 1 :]))
    return parts


@rule("__getitem__")
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
    """Entries that a slice of an axis takes; bounds are taken to stay on the side they are on."""
    step = 1 if item.step is None else item.step
    start = 0 if item.start is None else item.start
    stop = side if item.stop is None else item.stop
    start = max(side + start, 0) if start < 0 else min(start, side)
    stop = max(side + stop, 0) if stop < 0 else min(stop, side)
    return ceil_div(stop - start, step) if stop > start else 0


@rule("conv1d", "conv2d", "conv3d")
def conv(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """PyTorch's output-size rule."""
    x, w = shape(args[0]), shape(args[1])
    sides = len(w) - 2
    stride = spread(argument(args, kwargs, 3, "stride", 1), sides)
    padding = argument(args, kwargs, 4, "padding", 0)
    dilation = spread(argument(args, kwargs, 5, "dilation", 1), sides)
    if padding == "same":
        return (*x[: -sides - 1], w[0], *x[-sides:])
    zeros = spread(0 if padding == "valid" else padding, sides)
    grid = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(x[-sides:], zeros, dilation, w[2:], stride, strict=True)
    )
    return (*x[: -sides - 1], w[0], *grid)


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """PyTorch's output-size rule of transposed convolutions."""
    x, w = shape(args[0]), shape(args[1])
    sides = len(w) - 2
    stride = spread(argument(args, kwargs, 3, "stride", 1), sides)
    padding = spread(argument(args, kwargs, 4, "padding", 0), sides)
    extra = spread(argument(args, kwargs, 5, "output_padding", 0), sides)
    groups = argument(args, kwargs, 6, "groups", 1)
    dilation = spread(argument(args, kwargs, 7, "dilation", 1), sides)
    grid = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(x[-sides:], stride, padding, dilation, w[2:], extra, strict=True)
    )
    return (*x[: -sides - 1], w[1] * groups, *grid)


@rule("linear")
def linear(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The last axis replaced by the output features."""
    w = shape(args[1])
    return (*shape(args[0])[:-1], *w[:-1])


@rule("matmul", "mm", "bmm", "__matmul__")
def matmul(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """(…, r, k) @ (…, k, c), batches broadcast."""
    a, b = shape(args[0]), shape(args[1])
    if len(a) == 1 and len(b) == 1:
        return ()
    if len(a) == 1:
        return (*b[:-2], b[-1])
    if len(b) == 1:
        return a[:-1]
    lead = broadcast(a[:-2], b[:-2]) if len(a) > 2 or len(b) > 2 else ()
    return (*lead, a[-2], b[-1])


@rule("__rmatmul__")
def rmatmul(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The other way round."""
    return matmul(shape, (args[1], args[0]), kwargs, out)


@rule("baddbmm", "addmm")
def addmm(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """input + a @ b."""
    return matmul(shape, args[1:3], kwargs, out)


@rule("einsum")
def einsum(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The result's letters."""
    found = einsum_sizes(shape, args)
    return tuple(found[1][c] for c in found[2]) if found else None


def einsum_sizes(
    shape: ShapeOf, args: tuple[Any, ...]
) -> tuple[list[str], dict[str, Any], str] | None:
    """Letters of the inputs, their sizes, letters of the result; None for what is not plain."""
    equation = args[0]
    tensors = args[1] if len(args) == 2 and isinstance(args[1], list | tuple) else args[1:]
    if not isinstance(equation, str) or "." in equation:
        return None
    left, arrow, right = equation.replace(" ", "").partition("->")
    inputs = left.split(",")
    sizes: dict[str, Any] = {}
    for letters, tensor in zip(inputs, tensors, strict=True):
        for letter, side in zip(letters, shape(tensor), strict=True):
            if letter not in sizes or sizes[letter] == 1 or type(sizes[letter]) is int:
                sizes[letter] = side if letter not in sizes or side != 1 else sizes[letter]
    if not arrow:
        joined = "".join(inputs)
        right = "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    return inputs, sizes, right


@rule("scaled_dot_product_attention")
def attention(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Queries' positions, values' features."""
    return (*shape(args[0])[:-1], shape(argument(args, kwargs, 2, "value", None))[-1])


def _pool(sides: int, ceil_at: int, dilated: bool) -> Rule:
    def run(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        x = shape(args[0])
        kernel = spread(argument(args, kwargs, 1, "kernel_size", 1), sides)
        stride = argument(args, kwargs, 2, "stride", None)
        strides = kernel if stride is None or stride == [] or stride == () else spread(stride, sides)
        padding = spread(argument(args, kwargs, 3, "padding", 0), sides)
        dilation = spread(argument(args, kwargs, 4, "dilation", 1), sides) if dilated else (1,) * sides
        grid = []
        for n, k, s, p, d in zip(x[-sides:], kernel, strides, padding, dilation, strict=True):
            reach = n + 2 * p - d * (k - 1) - 1
            if argument(args, kwargs, ceil_at, "ceil_mode", False):
                side = ceil_div(reach, s) + 1
                grid.append(side - 1 if (side - 1) * s >= n + p else side)
            else:
                grid.append(reach // s + 1)
        return (*x[:-sides], *grid)

    return run


for _sides in (1, 2, 3):
    RULES[f"max_pool{_sides}d"] = _pool(_sides, 5, True)
    RULES[f"avg_pool{_sides}d"] = _pool(_sides, 4, False)


@rule("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d")
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
    grid = tuple(n if g is None else g for n, g in zip(x[-sides:], spread(given, sides), strict=True))
    return (*x[:-sides], *grid)


@rule("pad", "constant_pad_nd")
def pad(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Zeros round the last axes, the last axis first."""
    x = list(shape(args[0]))
    widths = argument(args, kwargs, 1, "pad", ())
    for i in range(len(widths) // 2):
        x[-1 - i] = x[-1 - i] + widths[2 * i] + widths[2 * i + 1]
    return tuple(x)


@rule(
    *"upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d "
    "upsample_bilinear2d upsample_bicubic2d upsample_trilinear3d _upsample_nearest_exact1d "
    "_upsample_nearest_exact2d _upsample_bilinear2d_aa _upsample_bicubic2d_aa".split()
)
def upsample(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Given sizes, or sizes times a factor that is an integer or one over an integer."""
    x = shape(args[0])
    given = argument(args, kwargs, 1, "output_size", None)
    if given is not None:
        return (*x[:2], *given)
    factors = kwargs.get("scale_factors") or next(
        (a for a in reversed(args[1:]) if isinstance(a, list | tuple)), None
    )
    if factors is None:
        return None
    grid = []
    for side, factor in zip(x[2:], factors, strict=True):
        top, bottom = float(factor).as_integer_ratio()
        if bottom > 1 and abs(round(1 / factor) * factor - 1) < 1e-12:
            top, bottom = 1, round(1 / factor)
        grid.append(side * top // bottom if bottom > 1 else side * top)
    return (*x[:2], *grid)


@rule("pixel_shuffle")
def pixel_shuffle(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Channels to pixels."""
    x, r = shape(args[0]), argument(args, kwargs, 1, "upscale_factor", 1)
    return (*x[:-3], x[-3] // (r * r), x[-2] * r, x[-1] * r)


@rule("pixel_unshuffle")
def pixel_unshuffle(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Pixels to channels."""
    x, r = shape(args[0]), argument(args, kwargs, 1, "downscale_factor", 1)
    return (*x[:-3], x[-3] * r * r, x[-2] // r, x[-1] // r)


@rule(
    *"mean sum amax amin max min prod var std var_mean std_mean logsumexp any all argmax argmin "
    "norm linalg_vector_norm median".split()
)
def reduce(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Without the axes that are reduced."""
    x = shape(args[0])
    at = 2 if isinstance(argument(args, kwargs, 1, "dim", None), float) else 1
    dim = argument(args, kwargs, at, "dim", kwargs.get("axis"))
    first = out[0] if isinstance(out, tuple) else out
    if isinstance(dim, Tensor):
        return broadcast(x, shape(dim))
    dims = range(len(x)) if dim is None or dim == () or dim == [] else spread(dim, 1)
    gone = {int(d) % max(len(x), 1) for d in dims}
    keep = len(x) == first.dim()
    kept = tuple((1 if i in gone else s) for i, s in enumerate(x) if keep or i not in gone)
    return [kept] * len(out) if isinstance(out, tuple) else kept


@rule("embedding")
def embedding(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One row of the table per index."""
    return (*shape(args[1]), shape(args[0])[1])


@rule("im2col", "unfold")
def unfold(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Windows of an axis (`Tensor.unfold`), or all windows of an image as columns (im2col)."""
    x = shape(args[0])
    if isinstance(args[1], list | tuple):
        kernel, dilation, padding, stride = args[1:5]
        count: Any = 1
        for n, k, d, p, s in zip(x[-2:], kernel, dilation, padding, stride, strict=True):
            count = count * ((n + 2 * p - d * (k - 1) - 1) // s + 1)
        return (*x[:-3], x[-3] * total(kernel), count)
    dim, window, step = args[1:4]
    dim %= len(x)
    return (*x[:dim], (x[dim] - window) // step + 1, *x[dim + 1 :], window)


@rule("zeros", "ones", "empty", "rand", "randn", "full")
def factory(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes."""
    sizes = args[0] if args and isinstance(args[0], list | tuple) else args
    return tuple(sizes if sizes else kwargs.get("size", ()))[: out.dim()]


@rule("new_zeros", "new_ones", "new_empty", "new_full")
def new(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The given sizes."""
    return factory(shape, args[1:], kwargs, out)


@rule("arange")
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


@rule("index_select", "gather", "take_along_dim")
def index_select(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """An axis with one entry per index, or the index's own shape."""
    x, index = shape(args[0]), shape(argument(args, kwargs, 2, "index", None))
    dim = argument(args, kwargs, 1, "dim", 0)
    if len(index) == 1 and len(x) > 1:
        dim %= len(x)
        return (*x[:dim], index[0], *x[dim + 1 :])
    return index


@rule("meshgrid")
def meshgrid(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One axis per tensor."""
    tensors = args[0] if isinstance(args[0], list | tuple) else args
    grid = tuple(shape(t)[0] for t in tensors)
    if kwargs.get("indexing") == "xy":
        grid = (grid[1], grid[0], *grid[2:])
    return [grid] * len(out)


@rule("select")
def select(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Without one axis."""
    x = list(shape(args[0]))
    del x[argument(args, kwargs, 1, "dim", 0)]
    return tuple(x)


@rule("narrow")
def narrow(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """A part of one axis."""
    x = list(shape(args[0]))
    x[argument(args, kwargs, 1, "dim", 0)] = argument(args, kwargs, 3, "length", 0)
    return tuple(x)


def fallback(shapes: Sequence[Dims], sides: Sequence[int]) -> Dims | None:
    """What an operator without a rule most likely does: keep, or broadcast, its inputs' shapes."""
    for shape in shapes:
        if tuple(map(int, shape)) == tuple(sides):
            joined = [s for s in shapes if len(s) <= len(sides)]
            both = broadcast(*joined)
            return both if tuple(map(int, both)) == tuple(sides) else shape
    if shapes:
        both = broadcast(*shapes)
        if tuple(map(int, both)) == tuple(sides):
            return both
    return None
