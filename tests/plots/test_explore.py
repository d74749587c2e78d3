"""Figures of a design space show the library's cells, and the exact ones on hover."""

import math

import pytest

from costmodel import METRICS, VARIANTS, ConvLayer
from costmodel.plots.explore import cost_curves, trade_off_scatter
from costmodel.plots.ratio_map import ratio_map
from costmodel.sweeping.axes import axes
from costmodel.sweeping.break_evens import boundary
from costmodel.sweeping.grid import on_grid
from costmodel.sweeping.quality import RankShare
from costmodel.sweeping.trade_off import trade_off

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 48))


def axis_of(key, variants):
    return next(a for a in axes(LAYER, variants) if a.key == key)


def named(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_curves_are_the_cells():
    chosen = [VARIANTS["basis"], VARIANTS["grouped"]]
    swept = on_grid(chosen, LAYER, {"out_channels": (6, 7, 8)}, ("macs",), g=2)
    found = named(cost_curves(swept, axis_of("out_channels", chosen), "macs"))
    assert list(found["basis"].y) == list(swept.cells["basis", "macs"])
    assert f"{swept.cells['basis', 'macs'][2]:,}" in found["basis"].customdata[2]
    assert list(found["grouped"].x) == [6, 8], "seven channels have no two groups"


def test_the_present_value_is_marked():
    swept = on_grid(["basis"], LAYER, {"out_channels": (64, 256)}, ("macs",))
    figure = cost_curves(swept, axis_of("out_channels", []), "macs")
    assert [shape.x0 for shape in figure.layout.shapes] == [128]
    assert figure.layout.yaxis.type == "log"


@pytest.fixture(scope="module", params=["columns first", "rows first"])
def mapped(request):
    variant = VARIANTS["basis"]
    across, up = axis_of("out_channels", [variant]), axis_of("basis.b", [variant])
    grids = {"out_channels": (5, 60, 128), "basis.b": (2, 9)}
    if request.param == "rows first":
        grids = dict(reversed(grids.items()))
    return on_grid([variant], LAYER, grids, ("macs",)), across, up


def test_a_map_is_the_doublings_of_the_ratio(mapped):
    swept, across, up = mapped
    found = named(ratio_map(swept, across, up, "macs"))
    straight = on_grid(
        ["basis"], LAYER, {"basis.b": (2, 9), "out_channels": (5, 60, 128)}, ("macs",)
    )
    ratios = straight.ratio("basis", "macs")
    assert len(found["ratio"].z) == 2
    for row, expected in zip(found["ratio"].z, ratios.tolist(), strict=True):
        assert list(row) == [math.log2(value) for value in expected]
    exact = straight.cells["basis", "macs"][1, 2]
    assert f"{exact:,} of {straight.baseline['macs'][1, 2]:,}" in found["ratio"].customdata[1][2]
    assert found["ratio"].zmin == -found["ratio"].zmax, "nothing in between is neutral"
    assert (list(found["now"].x), list(found["now"].y)) == ([128], [4])


def test_the_exact_break_even_lies_on_the_map(mapped):
    from costmodel import count

    swept, across, up = mapped
    line = boundary(count("basis", LAYER), across, up, (5, 60, 128), "macs")
    found = named(ratio_map(swept, across, up, "macs", line))["exact break-even"]
    points = dict(zip(found.x, found.y, strict=True))
    # b (1/n + 1/k²) = 1
    assert points[128] == pytest.approx(1 / (1 / 128 + 1 / 9))
    assert 5 not in points or 2 <= points[5] <= 9, "what lies outside is not drawn"


def test_a_trade_off_shows_every_setting_and_its_front():
    metrics = ("params", "activations")
    table = trade_off(["standard", "basis", "cp"], LAYER, metrics, settings=6)
    figure = trade_off_scatter(table, metrics)
    found = named(figure)
    rows = [row for row in table if row["variant"] == "basis"]
    assert list(found["basis"].x) == [row["params"] for row in rows]
    assert list(found["basis"].y) == [row["activations"] for row in rows]
    large = [size for size in found["basis"].marker.size if size > 10]
    assert len(large) == 1, "the present setting"
    front = found["the front that nobody beats"]
    best = sorted((r["params"], r["activations"]) for r in table if r["front"])
    assert list(zip(front.x, front.y, strict=True)) == sorted(set(best))
    assert found["basis"].customdata[0] == [1, rows[0]["params"], rows[0]["activations"]]
    read = found["basis"].hovertemplate
    assert f"b = %{{customdata[0]}}<br>{METRICS['params'].label}: %{{customdata[1]:,d}}" in read


def test_numbers_that_a_browser_cannot_hold_are_read_as_text():
    layer = LAYER.replace(in_channels=10**9, out_channels=10**9)
    table = trade_off(["basis"], layer, ("params", "macs"), settings=3)
    (found,) = [t for t in trade_off_scatter(table, ("params", "macs")).data if t.name == "basis"]
    assert found.customdata[0][2] == f"{table.rows[0]['macs']:,}"
    assert "%{customdata[2]}" in found.hovertemplate


def test_a_quality_is_the_colour_and_its_front_is_ringed():
    metrics = ("params", "macs")
    table = trade_off(["standard", "basis", "grouped"], LAYER, metrics, 9, quality=RankShare())
    figure = trade_off_scatter(table, metrics, RankShare())
    found = named(figure)
    own = [row for row in table if row["variant"] == "basis"]
    assert list(found["basis"].marker.color) == [row["rank_share"] for row in own]
    rings = [width > 0 for width in found["basis"].marker.line.width]
    assert rings == [row["front"] for row in own]
    assert any(rings)
    assert "Share of full rank: %{customdata[3]}" in found["basis"].hovertemplate
    assert {cells[-1] for cells in found["grouped"].customdata} == {"not known"}
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (
        min(row["rank_share"] for row in table if row["rank_share"] is not None),
        1.0,
    )


def test_many_settings_are_drawn_by_the_graphics_card():
    metrics = ("params", "macs")
    few, many = (
        trade_off_scatter(trade_off(["tucker2"], LAYER, metrics, settings=n), metrics)
        for n in (30, 7000)
    )
    (small,), (large,) = ([t for t in f.data if t.mode == "markers"] for f in (few, many))
    assert (small.type, large.type) == ("scatter", "scattergl")
    assert len(large.x) > 5000
