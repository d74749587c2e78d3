"""The models of the conformance suite, made from its rows. See `suite`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from costmodel.checks.referee.sources import Opened, opened
from costmodel.checks.referee.suite import SuiteRow, rows
from costmodel.torch.lowering import CONVOLUTIONS

Build = Callable[[SuiteRow], nn.Module]
#: Form → the function that makes a module of a row; `suite.FORMS` says what each is.
BUILDERS: dict[str, Build] = {}


def builds(form: str) -> Callable[[Build], Build]:
    """Register the decorated function for a form."""

    def register(function: Build) -> Build:
        BUILDERS[form] = function
        return function

    return register


@dataclass(frozen=True)
class SuiteCase:
    """A row of the suite that can be built."""

    row: SuiteRow

    def opened(self) -> Opened:
        """The model in evaluation mode with the shape of its input."""
        row = self.row
        batch = (row.batch,) if row.batch else ()
        if row.form == "linear":
            shape = (*batch, *row.size, row.in_channels)
        else:
            shape = (*batch, row.in_channels, *row.size)
        model = BUILDERS[row.form](row)
        return opened(model, shape, row.case)

    def build(self) -> tuple[nn.Module, tuple[Tensor, ...]]:
        """The model in evaluation mode and its input."""
        opened = self.opened()
        return opened.model, tuple(opened.inputs.tensors("cpu")[0])


def _options(row: SuiteRow) -> dict[str, Any]:
    options: dict[str, Any] = {
        "stride": row.stride,
        "padding": row.padding,
        "dilation": row.dilation,
        "groups": row.groups,
    }
    if row.transposed:
        options["output_padding"] = row.output_padding
    return options


def _layer(row: SuiteRow, cls: Any = None) -> Any:
    cls = cls or CONVOLUTIONS[len(row.size), row.transposed]
    return cls(row.in_channels, row.out_channels, row.kernel, bias=row.bias, **_options(row))


class Holder(nn.Module):
    """A layer behind a function that runs it."""

    def __init__(self, run: Callable[..., Tensor], *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.run = run

    def forward(self, x: Tensor) -> Tensor:
        """What the function makes of the layers and the input."""
        return self.run(*self.layers, x)


class OwnConv(nn.Conv2d):
    """A class of one's own that changes nothing."""


class Functional(nn.Module):
    """A weight of its own, and a function of it and the input."""

    def __init__(self, row: SuiteRow, run: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        groups = row.groups
        first, second = row.out_channels, row.in_channels // groups
        if row.transposed:
            first, second = row.in_channels, row.out_channels // groups
        self.weight = nn.Parameter(torch.rand(first, second, *row.kernel))
        self.run = run

    def forward(self, x: Tensor) -> Tensor:
        """What the function makes of the input and the weight."""
        return self.run(x, self.weight)


@builds("module")
def _module(row: SuiteRow) -> nn.Module:
    return nn.Sequential(_layer(row))


@builds("functional")
def _functional(row: SuiteRow) -> nn.Module:
    name = f"conv{'_transpose' if row.transposed else ''}{len(row.size)}d"

    def run(x: Tensor, weight: Tensor) -> Tensor:
        return getattr(functional, name)(x, weight, None, **_options(row))

    return Functional(row, run)


@builds("subclass")
def _subclass(row: SuiteRow) -> nn.Module:
    return nn.Sequential(_layer(row, OwnConv))


@builds("weight_norm")
def _weight_norm(row: SuiteRow) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch would rather have the parametrised one
        return nn.Sequential(torch.nn.utils.weight_norm(_layer(row)))


class Halved(nn.Module):
    """A parametrisation that halves."""

    def forward(self, x: Tensor) -> Tensor:
        """Half of the weight."""
        return 0.5 * x


@builds("parametrised")
def _parametrised(row: SuiteRow) -> nn.Module:
    layer = _layer(row)
    parametrize.register_parametrization(layer, "weight", Halved())
    return nn.Sequential(layer)


@builds("shared_runs")
def _shared_runs(row: SuiteRow) -> nn.Module:
    return Holder(lambda layer, x: layer(x) + layer(x.flip(-1)), _layer(row))


@builds("shared_owners")
def _shared_owners(row: SuiteRow) -> nn.Module:
    layer = _layer(row)
    return Holder(lambda one, two, x: one(x) + two(x), nn.Sequential(layer), nn.Sequential(layer))


@builds("unused")
def _unused(row: SuiteRow) -> nn.Module:
    other = nn.Conv2d(row.out_channels, row.in_channels, row.kernel)
    return Holder(lambda layer, unused, x: layer(x), _layer(row), other)


@builds("unfold")
def _unfold(row: SuiteRow) -> nn.Module:
    def run(x: Tensor, weight: Tensor) -> Tensor:
        windows = functional.unfold(x, row.kernel)
        return weight.flatten(1) @ windows

    return Functional(row, run)


@builds("einsum")
def _einsum(row: SuiteRow) -> nn.Module:
    def run(x: Tensor, weight: Tensor) -> Tensor:
        windows = x.unfold(2, row.kernel[0], 1).unfold(3, row.kernel[1], 1)
        return torch.einsum("bmhwij,nmij->bnhw", windows, weight)

    return Functional(row, run)


@builds("scripted")
def _scripted(row: SuiteRow) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch advises against it; models have it all the same
        compiled: nn.Module = torch.jit.script(nn.Sequential(_layer(row)).eval())
    return compiled


@builds("half")
def _half(row: SuiteRow) -> nn.Module:
    return nn.Sequential(_layer(row)).half()


@builds("linear")
def _linear(row: SuiteRow) -> nn.Module:
    return nn.Sequential(nn.Linear(row.in_channels, row.out_channels, bias=row.bias))


#: Every case by name.
CASES = {name: SuiteCase(row) for name, row in rows().items()}
