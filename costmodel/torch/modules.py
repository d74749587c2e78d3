"""Torch modules of variants: plain convolution layers in the structure of the notation.

A module has the input and output shape of the layer that it replaces, and can be trained at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional

from costmodel.core.bind import bind
from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundItem,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
)
from costmodel.core.full_rank import warn_above_full_rank
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.stage import BoundStage
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import VariantError
from costmodel.torch.lowering import StageModule
from costmodel.torch.shifts import sum_of


class VariantModule(nn.Module):
    """A variant on a layer, as a drop-in replacement for the layer.

    variant, layer, hyper: what it was built from. Input (batch, in_channels, *size), output
    (batch, out_channels, *out_size).
    """

    def __init__(self, bound: BoundVariant) -> None:
        super().__init__()
        self.bound = bound
        self.variant, self.layer, self.hyper = bound.variant, bound.layer, dict(bound.hyper)
        self.body = _sequence(bound.program, int(bound.layer.groups))

    def forward(self, x: Tensor) -> Tensor:
        """The output of the whole variant."""
        return self.body(x)

    def as_a_network_has_it(self) -> nn.Module:
        """The same without our own modules around it: one convolution, or several in a row.

        The weights are this module's own. Structures that are more than a row stay as they are.
        """
        stages = list(self.body)
        if not all(isinstance(stage, StageModule) and stage.plain for stage in stages):
            return self
        convolutions = [stage.conv for stage in stages]
        return convolutions[0] if len(convolutions) == 1 else nn.Sequential(*convolutions)

    def extra_repr(self) -> str:
        """Which variant it is, on which layer, and what it leaves out."""
        values = "".join(f", {name}={value}" for name, value in self.hyper.items())
        said = f"{self.variant.id}{values}: {self.layer}"
        return f"{said}\n{self.variant.left_out}" if self.variant.left_out else said


class _Slice(nn.Module):
    def __init__(self, item: BoundSlice, groups: int) -> None:
        super().__init__()
        self.low, self.high, self.groups = int(item.low), int(item.high), groups

    def forward(self, x: Tensor) -> Tensor:
        if self.groups == 1:
            return x[:, self.low : self.high]
        return x.unflatten(1, (self.groups, -1))[:, :, self.low : self.high].flatten(1, 2)

    def extra_repr(self) -> str:
        return f"{self.low}:{self.high}"


class _Resample(nn.Module):
    def __init__(self, item: BoundResample) -> None:
        super().__init__()
        self.item = item

    def forward(self, x: Tensor) -> Tensor:
        factor, out = self.item.factor, [int(size) for size in self.item.out_grid]
        if not self.item.up:
            pools = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
            pool: Any = pools[len(out)]
            # torch refuses a window larger than the input, which the last, cut one may be
            window = [min(factor, int(size)) for size in self.item.in_grid]
            return pool(x, window, factor, ceil_mode=True, count_include_pad=False)
        for axis, size in enumerate(out):
            x = x.repeat_interleave(factor, axis + 2).narrow(axis + 2, 0, size)
        return x

    def extra_repr(self) -> str:
        return f"{'*' if self.item.up else '/'}{self.item.factor}"


class _Bias(nn.Module):
    def __init__(self, item: BoundBias) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(int(item.channels)))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.bias.view(1, -1, *[1] * (x.dim() - 2))


class _Block(nn.Module):
    def __init__(self, block: BoundBlock, groups: int) -> None:
        super().__init__()
        self.mode, self.groups = block.mode, groups
        self.rounds = nn.ModuleList(
            nn.ModuleList(_sequence(branch, groups) for branch in block.branches)
            for _ in range(int(block.times))
        )

    def forward(self, x: Tensor) -> Tensor:
        for branches in self.rounds:
            x = self._joined([branch(x) for branch in branches])
        return x

    def _joined(self, results: list[Tensor]) -> Tensor:
        if self.mode == "sum":
            return sum_of(results)
        if self.groups == 1:
            return torch.cat(results, 1)
        parts = [result.unflatten(1, (self.groups, -1)) for result in results]
        return torch.cat(parts, 2).flatten(1, 2)


def _sequence(program: BoundSequence, groups: int) -> nn.Module:
    """The module of a sequence of program items; an empty one is the identity."""
    return nn.Sequential(*(_item(item, groups) for item in program.items))


def _item(item: BoundItem, groups: int) -> nn.Module:
    match item:
        case BoundStage():
            return StageModule(item)
        case BoundSlice():
            return _Slice(item, groups)
        case BoundResample():
            return _Resample(item)
        case BoundBias():
            return _Bias(item)
        case BoundBlock():
            return _Block(item, groups)
    assert_never(item)


def build(
    variant: Variant | str,
    layer: ConvLayer,
    hyper: Mapping[str, Number] | None = None,
    *,
    scales: str = "tensor",
    **letters: Number,
) -> VariantModule:
    """A torch module of plain convolution layers for a variant on a layer.

    Args:
        variant: a `Variant`, or the id of a registered one.
        layer: the layer that it replaces, with ints for sizes.
        hyper, letters: hyper-parameters by letter, as a mapping or as keywords; those not given
            take their defaults.
        scales: of a variant with words of its own for weights, whether a scale is one "tensor"'s
            or one "channel"'s; see `round_weights`.

    Returns:
        A module with the layer's input and output shape; its parameters are those that
        `costmodel.count` counts, initialised as torch initialises convolutions.

    Raises:
        VariantError: a variant that does not fit the layer, or that is an algorithm and not a
            module of its own.
    """
    variant, given = VARIANTS.of(variant), together(hyper, letters)
    _check_module(variant)
    bound = bind(variant, layer, given)
    warn_above_full_rank(bound, given)
    return module_of(bound, scales)


def module_of(bound: BoundVariant, scales: str = "tensor") -> VariantModule:
    """The module of a variant that is bound to its layer already; see `build`.

    Raises:
        VariantError: an algorithm, which is no module of its own.
    """
    variant = bound.variant
    _check_module(variant)
    module = VariantModule(bound)
    if variant.weight_bits:
        from costmodel.torch.quantise import round_weights  # few variants have words of their own

        round_weights(module, int(module.hyper[variant.weight_bits]), scales)
    return module


def _check_module(variant: Variant) -> None:
    if variant.algorithm_of:
        raise VariantError(
            f"{variant.id} is an algorithm of {variant.algorithm_of}, not a module of its own; "
            f"allowed is building {variant.algorithm_of}"
        )


def input_shape(layer: ConvLayer) -> tuple[int, ...]:
    """(batch, in_channels, *size) of a layer."""
    return (int(layer.batch), int(layer.in_channels), *(int(size) for size in layer.size))


def output_shape(layer: ConvLayer) -> tuple[int, ...]:
    """(batch, out_channels, *out_size) of a layer."""
    return (int(layer.batch), int(layer.out_channels), *(int(size) for size in layer.out_size))
