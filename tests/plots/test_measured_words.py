"""Titles above figures of times say what the rows say."""

from __future__ import annotations

import pytest

from costmodel.plots.measured_words import apart, kept, missed, reached, spread
from costmodel.table import Table
from costmodel.timing.rates import rates


def rows(**by_class):
    return [{"class": kind, "gmacs_per_s": rate} for kind, own in by_class.items() for rate in own]


def test_the_fastest_and_the_slowest_class_are_compared_at_their_medians():
    table = rates(Table(("class", "gmacs_per_s"), rows(dense=(20.0, 36.0, 50.0), depthwise=(3.0,))))
    assert apart(table) == (
        "With 12 times fewer multiplies a depthwise layer takes as long as a dense one"
    )
    alone = rates(Table(("class", "gmacs_per_s"), rows(dense=(20.0, 36.0, 50.0))))
    assert apart(alone) == "Half of the dense layers run at 36 GMAC/s or more"


def test_the_spread_is_between_the_tenths():
    found = rows(dense=[float(rate) for rate in range(1, 12)])  # tenths at 2 and 10
    assert spread(found) == (
        "Per multiply, the slowest tenth of the layers take at least 5 times as long as the "
        "fastest tenth"
    )
    assert spread(rows(dense=(7.25,))) == "One layer was measured: 7.25 GMAC/s"


def test_half_of_the_layers_reach_the_median_share():
    table = Table(("share",), [{"share": share} for share in (0.9, 0.11, 0.4, 2.5, 0.2)])
    assert reached(table) == (
        "Half of the layers reach at most 40 % of what a large product or copy reaches"
    )


def test_half_of_the_predictions_are_within_the_median_miss():
    assert missed([1.0, 2.0, 4.0], [1.5, 1.8, 4.2]) == (
        "Half of the layers are predicted to within 10 % of their time"
    )


def test_what_multiplies_promise_is_compared_with_what_time_keeps():
    def row(variant, macs, time):
        return {"variant": variant, "macs": macs, "min_ms": time}

    found = [row("standard", 100, 2.0), row("basis", 50, 1.8), row("cp", 30, 0.4)]
    assert kept(found) == (
        "1 of 2 variants save less time than multiplies; the fastest, CP decomposition, takes "
        "×0.2000 of the standard layer's time"
    )
    assert kept(found[::-1]) == kept(found)
    assert "nothing but the standard convolution" in kept(found[:1])
    with pytest.raises(StopIteration):
        kept(found[1:])
