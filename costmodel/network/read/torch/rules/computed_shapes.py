"""Shape rules of the functions that compute: convolutions, products, resampling, reductions."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from costmodel.core.numbers import product
from costmodel.core.output_size import conv_size, transposed_size
from costmodel.network.read.torch.operators import shape_rule
from costmodel.network.read.torch.rules.shapes import ShapeOf, argument, broadcast, spread


@shape_rule("conv1d", "conv2d", "conv3d")
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
        conv_size(n, k, s, (p, p), d)
        for n, k, s, p, d in zip(x[-sides:], w[2:], stride, zeros, dilation, strict=True)
    )
    return (*x[: -sides - 1], w[0], *grid)


@shape_rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
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
        transposed_size(n, k, s, (p, p), d, e)
        for n, k, s, p, d, e in zip(
            x[-sides:], w[2:], stride, padding, dilation, extra, strict=True
        )
    )
    return (*x[: -sides - 1], w[1] * groups, *grid)


@shape_rule("linear")
def linear(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The last axis replaced by the output features."""
    w = shape(args[1])
    return (*shape(args[0])[:-1], *w[:-1])


@shape_rule("matmul", "mm", "bmm", "__matmul__")
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


@shape_rule("__rmatmul__")
def rmatmul(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The other way round."""
    return matmul(shape, (args[1], args[0]), kwargs, out)


@shape_rule("baddbmm", "addmm")
def addmm(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """input + a @ b."""
    return matmul(shape, args[1:3], kwargs, out)


@shape_rule("einsum")
def einsum(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The result's letters."""
    read = einsum_sizes(shape, args)
    if read is None:
        return None
    _, sizes, result = read
    return tuple(sizes[letter] for letter in result)


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


@shape_rule("scaled_dot_product_attention")
def attention(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Queries' positions, values' features."""
    return (*shape(args[0])[:-1], shape(argument(args, kwargs, 2, "value", None))[-1])


@shape_rule("pad", "constant_pad_nd")
def pad(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Zeros round the last axes, the last axis first."""
    x = list(shape(args[0]))
    widths = argument(args, kwargs, 1, "pad", ())
    for i in range(len(widths) // 2):
        x[-1 - i] = x[-1 - i] + widths[2 * i] + widths[2 * i + 1]
    return tuple(x)


_UPSAMPLING = """
    upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d
    upsample_bilinear2d upsample_bicubic2d upsample_trilinear3d _upsample_nearest_exact1d
    _upsample_nearest_exact2d _upsample_bilinear2d_aa _upsample_bicubic2d_aa
"""


@shape_rule(*_UPSAMPLING.split())
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


@shape_rule("pixel_shuffle")
def pixel_shuffle(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Channels to pixels."""
    x, r = shape(args[0]), argument(args, kwargs, 1, "upscale_factor", 1)
    return (*x[:-3], x[-3] // (r * r), x[-2] * r, x[-1] * r)


@shape_rule("pixel_unshuffle")
def pixel_unshuffle(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Pixels to channels."""
    x, r = shape(args[0]), argument(args, kwargs, 1, "downscale_factor", 1)
    return (*x[:-3], x[-3] * r * r, x[-2] // r, x[-1] // r)


_REDUCTIONS = """
    mean sum amax amin max min prod var std var_mean std_mean logsumexp any all argmax argmin
    norm linalg_vector_norm median
"""


@shape_rule(*_REDUCTIONS.split())
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


@shape_rule("embedding")
def embedding(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """One row of the table per index."""
    return (*shape(args[1]), shape(args[0])[1])


@shape_rule("im2col", "unfold")
def unfold(shape: ShapeOf, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """Windows of an axis (`Tensor.unfold`), or all windows of an image as columns (im2col)."""
    x = shape(args[0])
    if isinstance(args[1], list | tuple):
        kernel, dilation, padding, stride = args[1:5]
        count = product(
            conv_size(n, k, s, (p, p), d)
            for n, k, s, p, d in zip(x[-2:], kernel, stride, padding, dilation, strict=True)
        )
        return (*x[:-3], x[-3] * product(kernel), count)
    dim, window, step = args[1:4]
    dim %= len(x)
    return (*x[:dim], conv_size(x[dim], window, step, (0, 0), 1), *x[dim + 1 :], window)
