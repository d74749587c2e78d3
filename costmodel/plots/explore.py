"""Figures of a design space: curves of a cost, a map of the ratio, and trade-offs of two costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.metrics import METRICS, Metric
from costmodel.plots.layout import REFERENCE_LINE, axis, figure, log_axis, name_of
from costmodel.plots.palette import style_of
from costmodel.readable import MAX_SAFE, exact, ratio, si
from costmodel.sweep import Axis, Sweep
from costmodel.table import Table
from costmodel.variant import VARIANTS, Variant

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT = 520
# Blue where it is cheaper than the baseline, brown where it is dearer, nothing in between: a pair
# that protan, deutan and tritan eyes tell apart.
_DIVERGING = (
    (0.0, "#01497C"),
    (0.25, "#4F9BC9"),
    (0.5, "#F2EFE9"),
    (0.75, "#D89A3F"),
    (1.0, "#7A4100"),
)
_MOST_DOUBLINGS = 5  # of the colour scale on either side


def cost_curves(
    sweep: Sweep, over: Axis, metric: str, variants: Mapping[str, Variant] = VARIANTS
) -> Figure:
    """The cost itself over one axis, one line per variant, on a logarithmic axis.

    Args:
        sweep: one axis; where a variant does not fit, its line has a gap.
        over: what varies.
        metric: the key of what is drawn.
    """
    chosen, values = METRICS[metric], sweep.axes[over.key]
    data = []
    for id in sweep.variants:
        style = style_of(variants[id])
        cells = [cell if cell else None for cell in sweep.cells[id, metric]]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(values) <= 40 else "lines",
                "name": name_of(variants[id]),
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
        shapes=[_vertical(over.current)],
        hovermode="closest",
    )


def ratio_map(
    sweep: Sweep,
    across: Axis,
    up: Axis,
    metric: str,
    boundary: Iterable[tuple[float, float]] = (),
    variants: Mapping[str, Variant] = VARIANTS,
) -> Figure:
    """The ratio to the baseline over two axes: colours by its doublings, a thick line at 1.

    Args:
        sweep: two axes, one variant.
        across, up: what varies along x and y; the present point is marked.
        metric: the key of what is compared.
        boundary: the exact break-even as points (x, y), drawn over the line.
    """
    (id,) = sweep.variants
    ratios, cells = sweep.ratio(id, metric), sweep.cells[id, metric]
    base = sweep.baseline[metric]
    xs, ys = sweep.axes[across.key], sweep.axes[up.key]
    turn = list(sweep.axes).index(across.key) == 0  # rows of a map are y

    def at(array: Any, x: int, y: int) -> Any:
        return array[x, y] if turn else array[y, x]

    grid = [[_doublings(float(at(ratios, x, y))) for x in range(len(xs))] for y in range(len(ys))]
    hover = [
        [_both(at(cells, x, y), at(base, x, y)) for x in range(len(xs))] for y in range(len(ys))
    ]
    known = [abs(value) for row in grid for value in row if value is not None]
    limit = min(max([1.0, *known]), _MOST_DOUBLINGS)
    name = name_of(variants[id])
    surface = {
        "type": "heatmap",
        "x": list(xs),
        "y": list(ys),
        "z": grid,
        "zmin": -limit,
        "zmax": limit,
        "colorscale": [list(stop) for stop in _DIVERGING],
        "colorbar": {
            "title": {"text": "ratio"},
            "tickvals": _ticks(limit),
            "ticktext": [ratio(2.0**value) for value in _ticks(limit)],
            "thickness": 14,
        },
        "customdata": hover,
        "hovertemplate": f"{_short(across)} %{{x}}, {_short(up)} %{{y}}<br>%{{customdata}}"
        f"<extra>{name}</extra>",
        "name": "ratio",
    }
    line = {
        "type": "contour",
        "x": list(xs),
        "y": list(ys),
        "z": grid,
        "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"},
        "line": {"width": 4, "color": "#1F2933"},
        "showscale": False,
        "hoverinfo": "skip",
        "name": "as expensive as the baseline",
        "connectgaps": False,
    }
    return figure(
        [surface, line, *_exact(boundary, ys), _point(across, up)],
        height=_HEIGHT,
        xaxis=axis(across.label, showgrid=False, range=_range(xs)),
        yaxis=axis(up.label, showgrid=False, range=_range(ys)),
    )


def trade_off_scatter(
    table: Table, metrics: tuple[str, str], variants: Mapping[str, Variant] = VARIANTS
) -> Figure:
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
        style = style_of(variants[id])
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name_of(variants[id]),
                "x": [float(row[x.key]) for row in own],
                "y": [float(row[y.key]) for row in own],
                "line": {"color": style.color, "width": 1},
                "marker": {
                    "color": style.color,
                    "symbol": style.symbol,
                    "size": [14 if row["present"] else 7 for row in own],
                    "line": {"width": 1.5, "color": style.color},
                },
                "customdata": [
                    f"{row['hyper'].replace(';', ', ')}<br>{_amount(row[x.key], x)}<br>"
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


def _exact(boundary: Iterable[tuple[float, float]], ys: Sequence[int]) -> list[dict[str, Any]]:
    points = [(x, y) for x, y in boundary if ys[0] <= y <= ys[-1]]
    if not points:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [x for x, _ in points],
            "y": [y for _, y in points],
            "line": {"color": "#FFFFFF", "width": 1.5, "dash": "dot"},
            "hoverinfo": "skip",
            "name": "exact break-even",
            "showlegend": False,
        }
    ]


def _point(across: Axis, up: Axis) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [across.current],
        "y": [up.current],
        "marker": {
            "size": 15,
            "symbol": "x",
            "color": "#FFFFFF",
            "line": {"width": 2, "color": "#1F2933"},
        },
        "hovertemplate": f"now: {_short(across)} %{{x}}, {_short(up)} %{{y}}<extra></extra>",
        "name": "now",
        "showlegend": False,
    }


def _doublings(value: float) -> float | None:
    return math.log2(value) if value > 0 else None  # also for not-a-number


def _both(cell: Any, base: Any) -> str:
    if cell is None or not base:
        return "no such layer"
    return f"{exact(cell)} of {exact(base)}, {ratio(cell / base)}"


def _ticks(limit: float) -> list[int]:
    whole = math.floor(limit)
    return list(range(-whole, whole + 1))


def _range(values: Sequence[int]) -> list[float]:
    if len(values) == 1:
        return [values[0] - 1, values[0] + 1]
    return [values[0] - (values[1] - values[0]) / 2, values[-1] + (values[-1] - values[-2]) / 2]


def _amount(value: Any, metric: Metric) -> str:
    if value is None:
        return ""
    words = f"{metric.label}: {exact(value)}"
    return words if abs(value) < 1000 or abs(value) > MAX_SAFE else f"{words} ({si(value)})"


def _title(metric: Metric) -> str:
    return f"{metric.label} ({metric.unit})" if metric.unit else metric.label


def _short(over: Axis) -> str:
    return over.letter or over.label


def _vertical(x: float) -> dict[str, Any]:
    line = {"color": REFERENCE_LINE, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}
