"""What a plan, and all of them together, come to: the titles above their figures."""

from __future__ import annotations

from costmodel.core.numbers import Number
from costmodel.core.readable import exact, percent, ratio_in_words
from costmodel.planning.front import Front
from costmodel.planning.measures import CHANGED
from costmodel.planning.plan import Plan
from costmodel.plots.layout import name_of


def of_plan(front: Front, plan: Plan) -> str:
    """What a plan of the front reaches."""
    (limit,) = plan.limits
    first, second = front.columns
    before, after = plan.before, plan.totals[front.first]
    if front.second == CHANGED:
        if not plan.choices:
            return f"Within this budget nothing has to change in {before.name}"
        whole = front.measures.totals[front.first]
        reached = f" to {float(100 * after / whole):.3g} %" if whole else ""
        return f"{plan.value} of {plan.layers} layers changed bring {first.label}{reached}"
    whole = front.measures.totals[front.second]
    how = ratio_in_words(float(plan.value / whole)) if whole else exact(plan.value)
    return f"{second.label} {how}: no plan within {limit} has less"


def of_front(front: Front) -> str:
    """How far the first measure can fall, and what the second one is then."""
    first, second = front.columns
    one, two = front.totals(0)
    lowest = _share(front, front.first, one)
    if front.second == CHANGED:
        then = f"{exact(two)} layer{'s' * (two != 1)} changed"
    else:
        then = f"{second.label} then at {_share(front, front.second, two)}"
    if len(front) == 1:
        return f"{first.label} at {lowest} with {then}, and no plan is better in either"
    return f"{first.label} can fall to {lowest}, with {then}"


def by_layer(plan: Plan) -> str:
    """What stands in place of how many layers."""
    names = [name_of(choice.variant) for choice in plan.choices.values()]
    left = plan.layers - len(names)
    if not names:
        return f"All {left} layers stay as they are"
    each = {name: names.count(name) for name in dict.fromkeys(names)}
    counts = ", ".join(f"{name} replaces {n} layer{'s' * (n > 1)}" for name, n in each.items())
    return f"{counts}; {left or 'none'} of {plan.layers} stay{'s' * (left < 2)}"


def _share(front: Front, key: str, value: Number) -> str:
    """A total as a share of the network's own; as it is where that has none."""
    whole = front.measures.totals[key]
    return percent(float(value / whole)) if whole else exact(value)
