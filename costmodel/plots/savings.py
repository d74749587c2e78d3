"""What each variant would save in place of each layer, as a map whose cells can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import exact, percent, ratio_in_words
from costmodel.core.variant import VARIANTS
from costmodel.network import columns
from costmodel.plots.layout import REFERENCE_LINE, as_text, axis, figure, name_of, row_axis
from costmodel.plots.palette import MEANINGS, channels
from costmodel.table import Table
from costmodel.typed import write_pairs

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW = 20  # pixels of one layer
_FRAME = 190  # the variants' names, and the scale
_MOST = 24  # variants side by side
_NEAR = 9  # pixels around a mark that belong to its cell: no click is for the row beside


def savings_map(table: Table, metric: str, chosen: Mapping[str, str]) -> Figure:
    """Layers by variants, coloured by the share of the network's cost that is saved.

    A cell that would cost as much or more is empty but for a dot; where a variant does not fit
    there is nothing at all. What stands in place now is marked. The `customdata` of a cell begins
    with the layer's name and the variant's id.

    Args:
        table: as of `network.savings.savings`. chosen: by layer, what stands in its place.
    """
    rows = [row for row in table.rows if row["variant"] in _paying(table)]
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    variants = [id for id in _paying(table) if any(row["variant"] == id for row in rows)]
    titles = {id: as_text(name_of(VARIANTS[id])) for id in variants}
    share = {(row["layer"], row["variant"]): _share(row) for row in rows}
    cells = [[share.get((layer, id)) for id in variants] for layer in layers]
    pays = [row for row in rows if _share(row) > 0]
    costs = [row for row in rows if _share(row) <= 0]
    standing = [row for row in rows if chosen.get(row["layer"]) == row["variant"]]
    return figure(
        [
            {
                "type": "heatmap",
                "x": [titles[id] for id in variants],
                "y": [as_text(layer) for layer in layers],
                "z": [[_percent(cell) for cell in row] for row in cells],
                "zmin": 0,
                "colorscale": _scale(),
                "colorbar": {
                    "title": {"text": "% of the network saved", "side": "right"},
                    "thickness": 12,
                    "outlinewidth": 0,
                },
                "hoverinfo": "skip",
                "xgap": 1,
                "ygap": 1,
            },
            _cells("saves", pays, titles, metric, symbol="square", opacity=0, size=14),
            _cells("costs more", costs, titles, metric, symbol="circle", opacity=0.35, size=4),
            _cells(
                "in place",
                standing,
                titles,
                metric,
                symbol="x-thin",
                size=9,
                line={"width": 2.5, "color": MEANINGS["worse"]},
            ),
        ],
        height=_ROW * len(layers) + _FRAME,
        showlegend=False,
        hovermode="closest",
        hoverdistance=_NEAR,
        xaxis=axis("", side="top", tickangle=-50, showgrid=False, dtick=1),
        yaxis=row_axis(categoryorder="array", categoryarray=list(map(as_text, layers)), dtick=1),
    )


def best_saving(table: Table, metric: str) -> str:
    """The one replacement that saves most, as a title."""
    best = max(table.rows, key=lambda row: row[f"{metric}_saved"], default=None)
    label = columns.column(metric).label
    if best is None or best[f"{metric}_saved"] <= 0:
        return f"No single replacement saves any {label}"
    name = name_of(VARIANTS[best["variant"]])
    name = name[:1].upper() + name[1:]
    return f"{name} in place of {best['layer']} saves most: {percent(_share(best))} of the {label}"


def left_out(table: Table) -> str:
    """How many variants the map does not show; "" for none."""
    every = {row["variant"] for row in table.rows}
    shown = _paying(table)
    if len(shown) == len(every):
        return ""
    return f"Not shown: {len(every) - len(shown)} variants that save less in all, or nothing."


def _paying(table: Table) -> list[str]:
    """The common variants that save anything and those that save most, in catalogue order."""
    total: dict[str, float] = {}
    for row in table.rows:
        total[row["variant"]] = total.get(row["variant"], 0) + max(_share(row), 0)
    paying = [id for id in total if total[id] > 0]
    paying.sort(key=lambda id: (not VARIANTS[id].common, -total[id]))
    return [id for id in VARIANTS if id in paying[:_MOST]]


def _share(row: Mapping[str, Any]) -> float:
    return float(row["share_saved"] or 0)


def _percent(share: float | None) -> float | None:
    return None if share is None else max(100 * share, 0)


def _scale() -> list[tuple[float, str]]:
    """From nearly nothing to the colour of what is better, on any background."""
    red, green, blue = channels(MEANINGS["better"])
    return [(at, f"rgba({red},{green},{blue},{0.06 + 0.94 * at})") for at in (0, 0.5, 1)]


def _cells(
    name: str, rows: list[Mapping[str, Any]], titles: Mapping[str, str], metric: str, **marker: Any
) -> dict[str, Any]:
    """Cells that can be pointed at and chosen."""
    opacity = marker.get("opacity", 1)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [titles[row["variant"]] for row in rows],
        "y": [as_text(row["layer"]) for row in rows],
        "marker": {"color": REFERENCE_LINE, **marker},
        "selected": {"marker": {"opacity": opacity}},
        "unselected": {"marker": {"opacity": opacity}},
        "customdata": [[row["layer"], row["variant"], _words(row, metric)] for row in rows],
        "hovertemplate": "<b>%{y}</b>: %{x}<br>%{customdata[2]}<extra></extra>",
    }


def _words(row: Mapping[str, Any], metric: str) -> str:
    label = columns.column(metric).label
    values = write_pairs(row["hyper"] or {}, ", ")
    ratio = ratio_in_words(row[f"{metric}_ratio"])
    return (
        f"{exact(row[metric])} {label} instead of {exact(row[f'{metric}_before'])}"
        f"<br>{ratio}; {percent(max(_share(row), 0))} of the network saved"
        + (f"<br>{as_text(values)}" if values else "")
    )
