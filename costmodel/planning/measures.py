"""Measures: what budgets and objectives of a plan are about, as numbers that add up over layers.

Columns of a network that are sums over its layers, and three things that only a plan has:
`changed`, the layers that are touched; `ms`, predicted time; `error`, what the factors of trained
weights miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from costmodel.core.numbers import Number
from costmodel.errors import InputError, unknown
from costmodel.network import columns
from costmodel.network.change import Choice
from costmodel.network.columns import Quantity
from costmodel.network.operation import NetOp
from costmodel.network.operations import Operations
from costmodel.planning.options import Allowed, Decision, decisions
from costmodel.timing.comparison import Timed

CHANGED, MS, ERROR, LARGEST_ERROR = "changed", "ms", "error", "largest_error"
#: What a plan can be about besides columns of a network, with what it means.
OWN = {
    CHANGED: "layers that something else stands in place of",
    MS: "predicted milliseconds of the convolutions and linear layers",
    ERROR: "the sum over the layers of the squared relative error of their kernels",
    LARGEST_ERROR: "the largest relative error of a layer's kernel",
}
#: The same for people, as labels of columns and axes.
TITLES = {
    CHANGED: "Layers changed",
    MS: "Predicted ms",
    ERROR: "Error",
    LARGEST_ERROR: "Largest error",
}
#: A number for each option of some operations that are replaced alike; None where it has none.
Rated = Callable[[Sequence[NetOp], Sequence[Choice | None]], Sequence[Number | None]]


@dataclass(frozen=True)
class Measures:
    """What each option adds to each measure, and the totals of the network as it is.

    decisions: in the order of the network. parts: by measure, per decision a number per option.
    timed: whose predicted times it is about, None where it is about none.
    """

    decisions: tuple[Decision, ...]
    parts: Mapping[str, tuple[tuple[Number, ...], ...]]
    totals: Mapping[str, Number]
    timed: Timed | None = None


def measures(
    network: Operations,
    keys: Iterable[str],
    wanted: Callable[[NetOp], bool],
    allowed: Allowed,
    multiple_of: int = 1,
    rated: Mapping[str, tuple[Number, Rated]] | None = None,
) -> Measures:
    """The options of a network's layers, with what they add to some measures.

    Args:
        keys: columns, and keys of `OWN` that `rated` has or that need nothing.
        wanted, allowed, multiple_of: see `options.decisions`.
        rated: by a key of `OWN`, the total of the network as it is, and what rates options; an
            option that has no rating is none.

    Raises:
        InputError: a column that is no sum over layers.
    """
    keys = list(dict.fromkeys(keys))
    quantities = [_quantity(network, key) for key in keys if key not in OWN]
    found = decisions(network, wanted, allowed, quantities, multiple_of)
    parts: dict[str, list[tuple[Number, ...]]] = {key: [] for key in keys}
    totals = {q.key: q.total(network.parts()) or 0 for q in quantities}
    totals |= {key: rated[key][0] if rated and key in rated else 0 for key in keys if key in OWN}
    kept = []
    for decision in found:
        ratings = {
            key: rated[key][1](decision.ops, decision.choices)
            for key in keys
            if rated and key in rated
        }
        may = [
            at
            for at in range(len(decision))
            if all(numbers[at] is not None for numbers in ratings.values())
        ]
        ratings[CHANGED] = [len(decision.ops) * (c is not None) for c in decision.choices]
        for key in keys:
            numbers = ratings[key] if key in OWN else decision.costs[key]
            parts[key].append(tuple(numbers[at] for at in may))
        kept.append(decision.only(may))
    return Measures(tuple(kept), {key: tuple(rows) for key, rows in parts.items()}, totals)


def known(key: str) -> None:
    """Raise `InputError` for what no plan can be about."""
    if key not in OWN and key not in columns.names():
        raise InputError(unknown("measure of a plan", key, [*OWN, *columns.names()]))


def _quantity(network: Operations, key: str) -> Quantity:
    quantity = columns.column(key, network)
    values = [quantity.value(op, own) for op, own in network.parts()]
    if quantity.total(network.parts()) != sum(value for value in values if value is not None):
        raise InputError(
            f"{key} of a network is not the sum over its layers; allowed are columns that are, "
            f"such as macs, params, weight_bytes, and {', '.join(OWN)}"
        )
    return quantity
