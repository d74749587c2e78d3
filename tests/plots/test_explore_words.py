"""Titles above figures of a design space say what counting says, on data that can be read."""

from __future__ import annotations

import numpy
import pytest

from costmodel import VARIANTS, ConvLayer, count
from costmodel.core.readable import ratio
from costmodel.plots.explore_words import over_axis, over_map, over_settings
from costmodel.sweeping.axes import Axis, axes
from costmodel.sweeping.grid import Grid, on_grid
from costmodel.sweeping.quality import RankShare
from costmodel.sweeping.trade_off import trade_off

LAYER = ConvLayer(kernel=3, in_channels=12, out_channels=20, size=(17, 14))
OUT = Axis("out_channels", "output channels", 1, 99, 20)
B = Axis("basis.b", "b: number of bases", 1, 9, 4)


def grid(cells, base=(100, 100, 100, 100), axes=None):
    def column(values):
        found = numpy.empty(len(values), dtype=object)
        found[:] = values
        return found

    return Grid(
        LAYER,
        axes or {"out_channels": (2, 3, 5, 7)},
        {(id, "macs"): column(values) for id, values in cells.items()},
        {"macs": column(base)},
        {},
    )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            {"basis": [9, 9, 9, 9], "cp": [10, 11, None, 12]},
            "Least MACs: basis, at all 4 values of output channels",
        ),
        (
            {"basis": [9, 9, 9, 9], "cp": [10, 8, None, 12]},
            "Least MACs: basis at 3 of 4 values of output channels, CP decomposition at 1",
        ),
        (
            {"basis": [9, 9, 9, 5], "cp": [9, 9, 7, 6], "grouped": [20, 30, 30, 4]},
            "Least MACs: basis and CP decomposition at 2 of 4 values of output channels, "
            "CP decomposition at 1, others at 1",
        ),
        (
            {"basis": [0, 0, 0, 0], "cp": [0, 0, 0, 0], "grouped": [0, 0, 0, 0]},
            "Least MACs: 3 variants alike, at all 4 values of output channels",
        ),
        (
            {"basis": [None] * 4, "cp": [None] * 4},
            "No variant fits at any of the 4 values of output channels",
        ),
    ],
)
def test_the_least_is_named_with_how_often(cells, said):
    assert over_axis(grid(cells), OUT, "macs") == said


@pytest.mark.parametrize(
    ("cells", "base", "said"),
    [
        (
            [150, 80, 40, 100],
            [100] * 4,
            "Basis saves MACs at 2 of 4 values of b, 3 to 5; most at 5: ×0.4000",
        ),
        (
            [80, 150, 40, None],
            [100] * 4,
            "Basis saves MACs at 2 of 3 values of b; most at 5: ×0.4000",
        ),
        (
            [80, 90, 70, 75],
            [100] * 4,
            "Basis saves MACs at all 4 values of b, 2 to 7; most at 5: ×0.7000",
        ),
        ([100, 150, 140, 101], [100] * 4, "Basis saves no MACs at any of 4 values of b"),
        ([0, 0, 0, 0], [0] * 4, "There are no MACs to save at any value of b"),
        ([None] * 4, [100] * 4, "Basis fits at none of the 4 values of b"),
    ],
)
def test_one_variant_says_where_it_saves(cells, base, said):
    found = grid({"basis": cells}, base, {"basis.b": (2, 3, 5, 7)})
    assert over_axis(found, B, "macs") == said


def test_the_baseline_has_nothing_to_be_compared_with():
    found = grid({"standard": [9, 7, 1200, 8]}, [9, 7, 1200, 8])
    assert over_axis(found, OUT, "macs") == "Standard: 7 to 1.200 k MACs over output channels"
    both = on_grid(["standard"], LAYER, {"out_channels": (5, 7), "size": (6, 8)}, ("macs",))
    assert over_map(both, OUT, B, "macs").endswith("×1 everywhere")


@pytest.mark.parametrize("turned", [False, True])
def test_a_map_says_how_much_of_it_saves_and_where_most(turned):
    axes_ = {"out_channels": (4, 40, 90), "basis.b": (2, 4)}
    if turned:
        axes_ = dict(reversed(axes_.items()))
    found = on_grid(["basis"], LAYER, axes_, ("macs",))
    shares = {}
    for n in (4, 40, 90):
        layer = LAYER.replace(out_channels=n)
        for b in (2, 4):
            shares[n, b] = count("basis", layer, b=b).macs / count("standard", layer).macs
    saving = sum(share < 1 for share in shares.values())
    assert 0 < saving < len(shares)
    (n, b), least = min(shares.items(), key=lambda pair: pair[1])
    assert over_map(found, OUT, B, "macs") == (
        f"Basis saves MACs in {100 * saving / len(shares):.3g} % of the map, most at output "
        f"channels = {n} and b = {b}: {ratio(least)}"
    )


def test_a_map_without_a_saving_says_so():
    found = on_grid(["basis"], LAYER, {"out_channels": (4, 5), "basis.b": (8, 9)}, ("macs",))
    assert over_map(found, OUT, B, "macs") == "Basis saves no MACs anywhere on the map"
    nothing = on_grid(["basis"], LAYER, {"out_channels": (4, 5), "basis.b": (8, 9)}, ("biases",))
    assert over_map(nothing, OUT, B, "biases").startswith("Basis fits nowhere on the map, or")


def test_settings_on_the_front_are_counted_by_variant():
    metrics = ("params", "activations")
    table = trade_off(["standard", "basis", "cp", "grouped", "tucker2"], LAYER, metrics, 9)
    rows = list(table)
    best = [row for row in rows if row["front"]]
    title = over_settings(table, metrics)
    start = f"{len(best)} of {len(rows)} settings are beaten by none in activations and parameters"
    assert title.startswith(start)
    own = {row["variant"]: sum(r["variant"] == row["variant"] for r in best) for row in best}
    first = max(own, key=own.__getitem__)
    assert f": {own[first]} of " in title
    shown = [int(part.split()[0]) for part in title.partition(": ")[2].split(", ")]
    assert sum(shown) == len(best), "none is left out"


def test_with_a_quality_only_what_is_known_is_compared():
    metrics = ("params", "macs")
    table = trade_off(["standard", "basis", "grouped"], LAYER, metrics, 9, quality=RankShare())
    known = [row for row in table if row["rank_share"] is not None]
    assert 0 < len(known) < len(table)
    title = over_settings(table, metrics, RankShare())
    assert f" of {len(known)} settings are beaten by none of the same variant in MACs" in title
    assert "parameters and share of full rank" in title
    unknown = trade_off(["grouped"], LAYER, metrics, 9, quality=RankShare())
    assert over_settings(unknown, metrics, RankShare()) == (
        "Share of full rank is known of no setting"
    )


def test_every_axis_and_variant_has_a_title():
    common = [v for v in VARIANTS.values() if v.common]
    for over in axes(LAYER, common):
        shown = [v for v in common if not over.variant or v.id == over.variant]
        found = on_grid(shown, LAYER, {over.key: (1, 2, 3)}, ("macs",))
        assert over.short in over_axis(found, over, "macs")
