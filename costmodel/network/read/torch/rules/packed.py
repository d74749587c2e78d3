"""Rules of convolutions and linear layers whose weights other libraries hold.

Quantised layers keep weight and bias packed in one object, in 8 or 16 bits; oneDNN's (`mkldnn`)
keep them in tensors of a memory order of its own. Both multiply as the plain layers do.
"""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.network.operation import Parameter
from costmodel.network.read.torch.known_layers import conv_layer, linear_layer
from costmodel.network.read.torch.operators import OPERATORS, product_rule
from costmodel.network.read.torch.recorder import Recorder

_ELEMENTWISE = """
    quantize_per_tensor quantize_per_channel quantize_per_tensor_dynamic dequantize
    fake_quantize_per_tensor_affine fake_quantize_per_channel_affine quantized.add
    quantized.add_relu quantized.mul quantized.mul_relu
"""
_SHAPE = """
    to_mkldnn to_dense _to_dense mkldnn_reorder_conv2d_weight mkldnn_reorder_conv3d_weight
    _mkldnn_reshape _mkldnn_transpose q_scale q_zero_point int_repr quantized.cat
"""
OPERATORS.declare(_ELEMENTWISE.split(), kind="elementwise")
OPERATORS.declare(_SHAPE.split(), kind="shape")
OPERATORS.declare(("mkldnn_max_pool2d", "mkldnn_max_pool3d"), kind="pool")


def _held(rec: Recorder, packed: Any, weight: Any, bias: Any) -> tuple[Parameter, ...]:
    """What a packed object holds, as parameters."""
    parts = {"weight": weight.numel(), "bias": bias.numel() if bias is not None else 0}
    owned = rec.state.adopt_packed(packed, rec.path, {n: c for n, c in parts.items() if c})
    rec.claimed.update(o.name for o in owned.values())
    return tuple(Parameter(o.count, role, o.name) for role, o in owned.items())


@product_rule(
    "quantized.linear",
    "quantized.linear_relu",
    "quantized.linear_leaky_relu",
    "quantized.linear_tanh",
    "quantized.linear_dynamic",
    "quantized.linear_relu_dynamic",
    "quantized.linear_dynamic_fp16",
    "quantized.linear_relu_dynamic_fp16",
)
def quantised_linear(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """x (…, k) and a packed weight (c, k)."""
    x, packed = args[:2]
    weight, bias = packed.unpack()
    columns, inner = weight.shape
    rows = x.numel() // inner
    rec.add(
        "linear",
        "quantized.linear",
        parameters=_held(rec, packed, weight, bias),
        layer=linear_layer(rows, inner, columns, bias is not None),
        given_macs=rows * inner * columns,
        shape=(*x.shape[:-1], columns),
        suffix="linear",
    )
    return NotImplemented


@product_rule(
    *(f"quantized.conv{n}d{after}" for n in (1, 2, 3) for after in ("", "_relu", "_dynamic")),
    *(f"quantized.conv_transpose{n}d{after}" for n in (1, 2, 3) for after in ("", "_dynamic")),
    "quantized.conv2d_add",
    "quantized.conv2d_add_relu",
)
def quantised_convolution(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """x (N, C, …) and a packed weight, which knows stride, padding, dilation and groups."""
    x = args[0]
    packed = next(a for a in args[1:] if hasattr(a, "unpack"))
    weight, bias = packed.unpack()
    sides = x.dim() - 2
    transposed = bool(packed.transpose())
    extra = packed.output_padding() if transposed else [0] * sides
    facts = (packed.stride(), packed.padding(), packed.dilation())
    # a 1-D layer is packed as one row of a 2-D one
    stride, padding, dilation = (tuple(values)[-sides:] for values in facts)
    size, window = tuple(x.shape), (*weight.shape[:2], *weight.shape[-sides:])
    known = conv_layer(
        size,
        window,
        stride,
        padding,
        dilation,
        transposed,
        tuple(extra)[-sides:],
        packed.groups(),
        bias is not None,
    )
    layer, shape = known if known is not None else (None, ())
    rec.add(
        "conv_transpose" if transposed else "conv",
        "quantized.convolution",
        parameters=_held(rec, packed, weight, bias),
        layer=layer,
        given_macs=None if layer is not None else size[0] * prod(size[2:]) * prod(window),
        shape=shape,
        suffix="convolution",
    )
    return NotImplemented


@product_rule("mkldnn_convolution")
def mkldnn_convolution(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """x, weight, bias, padding, stride, dilation, groups."""
    x, weight, bias, padding, stride, dilation, groups = args[:7]
    known = conv_layer(
        tuple(x.shape),
        tuple(weight.shape),
        tuple(stride),
        tuple(padding),
        tuple(dilation),
        False,
        (0,),
        groups,
        bias is not None,
    )
    if known is None:
        rec.add("other", "mkldnn_convolution")
    else:
        rec.convolution(known[0], weight, bias, known[1])
    return NotImplemented


@product_rule("mkldnn_linear")
def mkldnn_linear(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """x (…, k), weight (c, k), bias."""
    x, weight = args[:2]
    bias = args[2] if len(args) > 2 else None
    columns, inner = weight.shape
    rec.linear(x.numel() // inner, inner, columns, weight, bias, (*x.shape[:-1], columns))
    return NotImplemented
