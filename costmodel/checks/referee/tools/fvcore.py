"""fvcore: a trace, one number per operator; a multiply-accumulate is one of its "flops"."""

from __future__ import annotations

import logging
from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, CountingRule, Unit, Value
from costmodel.checks.referee.rules import (
    added,
    first_input,
    outputs,
    path_flops,
    traced,
    weighed,
    why_missed,
)
from costmodel.checks.referee.tool import declare

_PRODUCTS = {"addmm", "bmm", "matmul", "__matmul__", "mm", "linear", "einsum", "convolution"}
_PRODUCTS |= {f"conv{axes}d" for axes in (1, 2, 3)}
_PRODUCTS |= {f"conv_transpose{axes}d" for axes in (1, 2, 3)}


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`FlopCountAnalysis(model, inputs).total()`."""
    from fvcore.nn import FlopCountAnalysis

    logging.disable(logging.WARNING)
    return int(FlopCountAnalysis(model, inputs).total())


def _same(unit: Unit) -> bool:
    """A convolution whose padding is a word: an operator that fvcore does not know."""
    return unit.name.startswith("conv") and isinstance(unit.call.argument(4, "padding"), str)


def _products(unit: Unit, value: Value) -> Value:
    known = unit.name in _PRODUCTS or (not unit.seen and unit.name == "_convolution")
    return value if known else 0


def _affine(position: int, name: str, plain: int, scaled: int) -> Any:
    def weigh(unit: Unit) -> int:
        scale = unit.call.argument(position, name)
        return first_input(unit).numel * (plain if scale is None else scaled)

    return weigh


FVCORE = declare(
    "fvcore",
    "fvcore",
    "fvcore",
    "FlopCountAnalysis(model, inputs).total()",
    count,
    Convention(
        "multiply-accumulates, with normalisations at 2 to 5 an element",
        traced,
        (
            CountingRule(causes.SAME, lambda unit, value: 0 if _same(unit) else value),
            CountingRule(why_missed, _products),
            weighed(causes.EINSUM, {"einsum": lambda unit: path_flops(unit) // 2}),
            added(
                causes.NORM,
                {
                    "batch_norm": _affine(1, "weight", 1, 2),
                    "layer_norm": _affine(2, "weight", 4, 5),
                    "group_norm": _affine(2, "weight", 4, 5),
                    "instance_norm": _affine(1, "weight", 4, 5),
                },
            ),
            added(causes.POOL, {"adaptive_avg_pool2d": lambda u: first_input(u).numel}),
            added(
                causes.ELEMENTWISE,
                {
                    "upsample_nearest2d": outputs(1),
                    "upsample_bilinear2d": outputs(4),
                    "grid_sampler": outputs(4),
                },
            ),
        ),
    ),
)
