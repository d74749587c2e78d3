"""Of plans as good, the one that keeps most: against counting every plan, and with a mutant."""

import random
from itertools import product

import pytest

import costmodel as cm
from costmodel.planning.keeping import NEARLY, graded
from tests.planning.networks import SMALL

FEW = ("grouped", "channel_svd")
CHANGED = "changed"


@pytest.fixture(scope="module")
def front():
    return cm.front(SMALL, "macs", CHANGED, variants=FEW, keeping="params")


@pytest.fixture(scope="module")
def every(front):
    """(MACs, layers changed, parameters kept) of every plan; a layer keeps no more than it has."""
    parts = [front.measures.parts[key] for key in ("macs", CHANGED, "params")]
    options = [list(zip(*columns, strict=True)) for columns in zip(*parts, strict=True)]
    return [
        (
            SMALL.macs + sum(macs for macs, _, _ in plan),
            sum(changed for _, changed, _ in plan),
            SMALL.params + sum(min(more, 0) for _, _, more in plan),
        )
        for plan in product(*options)
    ]


def best(every, budget):
    """The fewest layers changed within a budget, and the most that is kept then."""
    fewest = min(changed for macs, changed, _ in every if macs <= budget)
    return fewest, max(k for macs, c, k in every if macs <= budget and c == fewest)


@pytest.mark.parametrize("seed", range(12))
def test_the_fewest_layers_and_of_these_the_most_kept(front, every, seed):
    macs = sorted({macs for macs, _, _ in every})
    budget = random.Random(seed).randint(macs[0], macs[-1])
    plan = front.at(budget)
    fewest, most = best(every, budget)
    assert plan.value == len(plan.choices) == fewest
    assert plan.proved
    assert plan.network.macs <= budget
    # nothing here has more parameters than the layer in whose place it stands
    assert most - NEARLY * SMALL.params <= plan.network.params <= most


def test_a_front_that_keeps_nothing_would_fall_short(front, every):
    """The same comparison goes red where of equal plans any is taken."""
    plain = cm.front(SMALL, "macs", CHANGED, variants=FEW)
    macs = sorted({macs for macs, _, _ in every})
    budgets = macs[:: len(macs) // 15]
    short = [
        budget
        for budget in budgets
        if plain.at(budget).network.params < best(every, budget)[1] - NEARLY * SMALL.params
    ]
    assert short


def test_corners_are_the_points_of_the_plain_front(front):
    plain = cm.front(SMALL, "macs", CHANGED, variants=FEW)
    assert [front.totals(at) for at in front.corners] == [plain.totals(at) for at in plain.corners]
    assert len(plain.corners) == len(plain) < len(front)
    assert "keeps more params, to within 1%" in front.notes[0]


@pytest.mark.parametrize("share", ["30%", "50%", "75%"])
def test_a_plan_of_one_budget_is_the_front_s(front, share):
    plan = cm.plan(SMALL, {"macs": share}, variants=FEW)
    assert plan.choices == front.at(share).choices


@pytest.mark.parametrize("seed", range(20))
def test_values_come_first_and_losses_second(seed):
    random_ = random.Random(seed)
    values = [[random_.randint(-4, 4) for _ in range(5)] for _ in range(3)]
    added = [[random_.randint(-900, 300) for _ in range(5)] for _ in range(3)]
    finer = graded(values, added, 1_000)
    every = list(product(range(5), repeat=3))
    for one, two in (random_.sample(every, 2) for _ in range(200)):
        a, b = (sum(part[p] for part, p in zip(finer.parts, at, strict=True)) for at in (one, two))
        first = [sum(v[p] for v, p in zip(values, at, strict=True)) for at in (one, two)]
        lost = [sum(max(-x[p], 0) for x, p in zip(added, at, strict=True)) for at in (one, two)]
        assert [finer.value(a), finer.value(b)] == first
        if first[0] == first[1] and a < b:
            assert lost[0] <= lost[1] + NEARLY * 1_000
