"""Field of view: how far apart the input positions lie that one output position depends on.

From the output back to the input, a window of k taps, d apart, at stride s turns a span of L
positions into (L − 1)·s + (k − 1)·d + 1; a chain of stages has 1 + Σ (k − 1)·d·Π strides before it.
A transposed window turns L into ⌊(L − 1 + (k − 1)·d) / s⌋ + 1. A pattern of taps is as wide as its
outermost ones, of those that the module has, are apart. Of parallel branches the widest
counts: their windows have one centre, but for uneven zeros around a layer that branches resample.
"""

from __future__ import annotations

from functools import partial
from typing import assert_never

from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundItem,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
)
from costmodel.core.numbers import Number, equal, floor_div, is_exact, largest
from costmodel.core.stage import BoundStage
from costmodel.core.taps import extent
from costmodel.errors import CostModelError
from costmodel.metrics.combining import alone
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import Settings

_AXES = {"rows": "rows (the only axis in 1-D)", "columns": "columns", "depth": "depth"}
_ORDER = {1: ("rows",), 2: ("rows", "columns"), 3: ("depth", "rows", "columns")}


def span(item: BoundItem, axis: int, outputs: Number) -> Number:
    """The span of input positions behind a span of output positions, along one axis."""
    match item:
        case BoundStage():
            window = item.geometry[axis]
            reach = (extent(item, axis) - 1) * window.dilation
            if window.transposed:
                return floor_div(outputs - 1 + reach, window.stride) + 1
            return (outputs - 1) * window.stride + reach + 1
        case BoundResample():
            if item.up:
                return floor_div(outputs + item.factor - 2, item.factor) + 1
            return outputs * item.factor
        case BoundBlock():
            return _repeated(item, axis, outputs)
        case BoundSlice() | BoundBias():
            return outputs
    assert_never(item)


def _through(sequence: BoundSequence, axis: int, outputs: Number) -> Number:
    for item in reversed(sequence.items):
        outputs = span(item, axis, outputs)
    return outputs


def _repeated(block: BoundBlock, axis: int, outputs: Number) -> Number:
    def once(wide: Number) -> Number:
        return largest(*(b.present * _through(b, axis, wide) for b in block.branches))

    if equal(block.times, 1):
        return once(outputs)
    if all(_keeps_grid(branch, axis) for branch in block.branches):
        return outputs + block.times * (once(outputs) - outputs)
    if not is_exact(block.times):
        raise CostModelError(
            f"the field of view of a block that resamples and is repeated {block.times} times; "
            "allowed is a number of repetitions"
        )
    for _ in range(block.times):
        outputs = once(outputs)
    return outputs


def _keeps_grid(sequence: BoundSequence, axis: int) -> bool:
    """Whether every window moves by one position, so that each repetition adds as much."""
    return all(_item_keeps_grid(item, axis) for item in sequence.items)


def _item_keeps_grid(item: BoundItem, axis: int) -> bool:
    match item:
        case BoundStage():
            window = item.geometry[axis]
            return not window.transposed and equal(window.stride, 1)
        case BoundBlock():
            return all(_keeps_grid(branch, axis) for branch in item.branches)
        case BoundResample():
            return False
        case BoundSlice() | BoundBias():
            return True
    assert_never(item)


def _of_stage(stage: BoundStage, settings: Settings, name: str) -> Number:
    order = _ORDER[len(stage.geometry)]
    return span(stage, order.index(name), 1) if name in order else 1


def _of_variant(bound: BoundVariant, settings: Settings, name: str) -> Number:
    order = _ORDER[bound.layer.dims]
    return _through(bound.program, order.index(name), 1) if name in order else 1


for _name, _meaning in _AXES.items():
    declare(
        key=f"view_{_name}",
        label=f"Field of view, {_name}",
        unit="px",
        convention="input positions from the first to the last that one output depends on by "
        "its widest path, gaps in windows included and borders aside, a pattern with the taps "
        f"nearest its centre, along {_meaning}; 1 where the layer has no such axis",
        rule=partial(_of_stage, name=_name),
        combine=alone(partial(_of_variant, name=_name)),
        group="view",
        cost=False,
    )
