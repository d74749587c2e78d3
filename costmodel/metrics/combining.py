"""How the stages of a variant, and the layers of a network, add up to one number.

A combination gets the rule for one stage and a list of (bound variant, how often it runs): one
entry for a variant on a layer, one per layer for a network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number, equal, largest, share
from costmodel.core.stage import BoundStage
from costmodel.metrics.settings import Settings

#: The value of one stage, standing once.
Rule = Callable[[BoundStage, Settings], Number]
#: Bound variants, and how often each of them runs.
Layers = Sequence[tuple[BoundVariant, Number]]
#: The value of several layers; None where their order alone does not give one.
Combine = Callable[[Rule, Layers, Settings], Number | None]
#: The value of one bound variant as a whole; the settings have its own word lengths.
Whole = Callable[[BoundVariant, Settings], Number]


def standing(rule: Rule, stage: BoundStage, settings: Settings) -> Number:
    """A stage's value, as often as it stands in the variant; the layer's bias stands once."""
    value = rule(stage, settings)
    if equal(stage.biases, 0) or equal(stage.times, 1):
        return value * stage.times
    bare = rule(replace(stage, biases=0), settings)
    return bare * stage.times + (value - bare)


def total(rule: Rule, layers: Layers, settings: Settings) -> Number:
    """The sum over the stages, and over every run: work."""
    return sum(_sum(rule, bound, settings) * runs for bound, runs in layers)


def stored(rule: Rule, layers: Layers, settings: Settings) -> Number:
    """The sum over the stages, once however often they run: what is kept in memory."""
    return sum(_sum(rule, bound, settings) for bound, _ in layers)


# -- values that a variant has as a whole ----------------------------------------------------------
def summed(value: Whole) -> Combine:
    """Work of a variant that not all of it is in its stages; runs add up."""

    def over(rule: Rule, layers: Layers, settings: Settings) -> Number:
        return sum(value(bound, settings.on(bound)) * runs for bound, runs in layers)

    return over


def peak(value: Whole) -> Combine:
    """The largest value of all layers, one of which runs at a time."""

    def over(rule: Rule, layers: Layers, settings: Settings) -> Number:
        values = [value(bound, settings.on(bound)) for bound, _ in layers]
        return largest(*values) if values else 0

    return over


def alone(value: Whole) -> Combine:
    """A value of one variant only; a network, whose paths are unknown here, has none."""

    def over(rule: Rule, layers: Layers, settings: Settings) -> Number | None:
        if len(layers) != 1:
            return None
        bound, _ = layers[0]
        return value(bound, settings.on(bound))

    return over


def quotient(above: Rule, below: Rule) -> Combine:
    """The exact quotient of two totals."""

    def over(rule: Rule, layers: Layers, settings: Settings) -> Number | None:
        whole = total(below, layers, settings)
        return share(total(above, layers, settings), whole) if layers else None

    return over


def _sum(rule: Rule, bound: BoundVariant, settings: Settings) -> Number:
    own = settings.on(bound)
    return sum(standing(rule, stage, own) for stage in bound.stages)
