"""Titles of plans say what counting the network with the plan in place says."""

from __future__ import annotations

from collections import Counter

import pytest

import costmodel as cm
from costmodel.core.readable import percent, ratio_in_words
from costmodel.plots.layout import name_of
from costmodel.plots.plan_words import by_layer, of_front, of_plan

NET = cm.load("alexnet")
FEW = ["basis", "channel_svd"]


@pytest.fixture(scope="module")
def changed():
    return cm.front(NET, "macs", "changed", variants=FEW, keeping="params")


@pytest.fixture(scope="module")
def two():
    return cm.front(NET, "macs", "params", variants=FEW)


def test_how_far_the_first_measure_falls(changed):
    least = changed.point(0)
    share = percent(least.network.macs / NET.macs)
    assert len(least.choices) > 1
    assert of_front(changed) == (
        f"MACs can fall to {share}, with {len(least.choices)} layers changed"
    )


def test_of_two_costs_both_are_shares_of_the_network(two):
    least = two.point(0).network
    one, other = percent(least.macs / NET.macs), percent(least.params / NET.params)
    assert of_front(two).startswith(f"MACs {'at' if len(two) == 1 else 'can fall to'} {one}")
    assert f"with Parameters then at {other}" in of_front(two)
    assert of_front(two).endswith("no plan is better in either") == (len(two) == 1)


def test_what_a_plan_reaches(changed, two):
    plan = changed.at("50%")
    share = 100 * plan.network.macs / NET.macs
    title = f"{len(plan.choices)} of {plan.layers} layers changed bring MACs to {share:.3g} %"
    assert of_plan(changed, plan) == title
    nothing = changed.at("100%")
    assert of_plan(changed, nothing) == f"Within this budget nothing has to change in {NET.name}"
    plan = two.at("60%")
    how = ratio_in_words(plan.network.params / NET.params)
    assert of_plan(two, plan).startswith(f"Parameters {how}: no plan within ")


def test_what_stands_where_is_counted(changed):
    plan = changed.at("30%")
    counts = Counter(name_of(choice.variant) for choice in plan.choices.values())
    title = by_layer(plan)
    for name, number in counts.items():
        assert f"{name} replaces {number} layer" in title
    left = plan.layers - len(plan.choices)
    assert title.endswith(f"; {left or 'none'} of {plan.layers} stay{'s' * (left < 2)}")
    assert by_layer(changed.at("100%")) == f"All {plan.layers} layers stay as they are"
