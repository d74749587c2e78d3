"""The ratio to the baseline over one axis, with the exact break-even and the current value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import exact, ratio, ratio_in_words
from costmodel.core.variant import VARIANTS, Variant
from costmodel.metrics.metric import METRICS
from costmodel.plots.layout import (
    LEGEND,
    REFERENCE_LINE,
    STILL,
    as_text,
    axis,
    figure,
    fixed,
    name_of,
    vertical,
)
from costmodel.plots.palette import style_of
from costmodel.solving.solution import Solution
from costmodel.sweeping.axes import Axis
from costmodel.sweeping.grid import Grid

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# How the metrics of one variant are told apart, also where their lines coincide: a broad pale line
# below a narrow one.
_STROKES = (
    {"width": 2.5, "opacity": 1.0, "dash": "solid"},
    {"width": 9.0, "opacity": 0.35, "dash": "solid"},
    {"width": 2.5, "opacity": 1.0, "dash": "dot"},
)
_HIGHEST = 3.0  # ratios beyond are cut off: what matters lies around 1


def ratio_curve(
    grid: Grid,
    over: Axis,
    break_evens: Iterable[Solution] = (),
    within: Solution | None = None,
    height: int = 380,
) -> Figure:
    """One line per variant and metric over the only axis of a grid.

    Args:
        grid: one axis, any variants; lines join the values at which a variant fits. What else of
            the hyper-parameters stays or follows the layer stands below the axis.
        over: what varies; its current value is marked.
        break_evens: marked with a vertical line and their exact value, where they have one.
        within: values that a budget allows: a band up to the budget's height, and the last of them
            marked on the curve.
        height: in pixels, the legend included.
    """
    metrics = list(dict.fromkeys(metric for _, metric in grid.cells))
    values = grid.axes[over.key]
    data: list[dict[str, Any]] = []
    highest = 1.0
    for id in grid.variants:
        for place, metric in reversed(list(enumerate(metrics))):  # the narrow line comes last
            ratios = grid.ratio(id, metric)
            known = [float(r) for r in ratios if r == r]
            highest = max([highest, *known])
            data += _line(grid, VARIANTS[id], metric, values, ratios, over, _STROKES[place % 3])
    marks = _marks(break_evens, values)
    bands: list[dict[str, Any]] = []
    if within is not None:
        limit, answer, note = _budget(within, grid, values)
        highest = max(highest, limit)
        bands = _bands(within, values, limit)
        data += answer
        marks.append((_level(limit, "dot"), note))
    top = min(highest, _HIGHEST) * 1.12
    title = over.label if over.letter else f"{over.label}<br>{held(grid)}"
    return figure(
        data,
        height=height,
        xaxis=axis(title, range=[values[0] - _pad(values), values[-1] + _pad(values)], **STILL),
        yaxis=axis(f"ratio to the {VARIANTS.baseline.title}", range=[0, top], **STILL),
        margin=fixed(["0.25"], title),
        shapes=[*bands, _level(1, "dash"), *(shape for shape, _ in marks)],
        annotations=[*(note for _, note in marks), *_cut_off(grid, top)],
        hovermode="closest",
        legend={**LEGEND, "traceorder": "reversed"},
    )


def held(grid: Grid) -> str:
    """What stays of the hyper-parameters while a size of the layer varies, and what follows it."""
    every = [(VARIANTS[id], letter) for id in grid.variants for letter in VARIANTS[id].hyper]
    hyper = [pair for own in grid.hyper.values() for pair in own.items()]
    kept = [f"{letter} = {exact(value)}" for letter, value in hyper]
    if not every:
        return ""
    if len(grid.variants) == 1 and kept:
        return f"with {', '.join(kept)}" + " and the rest by default" * (len(kept) < len(every))
    if len(kept) == len(every):
        return "all hyper-parameters stay as they are on the layer"
    if kept:
        return "the hyper-parameters that were set stay, the others follow the layer"
    return "hyper-parameters follow the layer, by their defaults"


def _cut_off(grid: Grid, top: float) -> list[dict[str, Any]]:
    """A note where lines leave the plot, with how far the highest one goes."""
    highest = {
        (id, metric): max((float(r) for r in grid.ratio(id, metric).flat if r == r), default=0.0)
        for id, metric in grid.cells
    }
    beyond = {key: value for key, value in highest.items() if value > top}
    if not beyond:
        return []
    id, _ = largest = max(beyond, key=beyond.__getitem__)
    return [
        {
            "x": 1,
            "xref": "paper",
            "xanchor": "right",
            "y": 1,
            "yref": "paper",
            "yanchor": "top",
            "showarrow": False,
            "text": f"▲ lines that leave the plot: up to {ratio(beyond[largest])}, "
            f"{as_text(name_of(VARIANTS[id]))}",
            "font": {"size": 12},
        }
    ]


def _line(
    grid: Grid,
    variant: Variant,
    metric: str,
    values: Sequence[int],
    ratios: Any,
    over: Axis,
    stroke: Mapping[str, Any],
) -> list[dict[str, Any]]:
    style, label = style_of(variant), METRICS[metric].label
    metrics = {metric for _, metric in grid.cells}
    alone = len(grid.variants) == 1
    name = name_of(variant)
    if alone or len(metrics) > 1:
        name = f"{name}, {label}"
    dash = stroke["dash"] if alone else style.dash  # many variants: each its own
    cells, base = grid.cells[variant.id, metric], grid.baseline[metric]
    points = [
        (x, float(r), cell, whole)
        for x, r, cell, whole in zip(values, ratios, cells, base, strict=True)
        if r == r
    ]
    dense = len(points) > 40
    line = {
        "type": "scatter",
        "mode": "lines" if dense or stroke["opacity"] < 1 else "lines+markers",
        "name": name,
        "x": [x for x, *_ in points],
        "y": [r for _, r, *_ in points],
        "line": {"color": style.color, "width": stroke["width"], "dash": dash},
        "opacity": stroke["opacity"],
        "marker": {"symbol": style.symbol, "size": 6, "color": style.color},
        "customdata": [
            f"{label}: {exact(cell)} of {exact(whole)}<br>{ratio_in_words(r)}"
            for _, r, cell, whole in points
        ],
        "hovertemplate": f"{over.short} = %{{x}}<br>%{{customdata}}<extra>{name}</extra>",
    }
    now = [(x, r) for x, r, *_ in points if x == over.current]
    marker = {
        "type": "scatter",
        "mode": "markers",
        "x": [x for x, _ in now],
        "y": [r for _, r in now],
        "marker": {
            "symbol": style.symbol.removesuffix("-open"),
            "size": 14,
            "color": style.color,
            "line": {"width": 2, "color": "white"},
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [line, marker] if now else [line]


def _pad(values: Sequence[int]) -> float:
    return max(0.5, 0.03 * (values[-1] - values[0])) if len(values) > 1 else 1


def _level(y: float, dash: str) -> dict[str, Any]:
    line = {"color": REFERENCE_LINE, "width": 1.5, "dash": dash}
    return {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": y, "y1": y, "line": line}


def _budget(
    within: Solution, grid: Grid, values: Sequence[int]
) -> tuple[float, list[dict[str, Any]], dict[str, Any]]:
    """How high a budget lies, the value that it ends at as a marker, and what it is called."""
    (id, *_), metric = grid.variants, within.metric
    whole = next(cell for cell in grid.baseline[metric] if cell)
    limit = float(within.limits[0] / whole)
    note = {
        "x": 0.45,
        "xref": "paper",
        "y": limit,
        "xanchor": "center",
        "yanchor": "bottom",
        "showarrow": False,
        "text": f"{METRICS[metric].label}: {as_text(within.budgets[0].words or 'the budget')}",
        "font": {"size": 12},
    }
    edge = within.edge
    if edge is None or not values[0] <= edge <= values[-1]:
        return limit, [], note
    costs = (
        cost[metric]
        for span, ends in zip(within.values, within.ends, strict=True)
        for value, cost in zip((span.first, span.last), ends, strict=True)
        if cost is not None and value == edge
    )
    marker = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [edge],
        "y": [float(next(costs) / whole)],
        "text": [f"<b>{within.letter} = {edge}</b>"],
        "textposition": "bottom center",
        "marker": {
            "symbol": "star",
            "size": 16,
            "color": style_of(VARIANTS[id]).color,
            "line": {"width": 1.5, "color": "white"},
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return limit, [marker], note


def _bands(within: Solution, values: Sequence[int], limit: float) -> list[dict[str, Any]]:
    """What the budget allows, as rectangles from zero up to its height."""
    low, high = values[0] - _pad(values), values[-1] + _pad(values)
    rectangles = []
    for span in within.values:
        first, last = span.first, high if span.last is None else span.last
        if first > high or last < low:
            continue
        rectangles.append(
            {
                "type": "rect",
                "x0": max(low, first - 0.5),
                "x1": min(high, last + 0.5),
                "y0": 0,
                "y1": limit,
                "fillcolor": REFERENCE_LINE,
                "opacity": 0.18,
                "line": {"width": 0},
                "layer": "below",
            }
        )
    return rectangles


def _marks(
    break_evens: Iterable[Solution], values: Sequence[int]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """A vertical line with its exact value for each break-even in view, equal ones together."""
    by_value: dict[float, list[Solution]] = {}
    for even in break_evens:
        root = even.root
        if root and values[0] - _pad(values) <= root.value <= values[-1] + _pad(values):
            by_value.setdefault(root.value, []).append(even)
    marks = []
    for place, (value, same) in enumerate(by_value.items()):
        even, root = same[0], same[0].root
        assert root is not None
        labels = ", ".join(METRICS[b.metric].label for b in same)
        right = value > (values[0] + values[-1]) / 2
        note = {
            "x": value,
            "y": 0.02 + 0.13 * place,
            "yref": "paper",
            "xanchor": "right" if right else "left",
            "yanchor": "bottom",
            "showarrow": False,
            "align": "right" if right else "left",
            "text": f" {labels}: <br> break-even {even.letter} = {root.text} ",
            "font": {"size": 12},
        }
        marks.append((vertical(value, "dot"), note))
    return marks
