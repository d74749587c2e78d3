"""Figures of measured times: both ratios to the baseline, and every layer in its class."""

import pytest

from costmodel.core.variant import VARIANTS
from costmodel.plots.measured import promised_and_kept, rates_by_class, time_over_macs
from costmodel.plots.palette import style_of
from costmodel.table import Table

ROW = {"kernel": "3x3", "in_channels": 12, "out_channels": 20, "size": "17x14"}
ROWS = [
    {**ROW, "variant": "standard", "macs": 1000, "min_ms": 2.0, "median_ms": 2.1, "upper_ms": 2.5},
    {**ROW, "variant": "basis", "macs": 250, "min_ms": 3.0, "median_ms": 3.5, "upper_ms": 3.75},
]
ROWS = [{**row, "class": "", "gmacs_per_s": row["macs"] / row["min_ms"] / 1e6} for row in ROWS]


def test_both_bars_are_ratios_to_the_baseline():
    macs, time, *_ = promised_and_kept(ROWS).data
    assert list(macs.x) == [1, 0.25]
    assert list(time.x) == [1, 1.5]
    # a whisker reaches from the bar's end, the least, to what three quarters stay below
    assert list(time.error_x.array) == [0.25, 0.375]
    assert list(time.error_x.arrayminus) == [0, 0]
    assert "250 MACs" in macs.customdata[1]
    assert "3 ms" in time.customdata[1]


def test_bars_have_their_variant_s_colour():
    macs, time, *keys = promised_and_kept(ROWS).data
    assert list(macs.marker.color) == list(time.marker.color)
    assert list(macs.marker.color) == [style_of(VARIANTS[row["variant"]]).color for row in ROWS]
    assert [key.name for key in keys] == ["multiplies", "measured time"]
    assert macs.marker.pattern.shape != time.marker.pattern.shape


def test_the_order_of_rows_does_not_matter():
    macs, *_ = promised_and_kept(ROWS[::-1]).data
    assert list(macs.x) == [0.25, 1]


def test_without_the_baseline_there_is_no_ratio():
    with pytest.raises(StopIteration):
        promised_and_kept(ROWS[1:])


def test_times_stand_in_their_class():
    rows = [{**ROWS[0], "class": "dense"}, {**ROWS[0], "class": "depthwise", "macs": 7}, ROWS[1]]
    data = time_over_macs(rows).data
    assert [trace.name for trace in data] == ["dense", "depthwise", "several stages"]
    assert [list(trace.x) for trace in data] == [[1000], [7], [250]]
    assert len({(t.marker.color, t.marker.symbol) for t in data}) == 3
    assert "basis 3×3, 12 → 20 at 17×14" in data[2].customdata[0]


def test_rates_by_class_show_the_table():
    columns = ("class", "layers", "slow_gmacs_per_s", "gmacs_per_s", "fast_gmacs_per_s")
    rows = [("dense", 5, 20.0, 40.0, 50.0), ("depthwise", 3, 1.0, 4.0, 9.0)]
    rates = Table(columns, [dict(zip(columns, row, strict=True)) for row in rows])
    (dots,) = rates_by_class(rates).data
    assert list(dots.y) == ["dense", "depthwise"]
    assert list(dots.x) == [40, 4]
    assert list(dots.error_x.array) == [10, 5]
    assert list(dots.error_x.arrayminus) == [20, 3]
    assert dots.marker.color[0] != dots.marker.color[1]
    assert "5 layers, median 40 GMAC/s, eight of ten from 20 to 50" in dots.customdata[0]
