"""ptflops, its engine below autograd: products with their biases, and nothing else."""

from __future__ import annotations

from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, CountingRule, Unit, Value
from costmodel.checks.referee.rules import added, fused_on_cpu, operators, why_missed
from costmodel.checks.referee.tool import declare
from costmodel.checks.referee.tools.ptflops import run

_KNOWN = {"mm", "matmul", "addmm", "bmm", "convolution", "_convolution"}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`get_model_complexity_info(model, …, backend="aten")[0]`."""
    return run(model, inputs, "aten")


def _known(unit: Unit, value: Value) -> Value:
    return value if unit.name in _KNOWN and not fused_on_cpu(unit) else 0


def _bias(unit: Unit) -> int:
    return unit.call.output.numel if unit.call.args[2] is not None else 0


PTFLOPS_ATEN = declare(
    "ptflops_aten",
    "ptflops",
    "ptflops",
    'get_model_complexity_info(model, size, backend="aten")[0]',
    count,
    Convention(
        "multiply-accumulates of products, with one operation per output for a bias",
        operators,
        (
            CountingRule(why_missed, _known),
            added(causes.BIAS, {"convolution": _bias, "_convolution": _bias}),
            added(causes.BIAS, {"addmm": lambda unit: unit.call.output.numel}),
        ),
    ),
)
