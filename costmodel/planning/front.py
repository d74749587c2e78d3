"""front(): every plan that no other plan betters in two measures at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from costmodel.core.numbers import Number
from costmodel.errors import InputError
from costmodel.factors.read.stored import Weights
from costmodel.network import columns
from costmodel.network.network import Network
from costmodel.network.selection import Selector
from costmodel.planning.frontier import Frontier, frontier
from costmodel.planning.keeping import NEARLY, graded
from costmodel.planning.limits import Amount, Limit, read_limits
from costmodel.planning.measures import LARGEST_ERROR, OWN, TITLES, Measures
from costmodel.planning.plan import Plan, made, said
from costmodel.planning.problem import Sum, summed
from costmodel.planning.statement import Statement, Variants
from costmodel.table import Column, Tabular


@dataclass(frozen=True, eq=False, repr=False)
class Front(Tabular):
    """The exact trade-off of two measures over all plans: the first rises, the second falls.

    network: as it was. first, second: the measures. measures: what each option adds. sums: the same
    in integers. frontier: the points. keeping: of plans with the same `second`, they are those that
    keep the most of it; scale: how many of the frontier's values are then one of `second`.
    """

    network: Network
    first: str
    second: str
    measures: Measures
    sums: tuple[Sum, Sum]
    frontier: Frontier
    keeping: str | None = None
    scale: int = 1

    def __len__(self) -> int:
        return len(self.frontier)

    def __repr__(self) -> str:
        return f"<Front of {self.network.name}: {len(self):,} points, {self.first}–{self.second}>"

    @property
    def plans(self) -> int:
        """How many plans there are, dominated ones included."""
        result = 1
        for decision in self.measures.decisions:
            result *= len(decision)
        return result

    def point(self, index: int) -> Plan:
        """The plan at a point, counted from the one of the least `first`."""
        places = self.frontier.places(index)
        return made(self.network, self.measures, (), self.second, places)

    def at(self, budget: Amount) -> Plan:
        """The plan with the least `second` of those whose `first` is within a budget.

        Args:
            budget: a number, or text such as "50%" or "10M".

        Raises:
            InputError: no plan is within the budget; the sentence says the least that one reaches.
        """
        places = self.frontier.places(self.place(budget))
        limits = (self.limit(budget),)
        return made(self.network, self.measures, limits, self.second, places)

    def place(self, budget: Amount) -> int:
        """The point of the plan at a budget; raises as `at`."""
        limit = self.limit(budget)
        start, unit = Fraction(self.measures.totals[self.first]), self.sums[0].unit
        index = self.frontier.within((limit.value - start) // unit)
        if index is None:
            least = self.totals(0)[0]
            raise InputError(
                f"{limit} is out of reach; the least that any plan reaches is {said(least)}"
            )
        return index

    def limit(self, budget: Amount) -> Limit:
        """A budget as a limit on `first`; `InputError` for what is no amount."""
        (limit,) = read_limits({self.first: budget}, None, self.measures.totals)
        return limit

    def totals(self, index: int) -> tuple[Number, Number]:
        """`first` and `second` at a point."""
        one, two = self.sums
        value = int(self.frontier.values[index]) // self.scale
        return (
            self.measures.totals[self.first] + one.real(int(self.frontier.costs[index])),
            self.measures.totals[self.second] + two.real(value),
        )

    @cached_property
    def corners(self) -> list[int]:
        """The points with less of `second` than every one before: all of them without `keeping`."""
        values = self.frontier.values // self.scale
        falls = (at for at in range(1, len(values)) if values[at] < values[at - 1])
        return [0, *falls]

    # -- as a table --------------------------------------------------------------------------------
    @property
    def columns(self) -> tuple[Column, ...]:
        """The two measures."""
        return tuple(
            Column(key, TITLES[key], convention=OWN[key])
            if key in OWN
            else columns.column(key, self.network)
            for key in (self.first, self.second)
        )

    @cached_property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One per point."""
        return [
            dict(zip((self.first, self.second), map(_plain, self.totals(at)), strict=True))
            for at in range(len(self))
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """How many points there are, of how many plans."""
        rounded = max(part.rounded for part in self.sums)
        exactly = "exactly" if rounded == 0 else f"to within {float(rounded):.1g}"
        plans = self.plans
        number = f"{plans:,}" if plans < 10**9 else f"10^{len(str(plans)) - 1}"
        also = f", and of those alike in {self.second} none" if self.keeping else ""
        kept = f" keeps more {self.keeping}, to within {NEARLY:.0%}" if self.keeping else ""
        points = f"{len(self):,} point{'s' * (len(self) > 1)}"
        return (
            f"{points}, {exactly}: of more than {number} plans no other one is as good in both"
            f"{also}{kept}.",
            *(column.note + "." for column in self.columns if column.convention),
        )

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Nothing is left out."""
        return ()


def front(
    network: Network | Any,
    first: str,
    second: str,
    *,
    weights: Weights | None = None,
    input_shape: Any = None,
    inputs: Any = None,
    variants: Variants = None,
    where: Selector = None,
    keep: Selector = None,
    multiple_of: int = 1,
    machine: str | None = None,
    store: str | None = None,
    keeping: str | None = None,
) -> Front:
    """Every optimal trade-off of two measures over all plans, exactly.

    Args:
        network, weights, input_shape, inputs, variants, where, keep, multiple_of, machine,
            store: as for `plan`.
        first, second: what is to be small: measures as for `plan`.
        keeping: of plans with the same `second`, the one that keeps the most of this column, to
            within 1 % of the network's: `keeping="params"` with `second="changed"` gives the plan
            of `plan(…, minimize="changed")` at every budget. A front has many more points then.

    Raises:
        InputError: a measure that is no sum over layers, twice the same one, or a front of more
            points than memory should hold.
    """
    for key in (first, second):
        if key == LARGEST_ERROR:
            raise InputError(f"a front in {key}, which is no sum; allowed is error")
    if first == second:
        raise InputError(f"a front of {first} and {second}; allowed are two different measures")
    statement = Statement.of(
        network,
        weights,
        input_shape,
        inputs,
        variants=variants,
        where=where,
        keep=keep,
        multiple_of=multiple_of,
        machine=machine,
        store=store,
    )
    found = statement.measured((first, second, *([keeping] if keeping else ())))
    sums = summed(found.parts[first]), summed(found.parts[second])
    values, scale = sums[1].parts, 1
    if keeping:
        finer = graded(values, found.parts[keeping], found.totals[keeping])
        values, scale = finer.parts, finer.scale
    pairs = list(zip(sums[0].parts, values, strict=True))
    return Front(statement.network, first, second, found, sums, frontier(pairs), keeping, scale)


def _plain(number: Number) -> Number:
    return float(number) if isinstance(number, Fraction) else number
