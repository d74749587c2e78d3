"""Modules whose weights lie on the grid of a few bits."""

from __future__ import annotations

import torch
from torch import nn

from costmodel.factors.grid import checked_bits, on_grid
from costmodel.torch.unfoldings import unfoldings


@torch.no_grad()
def round_weights(module: nn.Module, bits: int, scales: str = "tensor") -> nn.Module:
    """Round the weights of a module's convolution and linear layers to a grid, in place.

    Biases and normalisations stay. Training moves weights off the grid; called after each step of
    the optimiser, this puts them back.

    Args:
        module: a model, or one layer.
        bits: of one weight, 1 to 32.
        scales: "tensor" for one scale per layer, "channel" for one per output channel.

    Returns:
        The module. It computes in floating point, with weights that `bits` bits can hold beside
        the scale.

    Raises:
        CostModelError: no layers, or bits or scales that there are not.
    """
    bits = checked_bits(bits)
    for unfolding in unfoldings(module, "n"):
        if unfolding.weight.is_meta:
            continue  # shapes alone
        matrices = unfolding.matrices
        rows = matrices.flatten(0, 1).double().cpu().numpy()
        values = torch.from_numpy(on_grid(rows, bits, scales).values)
        unfolding.store(values.to(matrices).reshape(matrices.shape))
    return module
