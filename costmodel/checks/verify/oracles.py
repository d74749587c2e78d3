"""Oracles: counters and computations from outside, each of which must agree to the last digit.

A registry; one entry each. An oracle looks at a built module and says what it got.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from costmodel.checks.verify.counters import on_meta, ones_count, torch_counts
from costmodel.checks.verify.reference import reference
from costmodel.comparing.count import Counts
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.registry import Registry
from costmodel.torch.modules import VariantModule, input_shape, output_shape
from costmodel.typed import write_sizes

#: What fvcore has no rule for, and what costs no multiply: anything else that it does not support
#: makes its count worthless, and so is a failure.
FREE_OPERATORS = frozenset(
    {
        "aten::add",
        "aten::avg_pool1d",
        "aten::avg_pool2d",
        "aten::avg_pool3d",
        "aten::index_select",
        "aten::pad",
        "aten::repeat_interleave",
        "aten::unflatten",
    }
)
#: Largest difference, relative to the largest output, between a module and the reference.
TOLERANCE = 1e-9


class UnsupportedOperatorError(CostModelError):
    """A counter met an operator that it does not count: its number says nothing."""


@dataclass(frozen=True)
class Oracle:
    """One outside check.

    key: its name in rows. label: what it is. expected: what we say. got: what the outside says of
    the module; both are compared with `==`.
    """

    key: str
    label: str
    expected: Callable[[Counts], Any]
    got: Callable[[VariantModule], Any]


#: Every oracle by key.
ORACLES = Registry[Oracle]("oracle")


def _oracle(key: str, label: str, expected: Callable[[Counts], Any]) -> Callable[[Any], Any]:
    def register(got: Callable[[VariantModule], Any]) -> Callable[[VariantModule], Any]:
        ORACLES.add(key, Oracle(key, label, expected, got))
        return got

    return register


@_oracle("parameters", "the elements of the module's parameters", lambda counts: counts.params)
def parameters(module: VariantModule) -> int:
    """Elements of all parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


@_oracle(
    "shape",
    "the output's shape, as torch computes it",
    lambda counts: write_sizes(output_shape(counts.layer)),
)
def shape(module: VariantModule) -> str:
    """The shape of the module's output on the meta device."""
    moved = meta(module)
    return write_sizes(moved(torch.empty(input_shape(module.layer), device="meta")).shape)


@_oracle("ones", "the sum of every convolution with ones for numbers", lambda counts: counts.macs)
def ones(module: VariantModule) -> int:
    """MACs by brute force: with ones for numbers, each product adds a one to the result."""
    return ones_count(meta(module))


@_oracle("torch", "torch's FlopCounterMode, halved", lambda counts: counts.macs)
def torch_count(module: VariantModule) -> int:
    """FLOPs of `FlopCounterMode` on the meta device, two of which are one MAC."""
    (counted,) = torch_counts([meta(module)])
    return counted.macs


@_oracle("fvcore", "fvcore's count of convolutions and linear layers", lambda counts: counts.macs)
def fvcore_count(module: VariantModule) -> int:
    """fvcore's "flops", which are MACs, of the operators conv and linear.

    Raises `UnsupportedOperatorError` for an operator without a rule that may hold multiplies.
    """
    if any(parameter.is_meta for parameter in module.parameters()):
        module = VariantModule(module.bound)  # fvcore cannot trace on the meta device
    return fvcore_flops(module, torch.zeros(input_shape(module.layer)))


def fvcore_flops(module: torch.nn.Module, x: torch.Tensor) -> int:
    """fvcore's MACs of the convolutions and linear layers in one run of a module."""
    analysis = fvcore_analysis()(module, x)
    analysis.unsupported_ops_warnings(False)
    analysis.uncalled_modules_warnings(False)
    analysis.tracer_warnings("none")
    counted = analysis.by_operator()
    unsupported = set(analysis.unsupported_ops()) - FREE_OPERATORS
    if unsupported:
        raise UnsupportedOperatorError(
            f"fvcore does not count {', '.join(sorted(unsupported))}; allowed are operators with a "
            "rule, and those without multiplies"
        )
    return int(counted["conv"] + counted["linear"])


def fvcore_parameters(module: torch.nn.Module) -> int:
    """fvcore's number of parameters."""
    fvcore_analysis()
    from fvcore.nn import parameter_count

    return int(parameter_count(module)[""])


@_oracle("einsum", "the output of an einsum over unfolded windows", lambda counts: 0.0)
def einsum(module: VariantModule) -> float:
    """Largest difference from the reference, relative to the largest output; 0 within rounding."""
    generator = torch.Generator().manual_seed(0)
    double = VariantModule(module.bound).double()
    for parameter in double.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    x = torch.randn(input_shape(module.layer), generator=generator, dtype=torch.float64)
    with torch.no_grad():
        wanted, actual = reference(double, x), double(x)
    if wanted.shape != actual.shape:
        return float("inf")
    difference = float((wanted - actual).abs().max() / wanted.abs().max().clamp(min=1e-30))
    return 0.0 if difference <= TOLERANCE else difference


def meta(module: VariantModule) -> VariantModule:
    """A copy of a module on the meta device: shapes only, no weights and no arithmetic."""
    return on_meta(module.bound)


def fvcore_analysis() -> Any:
    """fvcore's `FlopCountAnalysis`; without fvcore, one sentence says how to install it."""
    try:
        with warnings.catch_warnings():
            # fvcore decorates with torch.jit.script, which torch 2.13 deprecates
            warnings.simplefilter("ignore", DeprecationWarning)
            from fvcore.nn import FlopCountAnalysis
    except ImportError:
        raise MissingDependencyError("fvcore", "checking against fvcore", "torch") from None
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    return FlopCountAnalysis
