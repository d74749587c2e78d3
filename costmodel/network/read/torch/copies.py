"""Models in special shapes: compiled, lazy, or without storage; and what to call them in errors."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from costmodel.errors import InputError
from costmodel.network.read.torch.inputs import Inputs


def unwrapped(model: Callable[..., Any]) -> Callable[..., Any]:
    """The module behind `torch.compile`, whose operators are those of the original."""
    inner = getattr(model, "_orig_mod", None)
    return inner if isinstance(inner, nn.Module) else model


def materialised(model: nn.Module, inputs: Inputs) -> nn.Module:
    """A copy of a model with lazy layers, whose parameters have got their shapes."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        real = copy.deepcopy(model)
        args, kwargs = inputs.tensors("cpu")
        try:
            real(*args, **kwargs)
        except Exception as error:
            raise InputError(
                f"{title(model)} has lazy layers, and does not run: {short(error)}"
            ) from error
    return real


def real_copy(model: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of a module on the CPU; tensors without values get small random ones."""
    if not isinstance(model, nn.Module):
        return model
    try:
        real = copy.deepcopy(model)
    except Exception as error:
        raise InputError(
            f"{title(model)} cannot be copied for a run on the CPU: {short(error)}"
        ) from error
    made: dict[int, Any] = {}  # a shared tensor stays shared
    for module in real.modules():
        for held in (module._parameters, module._buffers):
            for name, tensor in held.items():
                if tensor is not None and tensor.is_meta:
                    if id(tensor) not in made:
                        made[id(tensor)] = _random_like(tensor)
                    held[name] = made[id(tensor)]
    return real.to("cpu")


def _random_like(tensor: Tensor) -> Tensor:
    filled = torch.zeros(tensor.shape, dtype=tensor.dtype)
    if tensor.is_floating_point():
        filled.normal_(0, 0.02)
    return nn.Parameter(filled) if isinstance(tensor, nn.Parameter) else filled


def title(model: Callable[..., Any]) -> str:
    """What to call a model: a function's name, or a module's class."""
    return getattr(model, "__name__", type(model).__name__)


def short(error: BaseException) -> str:
    """The first line of a foreign error, as part of a sentence."""
    lines = str(error).strip().splitlines()
    text = lines[0][:200] if lines else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
