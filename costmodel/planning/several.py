"""Several budgets at once: the same choice by mixed-integer programming, recounted exactly.

HiGHS (Huangfu and Hall, 2018), through SciPy, works in floating point. So budgets are scaled to 1,
what it chooses is summed up again in integers, and where a sum is over its budget by a rounding the
budget is tightened by as much and the search goes on; the first bound holds for all of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy

from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.planning.knapsack import Chosen

#: Per decision, one integer per option.
Parts = Sequence[Sequence[int]]
_TRIES = 8


def best_within(
    values: Parts,
    budgets: Sequence[tuple[Parts, int]],
    seconds: float | None = None,
    gap: float = 0.0,
) -> Chosen | None:
    """The choice of least value whose costs stay within all budgets; None where there is none.

    Args:
        values: what each option adds to the value.
        budgets: what each option adds to a cost, and the most that it may sum to.
        seconds: after so long the best choice known is given, with the bound that is proved.
        gap: how far from the best the choice may be, as a share of its value.

    Raises:
        CostModelError: no choice was found in the time, and none was shown to be impossible.
    """
    tables = (
        numpy.array([values[at], *(parts[at] for parts, _ in budgets)], dtype=numpy.int64).T
        for at in range(len(values))
    )
    kept = [_undominated(table) for table in tables]
    room = [most for _, most in budgets]
    bound: int | None = None
    until = None if seconds is None else time.monotonic() + seconds
    for _ in range(_TRIES):
        left = None if until is None else max(until - time.monotonic(), 0.1)
        found = _milp(values, budgets, kept, room, left, gap)
        if found is None:
            return None
        places, least = found
        bound = least if bound is None else bound
        sums = [sum(part[p] for part, p in zip(parts, places, strict=True)) for parts, _ in budgets]
        over = [total - most for total, (_, most) in zip(sums, budgets, strict=True)]
        if all(more <= 0 for more in over):
            value = sum(part[p] for part, p in zip(values, places, strict=True))
            return Chosen(tuple(places), sums[0], value, min(bound, value))
        room = [most - max(more, 0) for most, more in zip(room, over, strict=True)]
    raise CostModelError(
        f"no choice within the budgets was found in {_TRIES} tries; allowed are budgets with more "
        "room"
    )


def _undominated(table: Any) -> list[int]:
    """The rows that no other one equals or betters in every column; of equal ones, the first."""
    order = numpy.lexsort(table.T[::-1])
    rows = table[order]
    kept: list[int] = []
    alive = numpy.ones(len(rows), dtype=bool)
    for at in range(len(rows)):
        if alive[at]:
            kept.append(int(order[at]))
            alive[at + 1 :] &= ~(rows[at + 1 :] >= rows[at]).all(axis=1)
    return kept


def _milp(
    values: Parts,
    budgets: Sequence[tuple[Parts, int]],
    kept: Sequence[Sequence[int]],
    room: Sequence[int],
    seconds: float | None,
    gap: float,
) -> tuple[list[int], int] | None:
    """The options chosen, and a bound on the value; None where there is no choice."""
    try:
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array
    except ImportError:
        raise MissingDependencyError("scipy", "plans under several budgets", "plan") from None

    owner = [at for at, options in enumerate(kept) for _ in options]
    option = [place for options in kept for place in options]
    number = len(owner)
    cost: Any = numpy.array([values[a][o] for a, o in zip(owner, option, strict=True)], float)
    # HiGHS takes 1e-6 for no gap: with numbers of this size it is less than one of the integers
    scale = max(float(abs(cost).max()) / 1e7, 1.0)
    one = csr_array((numpy.ones(number), (owner, range(number))), shape=(len(kept), number))
    constraints = [LinearConstraint(one, 1, 1)]
    for (parts, _), most in zip(budgets, room, strict=True):
        # each option beside its decision's least one: what is left is no more than it has to be
        least = [min(parts[at][o] for o in options) for at, options in enumerate(kept)]
        rest = most - sum(least)
        if rest < 0:
            return None
        row = [parts[a][o] - least[a] for a, o in zip(owner, option, strict=True)]
        unit = max(rest, 1)
        constraints.append(
            LinearConstraint(numpy.array([row], float) / unit, -numpy.inf, rest / unit)
        )
    options: dict[str, Any] = {"mip_rel_gap": gap}
    if seconds is not None:
        options["time_limit"] = seconds
    found = milp(
        cost / scale,
        integrality=numpy.ones(number),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options=options,
    )
    if found.status == 2:
        return None
    if found.x is None:
        raise CostModelError(
            f"no choice was found in {seconds:g} s; allowed is more time, or fewer options"
        )
    places = [0] * len(kept)
    for at in numpy.flatnonzero(found.x > 0.5):
        places[owner[at]] = option[at]
    bound = float(found.mip_dual_bound) * scale
    # an integer is not below its bound; the last digits of a float are not to be trusted
    return places, math.ceil(bound - 1e-5 - 1e-10 * abs(bound))
