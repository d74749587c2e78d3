"""Layers that a plan leaves as they are: the option that comes nearest, and why it is not taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from costmodel.core.numbers import Number
from costmodel.network.operation import NetOp
from costmodel.planning.front import Front
from costmodel.planning.limits import Amount
from costmodel.planning.options import Decision
from costmodel.planning.plan import said
from costmodel.table import Column, Table

_LAYER = Column("layer", "Layer")
_OPTIONS = Column("options", "Options", convention="what else could stand in the layer's place")
_NEAREST = Column(
    "nearest",
    "Nearest option",
    convention="the cheapest that makes the objective smaller, else the one that saves most",
)
_WHY = Column("why", "Why it stays", convention="what speaks against that option, and against any")
_NO_CHOICE = "not chosen to be replaced, or without trained weights of its own"
_NO_OPTION = "no allowed variant fits"


def left_alone(front: Front, budget: Amount) -> Table:
    """The layers that the plan at a budget leaves as they are, in the order of the network.

    Layers that are decided about together are one row.

    Returns:
        Columns `layer`, `options`, `nearest`, what that one adds to both measures, and `why`: a
        plan on the front has no option that makes the objective smaller within the budget.

    Raises:
        InputError: no plan is within the budget.
    """
    index = front.place(budget)
    room = front.limit(budget).value - Fraction(front.totals(index)[0])
    first, second = front.measures.parts[front.first], front.measures.parts[front.second]
    rows: dict[str, Mapping[str, Any]] = {}
    decided: set[str] = set()
    places = front.frontier.places(index)
    for decision, place, costs, values in zip(
        front.measures.decisions, places, first, second, strict=True
    ):
        decided |= {op.name for op in decision.ops}
        if decision.choices[place] is None:
            rows[decision.ops[0].name] = _row(front, decision, costs, values, room)
    others = {op.name: _undecided(op) for op in front.network.layers if op.name not in decided}
    order = [op.name for op in front.network.layers]
    every = sorted({**rows, **others}.items(), key=lambda item: order.index(item[0]))
    added = [
        Column(f"{key}_added", f"{column.label} added", column.unit, column.convention)
        for key, column in zip((front.first, front.second), front.columns, strict=True)
    ]
    columns = (_LAYER, _OPTIONS, _NEAREST, *added, _WHY)
    notes = tuple(f"{column.note}." for column in (_OPTIONS, _NEAREST, _WHY))
    return Table(columns, [row for _, row in every], notes)


def _undecided(op: NetOp) -> Mapping[str, Any]:
    return {"layer": op.name, "options": 0, "why": _NO_CHOICE}


def _row(
    front: Front,
    decision: Decision,
    costs: Sequence[Number],
    values: Sequence[Number],
    room: Fraction,
) -> Mapping[str, Any]:
    """One decision that changes nothing."""
    name = ", ".join(op.name for op in decision.ops)
    others = [at for at in range(len(decision)) if decision.choices[at] is not None]
    if not others:
        return {"layer": name, "options": 0, "why": _NO_OPTION}
    smaller = [at for at in others if values[at] < 0]
    nearest = min(smaller or others, key=lambda at: (costs[at], values[at]))
    cost, value = costs[nearest], values[nearest]
    return {
        "layer": name,
        "options": len(others),
        "nearest": str(decision.choices[nearest]),
        f"{front.first}_added": cost,
        f"{front.second}_added": value,
        "why": _why(front, cost, value, room),
    }


def _why(front: Front, cost: Number, value: Number, room: Fraction) -> str:
    if value < 0:
        over = Fraction(cost) - room
        return f"{front.first} {said(_plain(over))} over the budget"
    return "the budget is met without it" if cost < 0 else "it makes nothing smaller"


def _plain(number: Fraction) -> Number:
    return number.numerator if number.denominator == 1 else number
