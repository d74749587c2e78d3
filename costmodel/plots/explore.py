"""Figures of a design space: curves of a cost, and trade-offs of two costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import MAX_SAFE, exact, si
from costmodel.core.variant import VARIANTS
from costmodel.metrics.metric import METRICS, Metric
from costmodel.plots.layout import REFERENCE_LINE, axis, figure, log_axis, name_of, vertical
from costmodel.plots.palette import style_of
from costmodel.sweeping.axes import Axis
from costmodel.sweeping.grid import Grid
from costmodel.table import Table
from costmodel.typed import write_pairs

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT = 520
_MANY = 5000  # points from which WebGL draws them


def cost_curves(grid: Grid, over: Axis, metric: str) -> Figure:
    """The cost itself over one axis, one line per variant, on a logarithmic axis.

    Args:
        grid: one axis; where a variant does not fit, its line has a gap.
        over: what varies.
        metric: the key of what is drawn.
    """
    chosen, values = METRICS[metric], grid.axes[over.key]
    data = []
    for id in grid.variants:
        style = style_of(VARIANTS[id])
        cells = [cell if cell else None for cell in grid.cells[id, metric]]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(values) <= 40 else "lines",
                "name": name_of(VARIANTS[id]),
                "x": list(values),
                "y": [None if cell is None else float(cell) for cell in cells],
                "line": {"color": style.color, "width": 2.5, "dash": style.dash},
                "marker": {"symbol": style.symbol, "size": 7, "color": style.color},
                "customdata": [_amount(cell, chosen) for cell in cells],
                "hovertemplate": f"{over.label} %{{x}}<br>%{{customdata}}<extra>%{{fullData.name}}"
                "</extra>",
            }
        )
    return figure(
        data,
        height=_HEIGHT,
        xaxis=axis(over.label),
        yaxis=log_axis(_title(chosen)),
        shapes=[vertical(over.current, "dot")],
        hovermode="closest",
    )


def trade_off_scatter(table: Table, metrics: tuple[str, str]) -> Figure:
    """Two costs of every setting on logarithmic axes, with the front that nobody beats.

    Args:
        table: what `sweep.trade_off` gave.
        metrics: the keys along x and y.
    """
    x, y = (METRICS[key] for key in metrics)
    rows = [row for row in table if row[x.key] > 0 and row[y.key] > 0]  # no place on a log axis
    data: list[dict[str, Any]] = [_front(rows, x, y)]
    for id in dict.fromkeys(row["variant"] for row in rows):
        own = [row for row in rows if row["variant"] == id]
        style = style_of(VARIANTS[id])
        several = sum(not hyper.real for hyper in VARIANTS[id].hyper.values()) > 1
        data.append(
            {
                # drawn by the graphics card where they are many; no line joins a grid of settings
                "type": "scattergl" if len(rows) > _MANY else "scatter",
                "mode": "markers" if several else "lines+markers",
                "name": name_of(VARIANTS[id]),
                "x": [float(row[x.key]) for row in own],
                "y": [float(row[y.key]) for row in own],
                "line": {"color": style.color, "width": 1},
                "marker": {
                    "color": style.color,
                    "symbol": style.symbol,
                    "size": [14 if row["present"] else 5 if several else 7 for row in own],
                    "line": {"width": 1.5, "color": style.color},
                },
                "customdata": [
                    f"{write_pairs(row['hyper'], ', ')}<br>{_amount(row[x.key], x)}<br>"
                    f"{_amount(row[y.key], y)}" + ("<br>nobody beats it" if row["front"] else "")
                    for row in own
                ],
                "hovertemplate": "%{customdata}<extra>%{fullData.name}</extra>",
            }
        )
    return figure(
        data,
        height=_HEIGHT,
        xaxis=log_axis(_title(x)),
        yaxis=log_axis(_title(y)),
        hovermode="closest",
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
    )


def _front(rows: Sequence[Mapping[str, Any]], x: Metric, y: Metric) -> dict[str, Any]:
    best = sorted({(row[x.key], row[y.key]) for row in rows if row["front"]})
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "the front that nobody beats",
        "x": [float(pair[0]) for pair in best],
        "y": [float(pair[1]) for pair in best],
        "line": {"color": REFERENCE_LINE, "width": 5, "shape": "hv"},
        "opacity": 0.45,
        "hoverinfo": "skip",
    }


def _amount(value: Any, metric: Metric) -> str:
    if value is None:
        return ""
    words = f"{metric.label}: {exact(value)}"
    return words if abs(value) < 1000 or abs(value) > MAX_SAFE else f"{words} ({si(value)})"


def _title(metric: Metric) -> str:
    return f"{metric.label} ({metric.unit})" if metric.unit else metric.label
