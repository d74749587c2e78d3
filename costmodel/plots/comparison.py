"""Bars of one comparison: the ratio of each metric to the baseline's, in the order of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.comparing.compare import Comparison
from costmodel.core.readable import exact, ratio, ratio_in_words, si
from costmodel.core.variant import VARIANTS
from costmodel.metrics.metric import METRICS, Metric
from costmodel.plots.layout import (
    axis,
    bars,
    cuts,
    figure,
    fill_entry,
    filling,
    label_of,
    name_of,
    row_axis,
    vertical,
)
from costmodel.plots.palette import style_of
from costmodel.typed import write_pairs

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: Ratios beyond are cut off there, with a mark, and their number written beside the bar.
LONGEST = 2.5
_ROW = 42  # pixels of one variant with its bars
_FRAME = 84  # legend, axis labels and title
# How the metrics of one variant are told apart: all bars of a variant have its colour.
_FILLS = ("", "/", "x")
_ALIKE = 0.005  # ratios that differ by less look the same
_ROOM = 1.22  # for the number beside the longest bar


def ratio_bars(table: Comparison) -> Figure:
    """Horizontal bars from 0 of each metric's ratio to the baseline; 1 is marked.

    Metrics whose ratios are the same for every variant have one bar together.
    """
    chosen = _told_apart(table, _metrics(table))
    longest = max([1.0, *(r for metrics in chosen for r in _ratios(table, metrics[0]))])
    end = min(longest, LONGEST)
    data = [
        _bars(table, metrics, _FILLS[index % len(_FILLS)], end)
        for index, metrics in enumerate(chosen)
    ]
    # bars of a row stand side by side: the mark is in the middle of all of them
    rows = [label_of(variant) for variant in table.variants]
    beyond = [
        row
        for row, *values in zip(rows, *(_ratios(table, m[0]) for m in chosen), strict=True)
        if max(values) > end
    ]
    keys = [
        fill_entry(_names(metrics), _FILLS[index % len(_FILLS)])
        for index, metrics in enumerate(chosen)
    ]
    return figure(
        [*data, *cuts(beyond, end), *keys],
        height=_ROW * len(table.variants) + _FRAME,
        barmode="group",
        bargap=0.22,
        bargroupgap=0.06,
        xaxis=axis(f"ratio to the {VARIANTS.baseline.title}", range=[0, end * _ROOM]),
        yaxis=row_axis(),
        shapes=[vertical(1)],
    )


def summary(table: Comparison) -> str:
    """What the figures show, in words, for readers who do not see them."""
    chosen = _metrics(table)
    parts = []
    for variant, row in zip(table.variants, table, strict=True):
        costs = ", ".join(f"{exact(row[m.key])} {m.label}" for m in chosen)
        parts.append(f"{name_of(variant)}: {costs}")
    return "; ".join(parts) + "."


def standing(table: Comparison, id: str, metric: str = "macs") -> str:
    """How a variant of a comparison stands: its ratio, and how many of the others cost less.

    Args:
        table: the variant, and at least one other. id: which one. metric: what they cost.
    """
    own = table.counts[id]
    others = [counts for key, counts in table.counts.items() if key != id]
    less = sum(counts[metric] < own[metric] for counts in others)
    name, whole = name_of(own.variant), table.baseline[metric]
    label, title = METRICS[metric].label, VARIANTS.baseline.title
    if own[metric] == whole:
        said = f"as many {label} as the {title}"
    else:
        said = f"{ratio_in_words(own[metric] / whole if whole else None)} {label} than the {title}"
    return (
        f"{name[:1].upper()}{name[1:]}: {said}; {less or 'none'} of the {len(others)} others "
        f"{'need' if less > 1 else 'needs'} fewer"
    )


def hover(row: Mapping[str, Any], metric: Metric) -> str:
    """What the pointer reads of a metric: the exact count, its ratio in words, the settings."""
    value = row[metric.key]
    words = f"{metric.label}: {exact(value)}"
    if abs(value) >= 1000:
        words += f" ({si(value, metric.unit)})"
    settings = f"<br>{write_pairs(row['hyper'], ', ')}" if row.get("hyper") else ""
    return f"{words}<br>{ratio_in_words(row[f'{metric.key}_ratio'])}{settings}"


def _metrics(table: Comparison) -> list[Metric]:
    """Those that the table has a ratio of; multiplies, declared last, are asked for first."""
    return [m for m in METRICS.values() if m.shown and f"{m.key}_ratio" in table.names][::-1]


def _ratios(table: Comparison, metric: Metric) -> list[float]:
    return [row[f"{metric.key}_ratio"] or 0.0 for row in table]


def _told_apart(table: Comparison, metrics: Sequence[Metric]) -> list[list[Metric]]:
    """The metrics, those together whose bars would be twins."""
    groups: list[list[Metric]] = []
    for metric in metrics:
        own = _ratios(table, metric)
        for group in groups:
            others = _ratios(table, group[0])
            if all(abs(a - b) <= _ALIKE * b for a, b in zip(own, others, strict=True)):
                group.append(metric)
                break
        else:
            groups.append([metric])
    return groups


def _names(metrics: Sequence[Metric]) -> str:
    return " and ".join(metric.label for metric in metrics)


def _bars(table: Comparison, metrics: Sequence[Metric], fill: str, end: float) -> dict[str, Any]:
    colors = [style_of(variant).color for variant in table.variants]
    values = _ratios(table, metrics[0])
    return bars(
        _names(metrics),
        [label_of(variant) for variant in table.variants],
        [min(value, end) for value in values],
        offsetgroup=_names(metrics),
        marker={
            "color": colors,
            "line": {"color": colors, "width": 1},
            "pattern": filling(fill),
        },
        text=[ratio(value) for value in values],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        constraintext="none",
        textfont={"size": 11},
        customdata=["<br>".join(hover(row, metric) for metric in metrics) for row in table],
        showlegend=False,
    )
