"""All optimal trade-offs of a network: against counting every plan, and against single plans."""

import pytest

import costmodel as cm
from benchmarks.budgets import differing
from costmodel.errors import CostModelError
from tests.planning.networks import SMALL, VARIANTS, all_plans

FEW = ("grouped", "depthwise_separable")


def test_every_undominated_pair_of_all_plans():
    front = cm.front(SMALL, "macs", "params", variants=FEW)
    pairs = {(net.macs, net.params) for net in all_plans(front.measures)}
    best = [(a, b) for a, b in sorted(pairs) if all(d > b or c > a for c, d in pairs - {(a, b)})]
    assert [(row["macs"], row["params"]) for row in front] == best
    for at, (macs, params) in enumerate(best):
        plan = front.point(at)
        assert (plan.network.macs, plan.network.params) == (macs, params)


def test_the_plan_at_any_budget_is_the_one_for_that_budget():
    """A slice of `python -m benchmarks.budgets`."""
    net = cm.load("alexnet")
    assert not list(differing(net, ("weight_bytes", "macs"), 6, seed=7))


def test_a_front_that_stops_one_point_early_is_found_out():
    def early(front, budget):
        return front.point(
            max(front.frontier.within(budget - front.measures.totals["macs"]) - 1, 0)
        )

    assert list(differing(SMALL, ("macs", "changed"), 12, 1, early, FEW))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cm.front(SMALL, "macs", "macs"), "allowed are two different measures"),
        (lambda: cm.front(SMALL, "macs", "error"), "trained weights are not known"),
        (lambda: cm.front(SMALL, "macs", "largest_error"), "no sum; allowed is error"),
        (lambda: cm.front(SMALL, "macs", "speed"), "unknown measure of a plan 'speed'"),
        (
            lambda: cm.front(SMALL, "macs", "params", variants=FEW).at("1%"),
            "out of reach; the least that any plan reaches",
        ),
    ],
)
def test_wrong_calls_are_one_sentence(call, words):
    with pytest.raises(CostModelError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_it_says_how_many_plans_it_stands_for():
    front = cm.front(cm.load("resnet18"), "macs", "params", variants=VARIANTS)
    assert "of more than 10^" in front.notes[0]
    assert front.plans > 10**30
    assert repr(front) == f"<Front of resnet18: {len(front):,} points, macs–params>"
