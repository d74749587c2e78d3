"""Layers whose result is known from their attributes, without going into their forward.

Entering `nn.Conv2d.forward`, `F.conv2d` and the dispatcher costs more than the convolution's shape.
These functions record exactly the rows that going in would, for the layers of `torch.nn` themselves
(not subclasses, no hooks, no parametrisation, an unchanged forward) and plain inputs; everything
else returns None and takes the ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from costmodel.network.read.torch.known_layers import conv_layer
from costmodel.network.read.torch.recorder import Recorder
from costmodel.network.read.torch.rules.results import plain

Layer = Callable[[Recorder, dict[str, Any], Tensor], "Tensor | None"]


_NONE = (0,)


def _convolution(rec: Recorder, own: dict[str, Any], x: Tensor) -> Tensor | None:
    parameters = own["_parameters"]
    weight, bias = parameters.get("weight"), parameters.get("bias")
    if weight is None or own["padding_mode"] != "zeros" or not plain(x) or not plain(weight):
        return None
    padding = own["padding"]
    if isinstance(padding, str) or x.dtype is not weight.dtype or "bias" not in parameters:
        return None
    known = conv_layer(
        x.shape,
        weight.shape,
        own["stride"],
        padding,
        own["dilation"],
        False,
        _NONE,
        own["groups"],
        bias is not None,
    )
    if known is None:
        return None
    layer, shape = known
    rec.convolution(layer, weight, bias, shape)
    return rec.fresh(shape, x.dtype)


def _linear(rec: Recorder, own: dict[str, Any], x: Tensor) -> Tensor | None:
    parameters = own["_parameters"]
    weight, bias = parameters.get("weight"), parameters.get("bias")
    if weight is None or "bias" not in parameters or not plain(x) or not plain(weight):
        return None
    rank = x.dim()
    if rank < 2 or x.dtype is not weight.dtype or x.shape[-1] != weight.shape[1] or not x.numel():
        return None
    if rank > 3 and bias is not None:  # PyTorch adds such a bias in an operator of its own
        return None
    columns, inner = weight.shape
    rows = x.numel() // inner
    rec.linear(rows, inner, columns, weight, bias, (rows, columns))
    return rec.fresh((*x.shape[:-1], columns), x.dtype)


def _batch_norm(rank: int) -> Layer:
    def run(rec: Recorder, own: dict[str, Any], x: Tensor) -> Tensor | None:
        parameters = own["_parameters"]
        weight = parameters.get("weight")
        if not plain(x) or x.dim() != rank or x.shape[1] != own["num_features"]:
            return None
        if weight is None or own["training"]:
            return None  # statistics of the batch are results of their own
        held = rec.claim(weight, "norm") + rec.claim(parameters["bias"], "norm")
        shape = tuple(x.shape)
        rec.add("norm", "native_batch_norm", work=x.numel(), shape=shape, parameters=held)
        return rec.fresh(shape, x.dtype)

    return run


def _activation(operator: str) -> Layer:
    def run(rec: Recorder, own: dict[str, Any], x: Tensor) -> Tensor | None:
        if not plain(x):
            return None
        shape = tuple(x.shape)
        rec.add("activation", operator, work=x.numel(), shape=shape)
        return x if own.get("inplace") else rec.fresh(shape, x.dtype)

    return run


def _same(rec: Recorder, own: dict[str, Any], x: Tensor) -> Tensor | None:
    return x


def _dropout(rec: Recorder, own: dict[str, Any], x: Tensor) -> Tensor | None:
    return None if own["training"] else x


LAYERS: dict[type[nn.Module], Layer] = {
    nn.Conv1d: _convolution,
    nn.Conv2d: _convolution,
    nn.Conv3d: _convolution,
    nn.Linear: _linear,
    nn.BatchNorm2d: _batch_norm(4),
    nn.BatchNorm3d: _batch_norm(5),
    nn.ReLU: _activation("relu"),
    nn.ReLU6: _activation("hardtanh"),
    nn.SiLU: _activation("silu"),
    nn.GELU: _activation("gelu"),
    nn.Sigmoid: _activation("sigmoid"),
    nn.Tanh: _activation("tanh"),
    nn.Hardswish: _activation("hardswish"),
    nn.Hardsigmoid: _activation("hardsigmoid"),
    nn.LeakyReLU: _activation("leaky_relu"),
    nn.Identity: _same,
    nn.Dropout: _dropout,
    nn.Dropout2d: _dropout,
}

_FORWARDS = {cls: cls.forward for cls in LAYERS}


def usable_layers() -> dict[type[nn.Module], Layer]:
    """The layers whose forward is still PyTorch's own; none where global hooks or autocast act."""
    if torch.nn.modules.module._has_any_global_hook() or torch.is_autocast_enabled("cpu"):
        return {}
    return {
        cls: layer
        for cls, layer in LAYERS.items()
        if cls.forward is _FORWARDS[cls] and cls.forward.__module__.startswith("torch.nn.")
    }


def untouched(own: dict[str, Any]) -> bool:
    """Whether a module has no hooks and no forward of its own."""
    return not (
        own["_forward_hooks"]
        or own["_forward_pre_hooks"]
        or own["_backward_hooks"]
        or own["_backward_pre_hooks"]
        or "forward" in own
    )
