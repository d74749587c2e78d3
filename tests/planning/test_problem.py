"""Numbers as integers: exact, or rounded to the side that keeps a limit."""

import random
from fractions import Fraction
from math import ceil, floor

import pytest

from costmodel.planning.limits import Limit
from costmodel.planning.problem import summed, within


def test_exact_numbers_stay_exact():
    parts = [[3, -8], [Fraction(5, 6), Fraction(1, 4)]]
    found = summed(parts)
    assert found.rounded == 0
    assert found.unit == Fraction(1, 12)
    assert [[x * found.unit for x in part] for part in found.parts] == parts


@pytest.mark.parametrize("most", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_what_meets_a_limit_in_integers_meets_it_in_real_numbers(seed, most):
    random_ = random.Random(seed)
    parts = [[random_.uniform(-3, 7) for _ in range(9)] for _ in range(6)]
    found = summed(parts, ceil if most else floor)
    places = [random_.randrange(9) for _ in parts]
    real = sum(Fraction(part[p]) for part, p in zip(parts, places, strict=True))
    for share in (0, Fraction(1, 3), 1):  # around what the sum is, within what rounding changes
        limit = Limit("ms", real + found.rounded * (share if most else -share), most)
        integers, room = within(found, limit, 0)
        if sum(part[p] for part, p in zip(integers, places, strict=True)) <= room:
            assert real <= limit.value if most else real >= limit.value
    beyond = Limit("ms", real - found.unit if most else real + found.unit, most)
    integers, room = within(found, beyond, 0)
    assert sum(part[p] for part, p in zip(integers, places, strict=True)) > room


def test_the_nearest_would_break_a_limit():
    """The same comparison with the usual rounding goes red."""
    broken = 0
    for seed in range(50):
        part = [random.Random(seed).uniform(0, 1), 1.0]
        found = summed([part])
        limit = Limit("ms", Fraction(part[0]) - found.unit / 1000)
        (integers,), room = within(found, limit, 0)
        broken += integers[0] <= room
    assert broken
