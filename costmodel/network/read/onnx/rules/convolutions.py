"""Rules of the ONNX convolutions: from shapes and attributes to layers."""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.core.output_size import strided_size, transposed_size
from costmodel.errors import LayerError
from costmodel.network.read.onnx.products import NodeView, Product, rule
from costmodel.network.read.onnx.shapes import Shape


def _axes(view: NodeView, name: str, sides: int, default: int) -> tuple[int, ...]:
    values = tuple(view.attributes.get(name) or (default,) * sides)
    if len(values) != sides:
        raise view.fail(f"has {len(values)} values of {name}; allowed are {sides}")
    return values


def _conv(view: NodeView, x_at: int, w_at: int, b_at: int) -> list[Product] | None:
    x, w = view.shape(x_at), view.shape(w_at)
    if x is None or w is None:
        return None
    if len(x) != len(w) or len(x) < 3:
        raise view.fail(f"convolves a tensor of shape {x} with a weight of shape {w}")
    sides = len(x) - 2
    group = view.attributes.get("group", 1)
    kernel = w[2:]
    if group < 1 or w[1] * group != x[1]:
        raise view.fail(
            f"has {x[1]} input channels, but a weight of shape {w} in {group} groups; allowed are "
            f"{w[1] * max(group, 1)}"
        )
    stride, dilation = _axes(view, "strides", sides, 1), _axes(view, "dilations", sides, 1)
    pads = _pads(view, x[2:], kernel, stride, dilation)
    size, padding = _padded(x[2:], pads)
    layer = _layer(
        view,
        kernel=kernel,
        in_channels=x[1],
        out_channels=w[0],
        size=size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=group,
        batch=x[0],
        bias=view.has(b_at),
    )
    if view.out is not None and view.out != (x[0], w[0], *layer.out_size):
        raise view.fail(
            f"gives {(x[0], w[0], *layer.out_size)} by its attributes, but the file says {view.out}"
        )
    return [Product("conv", layer, weights=(w_at,), biases=(b_at,) if view.has(b_at) else ())]


def _layer(view: NodeView, **sizes: Any) -> ConvLayer:
    try:
        return ConvLayer(**sizes)
    except LayerError as error:
        raise view.fail(f"is no convolution: {error}") from None


def _pads(
    view: NodeView, size: Shape, kernel: Shape, stride: Shape, dilation: Shape
) -> tuple[tuple[int, int], ...]:
    """Zeros (before, after) along each axis, by `pads` or by the older `auto_pad`."""
    sides = len(size)
    mode = view.attributes.get("auto_pad", "NOTSET")
    if mode == "VALID":
        return ((0, 0),) * sides
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        result = []
        for n, k, s, d in zip(size, kernel, stride, dilation, strict=True):
            reach = transposed_size(strided_size(n, s), k, s, (0, 0), d, 0)
            total = max(reach - n, 0)  # the zeros without which the last window would not fit
            small, large = total // 2, total - total // 2
            result.append((small, large) if mode == "SAME_UPPER" else (large, small))
        return tuple(result)
    if mode not in ("NOTSET", ""):
        raise view.fail(
            f"has auto_pad {mode!r}; allowed are NOTSET, VALID, SAME_UPPER and SAME_LOWER"
        )
    pads = tuple(view.attributes.get("pads") or (0,) * (2 * sides))
    if len(pads) != 2 * sides:
        raise view.fail(f"has {len(pads)} pads; allowed are {2 * sides}")
    return tuple(zip(pads[:sides], pads[sides:], strict=True))


def _padded(size: Shape, pads: tuple[tuple[int, int], ...]) -> tuple[Shape, Any]:
    """Size and padding of the layer; uneven padding is part of the size."""
    if all(before == after >= 0 for before, after in pads):
        return size, tuple(before for before, _ in pads)
    return tuple(n + sum(p) for n, p in zip(size, pads, strict=True)), "valid"


@rule("Conv", "FusedConv", "NhwcConv")
def conv(view: NodeView) -> list[Product] | None:
    """X (N, C, …), W (M, C/group, …), B (M)."""
    return _conv(view, 0, 1, 2)


@rule("QLinearConv")
def qlinear_conv(view: NodeView) -> list[Product] | None:
    """x, its scale and zero point, w, its scale and zero point, y's scale and zero point, B."""
    return _conv(view, 0, 3, 8)


@rule("ConvInteger")
def conv_integer(view: NodeView) -> list[Product] | None:
    """x, w and their zero points."""
    return _conv(view, 0, 1, 99)


@rule("ConvTranspose")
def conv_transpose(view: NodeView) -> list[Product] | None:
    """X (N, C, …), W (C, M/group, …), B (M); every input position meets every tap once."""
    x, w = view.shape(0), view.shape(1)
    if x is None or w is None:
        return None
    if len(x) != len(w) or len(x) < 3 or w[0] != x[1]:
        raise view.fail(f"convolves a tensor of shape {x} with a transposed weight of shape {w}")
    sides = len(x) - 2
    group = view.attributes.get("group", 1)
    kernel = w[2:]
    stride, dilation = _axes(view, "strides", sides, 1), _axes(view, "dilations", sides, 1)
    extra = _axes(view, "output_padding", sides, 0)
    if view.out is not None:
        out = view.out[2:]
    elif view.attributes.get("output_shape"):
        out = tuple(view.attributes["output_shape"])[-sides:]
    else:
        pads = _pads(view, x[2:], kernel, stride, dilation)
        out = tuple(map(transposed_size, x[2:], kernel, stride, pads, dilation, extra))
    if len(out) != sides:
        raise view.fail(f"has a result of {len(out)} sides; allowed are the {sides} of its input")
    cut = tuple(
        transposed_size(n, k, s, (o, 0), d, 0)
        for n, k, s, d, o in zip(x[2:], kernel, stride, dilation, out, strict=True)
    )
    padding = tuple(max(-(-c // 2), 0) for c in cut)
    weights, biases = (1,), (2,) if view.has(2) else ()
    try:
        layer = ConvLayer(
            kernel=kernel,
            in_channels=x[1],
            out_channels=w[1] * group,
            size=x[2:],
            stride=stride,
            padding=padding,
            output_padding=tuple(2 * p - c for p, c in zip(padding, cut, strict=True)),
            dilation=dilation,
            groups=group,
            batch=x[0],
            bias=view.has(2),
            transposed=True,
        )
    except LayerError:  # uneven cuts that no symmetric padding expresses; the count is the same
        macs = x[0] * prod(x[2:]) * prod(w)
        return [Product("conv_transpose", macs=macs, weights=weights, biases=biases)]
    return [Product("conv_transpose", layer, weights=weights, biases=biases)]
