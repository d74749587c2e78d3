"""Budgets as text: each leads back to its point, and no shorter one does."""

import pytest

import costmodel as cm
from costmodel.planning.budgets import budget_text, stops
from tests.planning.networks import SMALL, VARIANTS


@pytest.fixture(scope="module", params=[("macs", "bytes_moved"), ("params", "activations")])
def front(request):
    return cm.front(SMALL, *request.param, variants=VARIANTS)


def test_every_point_has_a_budget_that_leads_back(front):
    assert len(front) > 3
    for at in range(len(front)):
        text = budget_text(front, at)
        assert front.place(text) == at
        assert text.endswith("%")
        whole, _, after = text.removesuffix("%").partition(".")
        if after:  # with one digit less, rounded up, it is another point's
            shorter = int(whole + after[:-1]) + 1
            percent = shorter / 10 ** (len(after) - 1)
            assert front.place(f"{percent:.{len(after) - 1}f}%") != at


@pytest.mark.parametrize("most", [2, 5, 10_000])
def test_stops_are_points_from_the_first_to_the_last(front, most):
    found = stops(front, most)
    assert {0, len(front) - 1} <= set(found)
    assert len(found) <= max(most, 2)
    assert list(found) == sorted(found)
    assert (len(found) == len(front)) == (most >= len(front))
    for at, text in found.items():
        assert front.place(text) == at
