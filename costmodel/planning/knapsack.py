"""One budget, exactly: the best choice of one option per group whose costs stay within it.

The multiple-choice knapsack problem (Kellerer, Pferschy and Pisinger, Knapsack problems, 2004,
chapter 11): dominated options go; a Lagrangian bound comes from the lower hull of each group's
options; options that cannot be part of a better choice than the best one known are left out by
their reduced value; what remains is a dynamic programme over exact integers, whose states are cut
by the linear relaxation of the groups to come at what is left of the budget. Bounds of states are
floats, and cut only what is worse by more than their error.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy

from costmodel.planning.groups import Group, Options, Step, groups_of, undominated, way_back

# States in passes that only look for a good choice, and in the one that proves.
_STATES = (2_000, 50_000, 4_000_000)
_EXPANDED = 10_000_000  # states times options at once


@dataclass(frozen=True)
class Chosen:
    """A choice of one option per group.

    places: the option of each group. cost, value: their sums. bound: no choice within the budget
    has a smaller value.
    """

    places: tuple[int, ...]
    cost: int
    value: int
    bound: int

    @property
    def proved(self) -> bool:
        """Whether no choice within the budget has a smaller value."""
        return self.value == self.bound


def best(options: Options, budget: int, seconds: float | None = None) -> Chosen | None:
    """The choice of least value whose costs sum to at most the budget; None where there is none.

    Args:
        options: per group the costs and the values of its options, integers of any sign.
        budget: the most that the costs may sum to.
        seconds: after so long the best choice known is given, with what is proved of it.
    """
    until = None if seconds is None else time.monotonic() + seconds
    groups = groups_of(options)
    if sum(int(group.costs[0]) for group in groups) > budget:
        return None
    relaxed = _Relaxed(groups, budget)
    places = relaxed.places
    bound = relaxed.bound()
    for most in _STATES:
        value = _sums(groups, places)[1]
        if value == bound:
            break
        better, complete = _programme(relaxed.cut(value), budget, value, most, until)
        places = better or places
        if complete:
            bound = _sums(groups, places)[1]
    cost, value = _sums(groups, places)
    given = (int(group.places[place]) for group, place in zip(groups, places, strict=True))
    return Chosen(tuple(given), cost, value, bound)


class _Relaxed:
    """The problem with the budget as a price: a bound, a choice to begin with, and what is cut.

    slope: the value of one unit of cost. places: a choice within the budget.
    """

    def __init__(self, groups: Sequence[Group], budget: int) -> None:
        self.groups, self.budget = groups, budget
        self.places, self.slope = _along_hulls(groups, budget)
        price = float(self.slope)
        self.reduced = [group.values + price * group.costs for group in groups]
        self.least = [float(reduced.min()) for reduced in self.reduced]
        largest = (float((abs(g.values) + price * abs(g.costs)).max()) for g in groups)
        #: More than rounding can add to any bound.
        self.error = 2.0**-44 * (sum(largest) + price * abs(budget))

    def bound(self) -> int:
        """No choice within the budget has a smaller value: exact."""
        p, q = self.slope.numerator, self.slope.denominator
        least = sum(
            min(q * v + p * c for c, v in zip(g.costs.tolist(), g.values.tolist(), strict=True))
            for g in self.groups
        )
        return -((p * self.budget - least) // q)

    def cut(self, value: int) -> list[_Kept]:
        """The options that may be part of a choice of a smaller value."""
        floor = sum(self.least) - float(self.slope) * self.budget
        room = self.budget - sum(int(group.costs[0]) for group in self.groups)
        kept = []
        for group, reduced, least in zip(self.groups, self.reduced, self.least, strict=True):
            may = floor - least + reduced - self.error <= value - 1
            may &= group.costs - group.costs[0] <= room
            kept.append(_Kept(group, numpy.flatnonzero(may), reduced))
        return kept


@dataclass(frozen=True)
class _Kept:
    """The options of a group that are left, by their index in it, with their reduced values."""

    group: Group
    index: Any
    reduced: Any


def _along_hulls(groups: Sequence[Group], budget: int) -> tuple[list[int], Fraction]:
    """A choice within the budget, and the price of cost there.

    From the cheapest options on, the steps along the hulls that gain most per cost are taken while
    they fit; the price is that of the first step that does not.
    """
    steps = []
    for at, group in enumerate(groups):
        for low, high in pairwise(_hull(group.costs.tolist(), group.values.tolist())):
            gain = int(group.values[low] - group.values[high])
            more = int(group.costs[high] - group.costs[low])
            steps.append((gain / more, at, high, gain, more))
    steps.sort(key=lambda step: (-step[0], step[2]))
    places = [0] * len(groups)
    room = budget - sum(int(group.costs[0]) for group in groups)
    price: Fraction | None = None
    stopped: set[int] = set()
    for _, at, high, gain, more in steps:
        if at in stopped:
            continue
        if more <= room:
            places[at] = high
            room -= more
        else:
            price = Fraction(gain, more) if price is None else price
            stopped.add(at)
    return places, price or Fraction(0)


def _hull(costs: Sequence[int], values: Sequence[int]) -> list[int]:
    """The options on the lower convex hull; costs rise and values fall."""
    hull: list[int] = []
    for at, (cost, value) in enumerate(zip(costs, values, strict=True)):
        while len(hull) > 1:
            one, two = hull[-2:]
            across = (costs[two] - costs[one]) * (value - values[one])
            if across > (values[two] - values[one]) * (cost - costs[one]):
                break
            hull.pop()
        hull.append(at)
    return hull


def _programme(
    kept: Sequence[_Kept],
    budget: int,
    value: int,
    most: int,
    until: float | None,
) -> tuple[list[int] | None, bool]:
    """The best choice of a smaller value, if there is one; and whether none was passed over."""
    order = sorted(range(len(kept)), key=lambda at: len(kept[at].index))
    cost, worth = numpy.zeros(1, dtype=numpy.int64), numpy.zeros(1, dtype=numpy.int64)
    steps: list[Step] = []
    complete = True
    for place, at in enumerate(order):
        later = _Later([kept[other] for other in order[place + 1 :]], budget)
        group, index = kept[at].group, kept[at].index
        error = 2.0**-44 * (abs(value) + later.largest + float(abs(group.values).max()))
        each = max(_EXPANDED // max(len(cost), 1), 1)  # options at once
        found: list[Any] = []
        for start in range(0, len(index), each):
            if until is not None and time.monotonic() > until:
                return None, False
            options = index[start : start + each]
            c = (cost[:, None] + group.costs[options]).ravel()
            v = (worth[:, None] + group.values[options]).ravel()
            floor = v + later.least(c)
            alive = numpy.flatnonzero((c <= later.most) & (floor - error <= value - 1))
            parents, taken = numpy.divmod(alive, max(len(options), 1))
            found.append((c[alive], v[alive], floor[alive], parents, options[taken]))
        if not found:
            return None, complete
        c, v, floor, parents, taken = map(numpy.concatenate, zip(*found, strict=True))
        alive = undominated(c, v)
        if len(alive) > most:
            complete = False
            alive = numpy.sort(alive[numpy.argpartition(floor[alive], most)[:most]])
        if not len(alive):
            return None, complete
        cost, worth = c[alive], v[alive]
        steps.append(Step(parents[alive], taken[alive]))
    state = int(numpy.argmin(worth))
    if int(worth[state]) >= value:
        return None, complete
    chosen = [0] * len(kept)
    for at, option in zip(order, way_back(steps, state), strict=True):
        chosen[at] = option
    return chosen, complete


class _Later:
    """What groups to come add at least, whatever is left of the budget: their linear relaxation.

    most: cost that leaves room for their cheapest options. largest: the size of the numbers.
    """

    def __init__(self, kept: Sequence[_Kept], budget: int) -> None:
        self.budget = budget
        spent = worth = 0
        steps: list[tuple[float, int, int]] = []
        for options in kept:
            costs = options.group.costs[options.index].tolist()
            values = options.group.values[options.index].tolist()
            if not costs:  # every option of it is worse than what is known
                continue
            spent, worth = spent + costs[0], worth + values[0]
            for low, high in pairwise(_hull(costs, values)):
                more, gain = costs[high] - costs[low], values[low] - values[high]
                steps.append((-gain / more, more, gain))
        steps.sort()
        self.most = budget - spent
        self.spent, self.worth = [spent], [worth]
        for _, more, gain in steps:
            self.spent.append(self.spent[-1] + more)
            self.worth.append(self.worth[-1] - gain)
        self.largest = float(max(map(abs, (budget, *self.spent, *self.worth))))

    def least(self, cost: Any) -> Any:
        """A bound on the values that are added where so much is spent, as floats."""
        return numpy.interp(self.budget - cost, self.spent, self.worth)


def _sums(groups: Sequence[Group], places: Sequence[int]) -> tuple[int, int]:
    """The cost and the value of a choice."""
    pairs = list(zip(groups, places, strict=True))
    return sum(int(g.costs[p]) for g, p in pairs), sum(int(g.values[p]) for g, p in pairs)
