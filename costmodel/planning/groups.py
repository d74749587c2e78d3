"""Groups of options as arrays, dominance, and the way back: what both exact methods share.

A problem is a list of groups, and a group a list of options with two integers each: a cost and a
value. Exactly one option of every group is taken; costs add up, and so do values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from costmodel.errors import InputError

#: Per group the costs and the values of its options.
Options = Sequence[tuple[Sequence[int], Sequence[int]]]
# Sums stay below this, so that int64 never wraps round.
_LARGEST = 2**61


@dataclass(frozen=True)
class Group:
    """The options of one group: arrays of equal length (int64), and their places as given."""

    costs: Any
    values: Any
    places: Any

    def __len__(self) -> int:
        return len(self.costs)


def groups_of(options: Options) -> list[Group]:
    """Groups from integers, each without the options that another one of it dominates.

    An option is dominated by one that has neither more cost nor more value; of equal ones the first
    stays. Costs rise and values fall in what is left.

    Raises:
        InputError: numbers whose sums int64 might not hold.
    """
    reach = sum(max(map(abs, side), default=0) for pair in options for side in pair)
    if reach > _LARGEST:
        raise InputError(f"sums up to {reach}; allowed are costs whose sums stay below 2^61")
    result = []
    for costs, values in options:
        c = numpy.array(costs, dtype=numpy.int64)
        v = numpy.array(values, dtype=numpy.int64)
        order = numpy.lexsort((v, c))
        kept = order[falling(v[order])]
        result.append(Group(c[kept], v[kept], kept))
    return result


def falling(values: Any) -> Any:
    """A mask of the values that are smaller than every one before them."""
    best = numpy.minimum.accumulate(values)
    mask = numpy.ones(len(values), dtype=bool)
    mask[1:] = values[1:] < best[:-1]
    return mask


def undominated(costs: Any, values: Any) -> Any:
    """Indices of the pairs that no other one dominates, by rising cost; of equal ones, one."""
    order = numpy.argsort(costs, kind="stable")
    order = order[falling(values[order])]
    c = costs[order]
    last = numpy.ones(len(order), dtype=bool)  # of equal costs the last has the least value
    last[:-1] = c[1:] != c[:-1]
    return order[last]


@dataclass(frozen=True)
class Step:
    """How the states after one group came about: the state before, and the option taken."""

    parents: Any
    taken: Any


def way_back(steps: Sequence[Step], state: int) -> list[int]:
    """The option of each group that leads to a state after the last group."""
    chosen = []
    for step in reversed(steps):
        chosen.append(int(step.taken[state]))
        state = int(step.parents[state])
    return chosen[::-1]
