"""Rules of the products that gradients run: of convolutions and of attention.

Gradients of matrix products are matrix products themselves, and have their rules already.
"""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.network.operation import MatMul
from costmodel.network.read.torch.operators import OPERATORS, product_rule
from costmodel.network.read.torch.recorder import Recorder

_ELEMENTWISE = """
    threshold_backward tanh_backward gelu_backward silu_backward hardtanh_backward
    hardswish_backward hardsigmoid_backward leaky_relu_backward elu_backward softplus_backward
    log_sigmoid_backward _softmax_backward_data _log_softmax_backward_data native_dropout_backward
"""
OPERATORS.declare(_ELEMENTWISE.split(), kind="elementwise")


@product_rule("convolution_backward", "convolution_backward_overrideable")
def convolution_backward(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Gradients to the input and to the weight, each with the multiplies of the forward.

    Every product w·x of the forward gives one product g·w for the input's gradient and one g·x for
    the weight's. Arguments: gradient, x, weight, sizes of the bias, stride, padding, dilation,
    transposed, output_padding, groups, and which of the three gradients are wanted.
    """
    gradient, x, weight = args[:3]
    transposed, wanted = args[7], args[10]
    positions = prod((x if transposed else gradient).shape[2:])
    for asked, suffix in zip(wanted, ("input_gradient", "weight_gradient", ""), strict=True):
        if asked and suffix:
            rec.add(
                "conv_transpose" if transposed else "conv",
                "convolution_backward",
                given_macs=x.shape[0] * positions * weight.numel(),
                parameters=rec.claim(weight, "weight"),
                owner=rec.parameter(weight),
                shape=tuple((x if suffix == "input_gradient" else weight).shape),
                suffix=suffix,
            )
    return NotImplemented


@product_rule(
    "_scaled_dot_product_flash_attention_backward",
    "_scaled_dot_product_flash_attention_for_cpu_backward",
    "_scaled_dot_product_efficient_attention_backward",
    "_scaled_dot_product_cudnn_attention_backward",
)
def attention_backward(rec: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Five products: the scores anew, and the gradients of scores, values, queries and keys."""
    _, query, _, value = args[:4]
    batch = prod(query.shape[:-2])
    length, inner = query.shape[-2:]
    source, columns = value.shape[-2:]
    for suffix, matmul in (
        ("attention_scores", MatMul(batch, length, inner, source)),
        ("values_gradient", MatMul(batch, source, length, columns)),
        ("scores_gradient", MatMul(batch, length, columns, source)),
        ("queries_gradient", MatMul(batch, length, source, inner)),
        ("keys_gradient", MatMul(batch, source, length, inner)),
    ):
        shape = (*query.shape[:-2], matmul.rows, matmul.columns)
        rec.add("matmul", "attention_backward", matmul=matmul, suffix=suffix, shape=shape)
    return NotImplemented
