"""Figures of a design space: curves of a cost, and trade-offs of two costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import MAX_SAFE, exact, si
from costmodel.core.variant import VARIANTS, Variant
from costmodel.metrics.metric import METRICS, Metric
from costmodel.plots.curve import held
from costmodel.plots.layout import REFERENCE_LINE, axis, figure, log_axis, name_of, vertical
from costmodel.plots.palette import NEUTRAL, style_of
from costmodel.sweeping.axes import Axis
from costmodel.sweeping.grid import Grid
from costmodel.sweeping.quality import Quality
from costmodel.table import Table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT = 520
_MANY = 5000  # points from which WebGL draws them


def cost_curves(grid: Grid, over: Axis, metric: str) -> Figure:
    """The cost itself over one axis, one line per variant, on a logarithmic axis.

    Args:
        grid: one axis; lines join the values at which a variant fits.
        over: what varies.
        metric: the key of what is drawn.
    """
    chosen, values = METRICS[metric], grid.axes[over.key]
    data = []
    for id in grid.variants:
        style = style_of(VARIANTS[id])
        points = [(x, cell) for x, cell in zip(values, grid.cells[id, metric], strict=True) if cell]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(points) <= 40 else "lines",
                "name": name_of(VARIANTS[id]),
                "x": [x for x, _ in points],
                "y": [float(cell) for _, cell in points],
                "line": {"color": style.color, "width": 2.5, "dash": style.dash},
                "marker": {"symbol": style.symbol, "size": 7, "color": style.color},
                "customdata": [_amount(cell, chosen) for _, cell in points],
                "hovertemplate": f"{over.label} %{{x}}<br>%{{customdata}}<extra>%{{fullData.name}}"
                "</extra>",
            }
        )
    return figure(
        data,
        height=_HEIGHT,
        xaxis=axis(over.label if over.letter else f"{over.label}<br>{held(grid)}"),
        yaxis=log_axis(_title(chosen)),
        shapes=[vertical(over.current, "dot")],
        hovermode="closest",
    )


def trade_off_scatter(
    table: Table, metrics: tuple[str, str], quality: Quality | None = None
) -> Figure:
    """Two costs of every setting on logarithmic axes, with the front that nobody beats.

    Args:
        table: what `trade_off` gave.
        metrics: the keys along x and y.
        quality: the third axis of the table, as colour; its front is ringed.
    """
    x, y = (METRICS[key] for key in metrics)
    rows = [row for row in table if row[x.key] > 0 and row[y.key] > 0]  # no place on a log axis
    key = quality.column.key if quality else ""
    known = [row[key] for row in rows if row[key] is not None] if key else []
    data: list[dict[str, Any]] = [] if quality else [_front(rows, x, y)]
    for id in dict.fromkeys(row["variant"] for row in rows):
        own = [row for row in rows if row["variant"] == id]
        marks = _settings(own, VARIANTS[id], x, y, webgl=len(rows) > _MANY)
        if quality:
            _by_quality(marks, own, quality)
        data.append(marks)
    return figure(
        data,
        height=_HEIGHT,
        xaxis=log_axis(_title(x)),
        yaxis=log_axis(_title(y)),
        hovermode="closest",
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        coloraxis={
            "colorscale": "Cividis",
            "reversescale": bool(quality and not quality.larger),
            "cmin": min(known, default=0),
            "cmax": max(known, default=1),
            "colorbar": {"title": {"text": quality.column.label if quality else ""}},
        },
    )


def _settings(
    own: Sequence[Mapping[str, Any]], variant: Variant, x: Metric, y: Metric, webgl: bool
) -> dict[str, Any]:
    """The settings of one variant as marks; drawn by the graphics card where they are many.

    What the pointer reads is put together in the browser: 10⁵ texts would take longer than all of
    the counting.
    """
    style = style_of(variant)
    several = sum(not hyper.real for hyper in variant.hyper.values()) > 1
    letters = list(own[0]["hyper"])
    values = [f"{letter} = %{{customdata[{at}]}}" for at, letter in enumerate(letters)]
    costs = [
        f"{metric.label}: %{{customdata[{len(letters) + at}]{_digits(own, metric)}}}"
        for at, metric in enumerate((x, y))
    ]
    return {
        # no line joins a grid of settings
        "type": "scattergl" if webgl else "scatter",
        "mode": "markers" if several else "lines+markers",
        "name": name_of(variant),
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
            [*map(_plain, row["hyper"].values()), _plain(row[x.key]), _plain(row[y.key])]
            for row in own
        ],
        "hovertemplate": "<br>".join([", ".join(values), *costs])
        + "<extra>%{fullData.name}</extra>",
    }


def _digits(rows: Sequence[Mapping[str, Any]], metric: Metric) -> str:
    """How the browser writes integers, with separators; nothing where some are text already."""
    return ":,d" if all(isinstance(_plain(row[metric.key]), int) for row in rows) else ""


def _plain(value: Any) -> int | str:
    """What the browser shows as it is: an integer that a double holds, or digits as text."""
    return value if isinstance(value, int) and abs(value) <= MAX_SAFE else exact(value)


def _by_quality(
    marks: dict[str, Any],
    own: Sequence[Mapping[str, Any]],
    quality: Quality,
) -> None:
    """Colour marks by a quality, and ring those on the front; what is not known is hollow."""
    key, marker = quality.column.key, marks["marker"]
    if any(row[key] is not None for row in own):
        marker["color"] = [math.nan if row[key] is None else row[key] for row in own]
        marker["coloraxis"] = "coloraxis"
    else:
        marker["color"] = NEUTRAL
    marker["line"] = {
        "width": [2 if row["front"] else 0 for row in own],
        "color": REFERENCE_LINE,
    }
    marker["size"] = [
        14 if row["present"] else 9 if row["front"] else 5 if row[key] is not None else 3
        for row in own
    ]
    marks["mode"] = "markers"
    at = len(marks["customdata"][0]) if own else 0
    for cells, row in zip(marks["customdata"], own, strict=True):
        cells.append("not known" if row[key] is None else f"{row[key]:.4g}")
    said = f"<br>{quality.column.label}: %{{customdata[{at}]}}<extra>"
    marks["hovertemplate"] = marks["hovertemplate"].replace("<extra>", said)


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
