"""Several budgets at once: against complete enumeration, and against the exact method of one."""

import itertools
import random

import pytest

from costmodel.planning.knapsack import best
from costmodel.planning.several import best_within
from tests.planning.problems import kernels


def table(random_, lengths, largest):
    """A random integer for every option of every decision."""
    return [[random_.randint(-largest, largest) for _ in range(n)] for n in lengths]


@pytest.mark.parametrize("seed", range(60))
def test_the_optimum_of_complete_enumeration(seed):
    random_ = random.Random(seed)
    lengths = [random_.randint(1, 5) for _ in range(random_.randint(1, 5))]
    largest = random_.choice([6, 100, 10**10])
    values = table(random_, lengths, largest)
    budgets = [
        (table(random_, lengths, largest), random_.randint(-largest, 2 * largest)) for _ in range(2)
    ]

    def total(parts, places):
        return sum(part[p] for part, p in zip(parts, places, strict=True))

    within = [
        total(values, places)
        for places in itertools.product(*map(range, lengths))
        if all(total(parts, places) <= most for parts, most in budgets)
    ]
    found = best_within(values, budgets)
    if not within:
        assert found is None
        return
    assert found is not None
    assert found.value == min(within) == total(values, found.places)
    assert found.bound <= found.value
    assert all(total(parts, found.places) <= most for parts, most in budgets)


@pytest.mark.parametrize("seed", range(3))
def test_one_budget_twice_is_that_budget(seed):
    options = kernels(random.Random(seed), 8, 20)
    costs, values = zip(*options, strict=True)
    budget = sum(part[-1] for part in costs) // 3
    one, two = best(options, budget), best_within(values, [(costs, budget), (costs, budget)])
    assert one is not None
    assert two is not None
    assert one.value == two.value
    assert two.bound <= two.value
