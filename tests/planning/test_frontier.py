"""All trade-offs: against complete enumeration, and against the best choice of every budget."""

import random

import pytest

from costmodel.errors import InputError
from costmodel.planning import frontier as module
from costmodel.planning.frontier import frontier
from costmodel.planning.knapsack import best
from tests.planning.problems import drawn, every, kernels, sums


def reference(options):
    """The undominated sums, by looking at all pairs."""
    points = set(every(options))
    return [(c, v) for c, v in sorted(points) if all(b > v or a > c for a, b in points - {(c, v)})]


@pytest.mark.parametrize("seed", range(60))
def test_the_front_of_complete_enumeration(seed):
    random_ = random.Random(seed)
    options = drawn(random_, random_.randint(1, 4), 5, random_.choice([3, 20, 10**9]))
    front = frontier(options)
    pairs = list(zip(front.costs.tolist(), front.values.tolist(), strict=True))
    assert pairs == reference(options)
    for at, pair in enumerate(pairs):
        assert sums(options, front.places(at)) == pair


@pytest.mark.parametrize("seed", range(3))
def test_every_budget_on_the_front_is_the_best_choice_there(seed):
    random_ = random.Random(seed)
    options = kernels(random_, 9, 30)
    front = frontier(options)
    assert len(front) > 100
    for _ in range(60):
        budget = random_.randint(int(front.costs[0]), int(front.costs[-1]))
        found, point = best(options, budget), front.within(budget)
        assert found is not None
        assert point is not None
        assert found.value == front.values[point]
    assert front.within(int(front.costs[0]) - 1) is None


def test_a_ceiling_that_cuts_too_much_is_noticed(monkeypatch):
    at = module._Ceiling.at
    monkeypatch.setattr(module._Ceiling, "at", lambda self, costs: at(self, costs) - 1)
    options = drawn(random.Random(4), 3, 4, 20)
    try:
        front = frontier(options)
    except (ValueError, IndexError):
        return
    pairs = list(zip(front.costs.tolist(), front.values.tolist(), strict=True))
    assert pairs != reference(options)


def test_a_front_too_large_to_hold_is_one_sentence(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 20)
    with pytest.raises(InputError, match="more than 20 points after 2 of 3 layers"):
        frontier(kernels(random.Random(1), 3, 12))
