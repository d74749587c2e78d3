"""Figures of one comparison: bars of the ratio to the baseline, dots of the absolute costs.

Both keep the order of the rows, from the top down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.comparing.compare import Comparison
from costmodel.core.readable import exact, ratio, ratio_in_words, si
from costmodel.core.variant import VARIANTS
from costmodel.metrics.metric import METRICS, Metric
from costmodel.plots.layout import (
    REFERENCE_LINE,
    axis,
    bars,
    figure,
    fill_entry,
    filling,
    label_of,
    log_axis,
    name_of,
    row_axis,
    vertical,
)
from costmodel.plots.palette import style_of
from costmodel.typed import write_pairs

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW = 42  # pixels of one variant with its bars
_FRAME = 84  # legend, axis labels and title
_LONGEST = 2.5  # ratios beyond are cut off there, with their number written beside the bar
# How the metrics of one variant are told apart: all bars of a variant have its colour.
_FILLS = ("", "/", "x")


def ratio_bars(table: Comparison) -> Figure:
    """Horizontal bars from 0 of each metric's ratio to the baseline; 1 is marked."""
    chosen = _metrics(table)
    longest = max([1.0, *(r for metric in chosen for r in _ratios(table, metric))])
    end = min(longest, _LONGEST) * 1.22
    data = [
        _bars(table, metric, _FILLS[index % len(_FILLS)], end)
        for index, metric in enumerate(chosen)
    ]
    return figure(
        [*data, *_legend(chosen, "bar")],
        height=_ROW * len(table.variants) + _FRAME,
        barmode="group",
        bargap=0.22,
        bargroupgap=0.06,
        xaxis=axis(f"ratio to the {VARIANTS.baseline.title}", range=[0, end]),
        yaxis=row_axis(),
        shapes=[vertical(1)],
    )


def cost_dots(table: Comparison) -> Figure:
    """One dot per variant and metric on a logarithmic axis: the absolute costs.

    Filled markers are the first metric, open ones the others.
    """
    chosen = _metrics(table)
    data = [_dots(table, metric, index) for index, metric in enumerate(chosen)]
    return figure(
        [*_spans(table, chosen), *data, *_legend(chosen, "scatter")],
        height=_ROW * len(table.variants) + _FRAME,
        xaxis=log_axis("count, logarithmic"),
        yaxis=row_axis(showgrid=True),
    )


def summary(table: Comparison) -> str:
    """What the figures show, in words, for readers who do not see them."""
    chosen = _metrics(table)
    parts = []
    for variant, row in zip(table.variants, table, strict=True):
        costs = ", ".join(f"{exact(row[m.key])} {m.label}" for m in chosen)
        parts.append(f"{name_of(variant)}: {costs}")
    return "; ".join(parts) + "."


def _metrics(table: Comparison) -> list[Metric]:
    """Those that the table has a ratio of; multiplies, declared last, are asked for first."""
    return [m for m in METRICS.values() if m.shown and f"{m.key}_ratio" in table.names][::-1]


def _ratios(table: Comparison, metric: Metric) -> list[float]:
    return [row[f"{metric.key}_ratio"] or 0.0 for row in table]


def _bars(table: Comparison, metric: Metric, fill: str, end: float) -> dict[str, Any]:
    colors = [style_of(variant).color for variant in table.variants]
    return bars(
        metric.label,
        [label_of(variant) for variant in table.variants],
        [min(value, end) for value in _ratios(table, metric)],
        offsetgroup=metric.label,
        marker={
            "color": colors,
            "line": {"color": colors, "width": 1},
            "pattern": filling(fill),
        },
        text=[ratio(row[f"{metric.key}_ratio"]) for row in table],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        constraintext="none",
        textfont={"size": 11},
        customdata=[_hover(row, metric) for row in table],
        showlegend=False,
    )


def _dots(table: Comparison, metric: Metric, index: int) -> dict[str, Any]:
    styles = [style_of(variant) for variant in table.variants]
    symbols = [style.symbol.split("-open")[0].removesuffix("-dot") for style in styles]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": metric.label,
        "y": [label_of(variant) for variant in table.variants],
        "x": [float(row[metric.key]) or None for row in table],
        "marker": {
            "color": [style.color for style in styles],
            "symbol": [symbol + ("-open" if index else "") for symbol in symbols],
            "size": 12,
            "line": {"width": 2, "color": [style.color for style in styles]},
        },
        "customdata": [_hover(row, metric) for row in table],
        "hovertemplate": "<b>%{y}</b><br>%{customdata}<extra></extra>",
        "showlegend": False,
    }


def _spans(table: Comparison, metrics: Sequence[Metric]) -> list[dict[str, Any]]:
    """A thin line between the dots of one variant, so that the eye keeps to its row."""
    if len(metrics) < 2:
        return []
    xs: list[float | None] = []
    ys: list[str | None] = []
    for row, variant in zip(table, table.variants, strict=True):
        values = [float(row[metric.key]) for metric in metrics]
        xs += [min(values) or None, max(values), None]
        ys += [label_of(variant), label_of(variant), None]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": xs,
            "y": ys,
            "line": {"color": REFERENCE_LINE, "width": 1},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    ]


def _legend(metrics: Sequence[Metric], kind: str) -> list[dict[str, Any]]:
    """Entries that explain the fill alone: the colour is the variant's."""
    entries: list[dict[str, Any]] = []
    for index, metric in enumerate(metrics):
        if kind == "bar":
            entry = fill_entry(metric.label, _FILLS[index % len(_FILLS)])
        else:
            entry = {"type": kind, "name": metric.label, "x": [None], "y": [None]}
            symbol = "circle-open" if index else "circle"
            entry |= {"mode": "markers", "marker": {"color": REFERENCE_LINE, "symbol": symbol}}
            entry["marker"] |= {"size": 11, "line": {"width": 2}}
        entries.append(entry)
    return entries


def _hover(row: Mapping[str, Any], metric: Metric) -> str:
    value = row[metric.key]
    words = f"{metric.label}: {exact(value)}"
    if abs(value) >= 1000:
        words += f" ({si(value, metric.unit)})"
    settings = f"<br>{write_pairs(row['hyper'], ', ')}" if row.get("hyper") else ""
    return f"{words}<br>{ratio_in_words(row[f'{metric.key}_ratio'])}{settings}"
