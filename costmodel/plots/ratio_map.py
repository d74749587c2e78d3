"""A map of the ratio to the baseline over two axes, with the line where both cost the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import exact, ratio
from costmodel.core.variant import VARIANTS
from costmodel.plots.layout import axis, figure, name_of
from costmodel.sweeping.axes import Axis
from costmodel.sweeping.grid import Grid

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


def ratio_map(
    grid: Grid,
    across: Axis,
    up: Axis,
    metric: str,
    boundary: Iterable[tuple[float, float]] = (),
) -> Figure:
    """The ratio to the baseline over two axes: colours by its doublings, a thick line at 1.

    Args:
        grid: two axes, one variant.
        across, up: what varies along x and y; the present point is marked.
        metric: the key of what is compared.
        boundary: the exact break-even as points (x, y), drawn over the line.
    """
    (id,) = grid.variants
    ratios, cells = grid.ratio(id, metric), grid.cells[id, metric]
    base = grid.baseline[metric]
    xs, ys = grid.axes[across.key], grid.axes[up.key]
    turn = list(grid.axes).index(across.key) == 0  # rows of a map are y

    def at(array: Any, x: int, y: int) -> Any:
        return array[x, y] if turn else array[y, x]

    doublings = [
        [_doublings(float(at(ratios, x, y))) for x in range(len(xs))] for y in range(len(ys))
    ]
    hover = [
        [_both(at(cells, x, y), at(base, x, y)) for x in range(len(xs))] for y in range(len(ys))
    ]
    known = [abs(value) for row in doublings for value in row if value is not None]
    limit = min(max([1.0, *known]), _MOST_DOUBLINGS)
    name = name_of(VARIANTS[id])
    surface = {
        "type": "heatmap",
        "x": list(xs),
        "y": list(ys),
        "z": doublings,
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
        "hovertemplate": f"{across.short} %{{x}}, {up.short} %{{y}}<br>%{{customdata}}"
        f"<extra>{name}</extra>",
        "name": "ratio",
    }
    line = {
        "type": "contour",
        "x": list(xs),
        "y": list(ys),
        "z": doublings,
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
        showlegend=False,  # the page's caption says what is drawn
        xaxis=axis(across.label, showgrid=False, range=_range(xs)),
        yaxis=axis(up.label, showgrid=False, range=_range(ys)),
    )


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
        "hovertemplate": f"now: {across.short} %{{x}}, {up.short} %{{y}}<extra></extra>",
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
