"""Points below a line, against counting them one by one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.metrics.lattice import points_below

STEPS = st.tuples(st.integers(1, 9), st.integers(1, 9))
COUNTS = st.tuples(st.integers(1, 12), st.integers(1, 8))


Pair = tuple[int, int]


def one_by_one(bound: int, steps: Pair, counts: Pair) -> int:
    return sum(
        a * steps[0] + b * steps[1] < bound for a in range(counts[0]) for b in range(counts[1])
    )


@given(st.integers(-20, 120), STEPS, COUNTS)
def test_every_step(bound: int, steps: Pair, counts: Pair) -> None:
    assert points_below(bound, steps, counts) == one_by_one(bound, steps, counts)


@given(st.lists(st.integers(-20, 60), min_size=1, max_size=5), STEPS, COUNTS)
def test_arrays_are_counted_cell_by_cell(bounds: list[int], steps: Pair, counts: Pair) -> None:
    found: Any = points_below(np.array(bounds), steps, counts)
    assert list(found) == [one_by_one(bound, steps, counts) for bound in bounds]


@pytest.mark.parametrize("steps", [(1, 1), (1, 3), (4, 1), (2, 3), (6, 4), (7, 5)])
def test_huge_numbers_at_once(steps: Pair) -> None:
    # All points of a box lie below a line or, seen from the opposite corner, below another one.
    firsts, seconds = 10**15 + 1, 10**14 + 3
    far = (firsts - 1) * steps[0] + (seconds - 1) * steps[1]
    for bound in (0, 1, 10**9 + 7, far // 2, far, far + 1):
        below: Any = points_below(bound, steps, (firsts, seconds))
        above: Any = points_below(far - bound + 1, steps, (firsts, seconds))
        assert below + above == firsts * seconds


def test_common_factors_of_the_steps_do_not_matter() -> None:
    for bound in range(40):
        assert points_below(bound, (4, 6), (7, 5)) == points_below(
            math.ceil(bound / 2), (2, 3), (7, 5)
        )
