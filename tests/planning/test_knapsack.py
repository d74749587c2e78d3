"""One budget, exactly: against complete enumeration, and against another solver."""

import random

import pytest

from costmodel.errors import InputError
from costmodel.planning.groups import groups_of
from costmodel.planning.knapsack import best
from tests.planning.problems import drawn, every, kernels, sums


@pytest.mark.parametrize("seed", range(120))
def test_the_optimum_of_complete_enumeration(seed):
    random_ = random.Random(seed)
    largest = random_.choice([4, 30, 1000, 10**9])
    options = drawn(random_, random_.randint(1, 5), 5, largest)
    budget = random_.randint(-2 * largest, 3 * largest)
    within = [value for cost, value in every(options) if cost <= budget]
    found = best(options, budget)
    if not within:
        assert found is None
        return
    assert found is not None
    assert found.value == found.bound == min(within)
    assert sums(options, found.places) == (found.cost, found.value)
    assert found.cost <= budget
    assert found.proved


@pytest.mark.parametrize("seed", range(3))
def test_a_second_solver_agrees_on_large_problems(seed):
    """CP-SAT of OR-Tools, which shares nothing with ours."""
    cp_model = pytest.importorskip("ortools.sat.python.cp_model", reason="pip install ortools")
    random_ = random.Random(seed)
    options = kernels(random_, 12, 40)
    budget = sum(costs[-1] for costs, _ in options) * random_.randint(30, 70) // 100
    model = cp_model.CpModel()
    cost = value = 0
    for costs, values in options:
        taken = [model.new_bool_var("") for _ in costs]
        model.add_exactly_one(taken)
        cost += sum(c * x for c, x in zip(costs, taken, strict=True))
        value += sum(v * x for v, x in zip(values, taken, strict=True))
    model.add(cost <= budget)
    model.minimize(value)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 30
    assert solver.solve(model) == cp_model.OPTIMAL
    found = best(options, budget)
    assert found is not None
    assert found.value == found.bound == round(solver.objective_value)


def test_without_time_the_best_known_has_an_honest_bound():
    options = kernels(random.Random(5), 30, 60)
    budget = sum(costs[-1] for costs, _ in options) // 2
    hurried, whole = best(options, budget, seconds=0.0), best(options, budget)
    assert hurried is not None
    assert whole is not None
    assert whole.proved
    assert hurried.bound <= whole.value <= hurried.value
    assert hurried.cost <= budget


@pytest.mark.parametrize("wrong", ["budget", "bound", "dominance"])
def test_the_comparison_can_fail(wrong, monkeypatch):
    """A budget off by one, a bound that cuts too much, dominance the wrong way round."""
    from costmodel.planning import groups, knapsack

    if wrong == "bound":
        cut = knapsack._Relaxed.cut
        monkeypatch.setattr(knapsack._Relaxed, "cut", lambda self, value: cut(self, value - 40))
    if wrong == "dominance":
        monkeypatch.setattr(groups, "falling", lambda values: values == values.max())
    failed = 0
    for seed in range(120):
        options = drawn(random.Random(seed), 4, 5, 30)
        within = [value for cost, value in every(options) if cost <= 10]
        found = best(options, 10 + (wrong == "budget"))
        failed += (found.value if found else None) != min(within, default=None)
    assert failed


def test_sums_that_might_wrap_are_refused():
    with pytest.raises(InputError, match="sums stay below 2\\^61"):
        groups_of([([2**60, 1], [3, 4]), ([2**60, 2], [5, 2])])
