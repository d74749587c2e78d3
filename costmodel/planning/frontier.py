"""All trade-offs, exactly: every pair of sums that no other choice of options dominates.

The front of a sum of groups is the front of the pairwise sums of their fronts, so the groups are
added one by one, and what is dominated goes after each: no scanning of plans, of which there are as
many as the product of the groups' sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy

from costmodel.errors import InputError
from costmodel.planning.groups import Group, Options, Step, groups_of, undominated, way_back

# Points that a front may have, and costs at which its height is known before sums are compared.
_MOST = 2_000_000
_MARKS = 1 << 14


@dataclass(frozen=True)
class Frontier:
    """Every undominated pair of sums: costs rise, values fall.

    costs, values: int64 arrays. groups, steps: the way back to the options of a point.
    """

    costs: Any
    values: Any
    groups: tuple[Group, ...]
    steps: tuple[Step, ...]
    order: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.costs)

    def within(self, budget: int) -> int | None:
        """The point of least value whose cost is within a budget; None where there is none."""
        place = int(numpy.searchsorted(self.costs, budget, side="right")) - 1
        return place if place >= 0 else None

    def places(self, point: int) -> tuple[int, ...]:
        """The option of each group at a point."""
        found = [0] * len(self.groups)
        for at, option in zip(self.order, way_back(self.steps, point), strict=True):
            found[at] = int(self.groups[at].places[option])
        return tuple(found)


def frontier(options: Options) -> Frontier:
    """The front of all choices of one option per group.

    Args:
        options: per group the costs and the values of its options, integers of any sign.

    Raises:
        InputError: a front of more points than memory should hold.
    """
    groups = groups_of(options)
    order = sorted(range(len(groups)), key=lambda at: len(groups[at]))
    costs, values = numpy.zeros(1, dtype=numpy.int64), numpy.zeros(1, dtype=numpy.int64)
    steps: list[Step] = []
    for at in order:
        costs, values, step = _added(costs, values, groups[at])
        if len(costs) > _MOST:
            raise InputError(
                f"the front has more than {_MOST:,} points after {len(steps) + 1} of "
                f"{len(groups)} layers; allowed are fewer layers, values or coarser costs"
            )
        steps.append(step)
    return Frontier(costs, values, tuple(groups), tuple(steps), tuple(order))


def _added(costs: Any, values: Any, group: Group) -> tuple[Any, Any, Step]:
    """The front of the sums of a front and a group."""
    ceiling = _Ceiling(costs, values, group)
    parts = []
    for place, (more, worth) in enumerate(zip(group.costs, group.values, strict=True)):
        c, v = costs + more, values + worth
        near = numpy.flatnonzero(v <= ceiling.at(c))
        parts.append((c[near], v[near], near, numpy.full(len(near), place)))
    c, v, parents, taken = (numpy.concatenate(column) for column in zip(*parts, strict=True))
    kept = undominated(c, v)
    return c[kept], v[kept], Step(parents[kept].astype(numpy.int32), taken[kept])


class _Ceiling:
    """The least value at evenly spaced costs: what lies above one at no less cost is dominated.

    Most sums are far from the front, and a look at the next mark is much cheaper than sorting them.
    """

    def __init__(self, costs: Any, values: Any, group: Group) -> None:
        self.start = int(costs[0] + group.costs[0])
        reach = int(costs[-1] + group.costs[-1]) - self.start
        self.width = reach // _MARKS + 1
        marks = self.start + self.width * numpy.arange(reach // self.width + 1)
        self.values = numpy.full(len(marks), numpy.iinfo(numpy.int64).max)
        for more, worth in zip(group.costs, group.values, strict=True):
            place = numpy.searchsorted(costs, marks - more, side="right") - 1
            known = numpy.flatnonzero(place >= 0)
            least = values[place[known]] + worth
            self.values[known] = numpy.minimum(self.values[known], least)

    def at(self, costs: Any) -> Any:
        """The least value that some choice reaches at the last mark before each cost."""
        return self.values[(costs - self.start) // self.width]
