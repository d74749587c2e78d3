"""Counters for many modules at once, on the meta device: no weight is drawn, nothing computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from costmodel.core.bound import BoundVariant
from costmodel.torch.lowering import CONVOLUTIONS
from costmodel.torch.modules import VariantModule, input_shape

_FUNCTIONS: dict[type[nn.Module], Any] = {
    layer: getattr(functional, f"conv{'_transpose' if transposed else ''}{dims}d")
    for (dims, transposed), layer in CONVOLUTIONS.items()
}


@dataclass(frozen=True)
class Found:
    """What torch says about one module: elements of its parameters, output shape, MACs."""

    params: int
    shape: tuple[int, ...]
    macs: int


def on_meta(bound: BoundVariant) -> VariantModule:
    """The module of a variant on the meta device: shapes only.

    Raises `VariantError` where there is none.
    """
    with torch.device("meta"):
        return VariantModule(bound)


def torch_counts(modules: Iterable[VariantModule]) -> Iterator[Found]:
    """What torch says about each of many modules on the meta device, in one `FlopCounterMode`.

    Nothing else may run between two of them: it would be counted, too.
    """
    before = 0
    with FlopCounterMode(display=False) as counter:
        for module in modules:
            y = module(torch.empty(input_shape(module.layer), device="meta"))
            flops = counter.get_total_flops()
            yield Found(
                sum(parameter.numel() for parameter in module.parameters()),
                tuple(y.shape),
                halved(flops - before),
            )
            before = flops


def halved(flops: int) -> int:
    """MACs of a count of FLOPs; an odd one cannot be right and stays as it is."""
    return int(flops) // 2 if flops % 2 == 0 else int(flops)


def ones_count(module: VariantModule) -> int:
    """MACs by brute force: every convolution that runs, run again with ones for numbers.

    Each product is then a one, and the sum of the results is how many there are. The zeros of the
    padding are ones as well, because products with them are counted. Exact below 2^53.
    """
    total = 0

    def repeat(conv: Any, inputs: tuple[torch.Tensor, ...], _: torch.Tensor) -> None:
        nonlocal total
        batch, channels, *grid = inputs[0].shape
        if not conv.transposed:  # of a transposed one, padding is cut off the result: keep it all
            grid = [size + 2 * pad for size, pad in zip(grid, conv.padding, strict=True)]
        ones = torch.ones(batch, channels, *grid, dtype=torch.float64)
        weight = torch.ones(conv.weight.shape, dtype=torch.float64)
        options = {"stride": conv.stride, "dilation": conv.dilation, "groups": conv.groups}
        total += int(_FUNCTIONS[type(conv)](ones, weight, **options).sum())

    hooks = [m.register_forward_hook(repeat) for m in module.modules() if type(m) in _FUNCTIONS]
    try:
        device = next(module.parameters()).device
        module(torch.empty(input_shape(module.layer), device=device))
    finally:
        for hook in hooks:
            hook.remove()
    return total
