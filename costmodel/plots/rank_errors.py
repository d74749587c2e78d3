"""Error over cost: a line per variant, the ranks that are looked at, and what methods choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.core.readable import exact, ratio_in_words
from costmodel.core.variant import VARIANTS
from costmodel.factors.curves import Curve, Curves, Point
from costmodel.metrics.metric import METRICS
from costmodel.plots.layout import LEGEND, axis, figure, name_of, vertical
from costmodel.plots.palette import style_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HIGHEST = 1.5  # of the layer's own cost: beyond, no rank is of use


def error_curves(found: Curves, look: Curve, point: Point, cost: str = "params") -> Figure:
    """The errors of every variant over one cost, as a share of the layer's own.

    Args:
        found: the curves.
        look: the one whose picks are marked; `point`: of it, the ranks that are looked at.
        cost: the key of a metric.
    """
    whole = found.dense[cost]
    data = [_line(curve, cost, whole) for curve in found.curves]
    data += [_picks(look, cost, whole), _chosen(look, point, cost, whole)]
    return figure(
        data,
        height=420,
        xaxis=axis(
            f"{METRICS[cost].label}, share of the layer's", range=[0, _HIGHEST], tickformat=".0%"
        ),
        yaxis=axis("relative error of the kernel", range=[0, 1.02]),
        shapes=[vertical(1.0)],
        hovermode="closest",
        legend=LEGEND,
    )


def summary(found: Curves, look: Curve, point: Point, cost: str = "params") -> str:
    """The figure in a sentence."""
    share = point.costs[cost] / found.dense[cost]
    return (
        f"{name_of(VARIANTS[look.variant])} with {point.text}: a relative error of "
        f"{point.error:.3f} at {share:.0%} of the layer's {METRICS[cost].label}."
    )


def _line(curve: Curve, cost: str, whole: int) -> dict[str, Any]:
    style = style_of(VARIANTS[curve.variant])
    name = name_of(VARIANTS[curve.variant])
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(curve.points) <= 40 else "lines",
        "name": name,
        "x": [p.costs[cost] / whole for p in curve.points],
        "y": [p.error for p in curve.points],
        "line": {"color": style.color, "dash": style.dash, "width": 2},
        "marker": {"color": style.color, "symbol": style.symbol, "size": 6},
        "customdata": [_words(p, cost, whole) for p in curve.points],
        "hovertemplate": f"%{{customdata}}<extra>{name}</extra>",
    }


def _picks(look: Curve, cost: str, whole: int) -> dict[str, Any]:
    """What methods choose; those that choose alike share a mark."""
    alike: dict[tuple[float, float], list[str]] = {}
    for method, point in look.picks.items():
        alike.setdefault((point.costs[cost] / whole, point.error), []).append(method)
    style = style_of(VARIANTS[look.variant])
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "what methods choose",
        "x": [x for x, _ in alike],
        "y": [y for _, y in alike],
        "text": [", ".join(methods) for methods in alike.values()],
        "textposition": "top right",
        "marker": {"color": style.color, "symbol": "diamond-open", "size": 13},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _chosen(look: Curve, point: Point, cost: str, whole: int) -> dict[str, Any]:
    style = style_of(VARIANTS[look.variant])
    return {
        "type": "scatter",
        "mode": "markers",
        "name": point.text,
        "x": [point.costs[cost] / whole],
        "y": [point.error],
        "marker": {
            "color": style.color,
            "symbol": "circle",
            "size": 15,
            "line": {"width": 2, "color": "white"},
        },
        "customdata": [_words(point, cost, whole)],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _words(point: Point, cost: str, whole: int) -> str:
    value = point.costs[cost]
    return (
        f"{point.text}<br>error {point.error:.4f}<br>{METRICS[cost].label}: {exact(value)} of "
        f"{exact(whole)}<br>{ratio_in_words(value / whole)}"
    )
