"""The layers of a live model as a network, also where nobody says how large its input is."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from costmodel.errors import CostModelError, VariantError
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.network.read.torch.reader import from_torch
from costmodel.network.selection import Selector, Where, parse
from costmodel.torch.lowering import CONVOLUTIONS
from costmodel.torch.modules import VariantModule, input_shape, output_shape

_OUTPUTS = 4  # positions of an axis beyond one window, on a grid that stands for any other


def layers_of(model: nn.Module, where: Selector, shape: Any) -> Network:
    """The network that a replacement in a model is made on.

    Args:
        model: the model.
        where: what is to be replaced: shares of the network's multiplies need its input's shape.
        shape: of the model's input, as for `from_torch`; without it, each plain convolution and
            linear layer stands on a small grid of its own, in the order of `named_modules`.
    """
    if shape is not None:
        return from_torch(model, input_shape=shape)
    chosen = parse(where) if isinstance(where, str) else where
    if isinstance(chosen, Where) and chosen.share is not None:
        raise CostModelError(
            f"share={chosen.share} without the input's shape; allowed is giving input_shape="
        )
    plain = (*CONVOLUTIONS.values(), nn.Linear)
    ops = [
        _alone(module).replace(name=path)
        for path, module in model.named_modules()
        if type(module) in plain
    ]
    return Network(type(model).__name__, tuple(ops))


def _alone(module: Any) -> NetOp:
    """One layer on its own small grid, as it would be captured."""
    if isinstance(module, nn.Linear):
        shape: tuple[int, ...] = (1, module.in_features)
    else:
        reach = (d * (k - 1) + 1 for d, k in zip(module.dilation, module.kernel_size, strict=True))
        sides = (r + _OUTPUTS * s for r, s in zip(reach, module.stride, strict=True))
        shape = (1, module.in_channels, *sides)
    layers = [op for op in from_torch(module, input_shape=shape).ops if op.layer is not None]
    return layers[0]


def check_any_size(module: VariantModule) -> None:
    """Refuse a module that would not follow a grid of another size; shapes alone are computed."""
    layer = module.layer
    other = layer.replace(size=tuple(int(side) + 2 * (i + 1) for i, side in enumerate(layer.size)))
    try:
        with torch.no_grad():
            shapes = copy.deepcopy(module).to("meta")
            found = tuple(shapes(torch.empty(input_shape(other), device="meta")).shape)
    except (RuntimeError, IndexError, ValueError):
        found = ()
    if found != output_shape(other):
        raise VariantError(
            f"{module.variant.id}: its module depends on the size of the grid; allowed is giving "
            "input_shape=, the shape of the model's input"
        )
