"""ptflops, its engine below autograd: products with their biases, and nothing else."""

from __future__ import annotations

from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, Unit
from costmodel.checks.referee.rules import added, only, operators, outputs
from costmodel.checks.referee.tool import declare
from costmodel.checks.referee.tools.ptflops import run

_KNOWN = {"mm", "matmul", "addmm", "bmm", "convolution", "_convolution"}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`get_model_complexity_info(model, …, backend="aten")[0]`."""
    return run(model, inputs, "aten")


def _bias(unit: Unit) -> int:
    return unit.call.output.numel if unit.call.args[2] is not None else 0


declare(
    "ptflops_aten",
    'get_model_complexity_info(model, size, backend="aten")[0]',
    count,
    Convention(
        "multiply-accumulates of products, with one operation per output for a bias",
        operators,
        (
            only(_KNOWN),
            added(causes.BIAS, {"convolution": _bias, "_convolution": _bias}),
            added(causes.BIAS, {"addmm": outputs()}),
        ),
    ),
    package="ptflops",
)
