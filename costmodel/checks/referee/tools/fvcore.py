"""fvcore: a trace, one number per operator; a multiply-accumulate is one of its "flops"."""

from __future__ import annotations

import logging
from typing import Any

from costmodel.checks.referee import causes
from costmodel.checks.referee.convention import Convention, CountingRule, Unit, Value
from costmodel.checks.referee.rules import (
    CONVOLUTION_FUNCTIONS,
    TRANSPOSED_FUNCTIONS,
    added,
    inputs,
    outputs,
    path_flops,
    scaled,
    traced,
    weighed,
    why_missed,
    word_as_padding,
)
from costmodel.checks.referee.tool import declare

_PRODUCTS = {"addmm", "bmm", "matmul", "__matmul__", "mm", "linear", "einsum", "convolution"}
_PRODUCTS |= CONVOLUTION_FUNCTIONS | TRANSPOSED_FUNCTIONS


def count(model: Any, inputs: tuple[Any, ...]) -> int:
    """`FlopCountAnalysis(model, inputs).total()`."""
    from fvcore.nn import FlopCountAnalysis

    logging.disable(logging.WARNING)
    return int(FlopCountAnalysis(model, inputs).total())


def _products(unit: Unit, value: Value) -> Value:
    known = unit.name in _PRODUCTS or (not unit.seen and unit.name == "_convolution")
    return value if known else 0


declare(
    "fvcore",
    "FlopCountAnalysis(model, inputs).total()",
    count,
    Convention(
        "multiply-accumulates, with normalisations at 2 to 5 an element",
        traced,
        (
            word_as_padding(),
            CountingRule(why_missed, _products),
            weighed(causes.EINSUM, {"einsum": lambda unit: path_flops(unit) // 2}),
            added(
                causes.NORM,
                {
                    "batch_norm": scaled(1, 1, 2),
                    "layer_norm": scaled(2, 4, 5),
                    "group_norm": scaled(2, 4, 5),
                    "instance_norm": scaled(1, 4, 5),
                },
            ),
            added(causes.POOL, {"adaptive_avg_pool2d": inputs}),
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
