"""Why a layer stays: what is said of its nearest option, against plans counted with that option."""

import pytest

import costmodel as cm
from costmodel.network.change import read_choice
from costmodel.network.replace import put_each
from costmodel.planning.left_alone import left_alone
from tests.planning.networks import SMALL, VARIANTS, total

OVER, MET, NOTHING = "over the budget", "the budget is met without it", "it makes nothing smaller"
ASKED = [
    ("macs", "changed", "45%", VARIANTS, {MET}),
    ("macs", "activations", "60%", VARIANTS, {MET}),
    ("changed", "macs", 2, VARIANTS, {OVER}),
    ("changed", "params", 1, ("grouped",), {OVER, NOTHING}),
    ("params", "changed", "60%", ("grouped",), {MET, NOTHING}),
]


@pytest.mark.parametrize(("first", "second", "budget", "variants", "reasons"), ASKED)
def test_what_is_said_is_what_is_counted(first, second, budget, variants, reasons):
    front = cm.front(SMALL, first, second, variants=variants)
    plan = front.at(budget)
    (limit,) = plan.limits
    table = left_alone(front, budget)
    names = [name for row in table for name in row["layer"].split(", ")]
    assert sorted([*names, *plan.choices]) == sorted(op.name for op in SMALL.layers)
    for row in table:
        choice = read_choice(row["nearest"])
        more = dict.fromkeys(row["layer"].split(", "), choice)
        changed = put_each(SMALL, {**plan.choices, **more})
        costs = [total(changed, key) - total(plan.network, key) for key in (first, second)]
        assert costs == [row[f"{first}_added"], row[f"{second}_added"]]
        over = total(changed, first) - limit.value
        if costs[1] < 0:
            assert over > 0
            assert row["why"] == f"{first} {over.numerator:,} {OVER}"
        else:
            assert row["why"] == (MET if costs[0] < 0 else NOTHING)
    assert {reason for reason in (OVER, MET, NOTHING) for row in table if reason in row["why"]} == (
        reasons
    )


def test_no_other_option_is_nearer():
    front = cm.front(SMALL, "changed", "macs", variants=VARIANTS)
    rows = {row["layer"]: row for row in left_alone(front, 2)}
    assert len(rows) > 1
    for decision, costs, values in zip(
        front.measures.decisions,
        front.measures.parts["changed"],
        front.measures.parts["macs"],
        strict=True,
    ):
        row = rows.get(", ".join(op.name for op in decision.ops))
        if row is None:
            continue
        assert row["options"] == len(decision) - 1
        smaller = [cost for cost, value in zip(costs, values, strict=True) if value < 0]
        assert row["changed_added"] == min(smaller or costs[1:])


def test_layers_that_are_not_asked_about_are_said():
    front = cm.front(SMALL, "macs", "params", variants=["conv_classifier"], keep="body")
    rows = {row["layer"]: row for row in left_alone(front, "100%")}
    assert rows["body"]["why"].startswith("not chosen to be replaced")
    assert rows["stem"]["why"] == "no allowed variant fits"
    assert rows["stem"]["options"] == 0
