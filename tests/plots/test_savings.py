"""The map of savings shows the table's numbers, and marks what stands in place."""

from __future__ import annotations

import costmodel as cm
from costmodel.network.savings import savings
from costmodel.plots.layout import name_of
from costmodel.plots.savings import best_saving, left_out, savings_map

NET = cm.load("squeezenet")
TABLE = savings(NET)


def test_cells_are_the_shares_saved():
    heat, *_ = savings_map(TABLE, "macs", {}).data
    share = {(row["layer"], row["variant"]): row["share_saved"] for row in TABLE.rows}
    titles = {name_of(v): v.id for v in cm.VARIANTS.values()}
    seen = 0
    for layer, row in zip(heat.y, heat.z, strict=True):
        for title, cell in zip(heat.x, row, strict=True):
            expected = share.get((layer, titles[title]))
            assert cell == (None if expected is None else max(100 * float(expected), 0))
            seen += expected is not None
    assert seen > 100


def test_every_cell_that_fits_can_be_chosen_and_what_stands_there_is_marked():
    layer = NET.layers[3].name
    after = NET.replace("depthwise_separable", layer)
    chosen = {name: bound.variant.id for name, bound in after.plan.items()}
    heat, *dots = savings_map(TABLE, "macs", chosen).data
    cells = sum(cell is not None for row in heat.z for cell in row)
    saves, costs, standing = dots
    assert len(saves.x) + len(costs.x) == cells
    assert [data[:2] for data in standing.customdata] == [[layer, "depthwise_separable"]]
    names = {(row["layer"], row["variant"]) for row in TABLE.rows}
    assert {tuple(data[:2]) for dots in (saves, costs) for data in dots.customdata} <= names


def test_the_title_names_the_largest_saving_and_the_caption_what_is_not_shown():
    best = max(TABLE.rows, key=lambda row: row["macs_saved"])
    title = best_saving(TABLE, "macs")
    assert best["layer"] in title
    assert title[0].isupper()
    shown = savings_map(TABLE, "macs", {}).data[0].x
    assert {name_of(v) for v in cm.VARIANTS.values() if v.common and v.id != "standard"} <= {*shown}
    assert f"{100 * float(best['share_saved']):.3g} %" in title
    heat, *_ = savings_map(TABLE, "macs", {}).data
    every = {row["variant"] for row in TABLE.rows}
    assert left_out(TABLE).startswith(f"Not shown: {len(every) - len(heat.x)} variants")
