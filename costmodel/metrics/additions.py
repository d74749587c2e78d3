"""Additions: those inside the stages, of the bias, of joined branches and of average pooling."""

from __future__ import annotations

from typing import assert_never

from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
    FeatureMap,
)
from costmodel.core.numbers import Number, product
from costmodel.core.stage import BoundStage
from costmodel.metrics.combining import summed
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import DEFAULTS, Settings


def additions(stage: BoundStage, settings: Settings) -> Number:
    """The additions of one stage: what sums its products up, and its bias."""
    bias = stage.biases * product(stage.out_grid) * stage.batch
    if stage.given_macs is not None or stage.transposed:
        return stage.macs + bias
    return stage.products - stage.outputs + bias


def _between(sequence: BoundSequence, before: FeatureMap) -> Number:
    """Additions of a program that reads `before`, in and between its stages, one run."""
    result: Number = 0
    for item in sequence.items:
        after = before.after(item)
        match item:
            case BoundStage():
                result = result + additions(item, DEFAULTS)
            case BoundBias():
                result = result + after.elements
            case BoundResample():
                if not item.up:
                    # pooling windows share the input out: each sums all but one of its elements
                    result = result + before.elements - after.elements
            case BoundBlock():
                inner = sum(_between(branch, before) for branch in item.branches)
                if item.mode == "sum":
                    results = sum(branch.present for branch in item.branches)
                    inner = inner + (results - 1) * after.elements
                result = result + inner * item.times
            case BoundSlice():
                pass
            case _:
                assert_never(item)
        before = after
    return result


def _of_variant(bound: BoundVariant, settings: Settings) -> Number:
    return _between(bound.program, FeatureMap.start(bound))


declare(
    key="additions",
    label="Additions",
    unit="ADD",
    convention="for every output one addition less than its products, padding zeros included, "
    "one for a bias, and those of added branches and average pooling; a transposed stage and "
    "an algorithm with a count of its own add every product",
    rule=additions,
    combine=summed(_of_variant),
)
