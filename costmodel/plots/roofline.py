"""The roofline of a machine with what was measured under it, one marker per class of layers."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import exact
from costmodel.plots.layout import as_text, class_dots, figure, log_axis, reference
from costmodel.table import Table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from costmodel.timing.roofline import Peaks

_SPAN = (0.05, 2000.0)  # MACs per byte


def roofline(points: Table, peaks: Peaks) -> Figure:
    """Rates over arithmetic intensity, both logarithmic, beside what two large jobs reach.

    Args:
        points: rows of `timing.roofline.points`. peaks: of the same machine.
    """
    low, high = _SPAN
    for row in points.rows:
        low, high = min(low, row["intensity"]), max(high, row["intensity"])
    xs = [low, peaks.ridge, high]
    roof = {
        "type": "scatter",
        "mode": "lines",
        "name": "a large product, a large copy",
        "x": xs,
        "y": [peaks.roof(x) / 1e9 for x in xs],
        "hoverinfo": "skip",
        **reference(),
    }
    classes = dict.fromkeys(row["class"] for row in points.rows)
    data = [_class(points, kind) for kind in classes]
    ridge = {
        "x": log10(peaks.ridge),
        "y": log10(peaks.rate / 1e9),
        "text": f"ridge, {peaks.ridge:.3g} MAC/B",
        "showarrow": False,
        "yshift": 12,
        "font": {"size": 11},
    }
    return figure(
        [roof, *data],
        height=480,
        annotations=[ridge],
        xaxis=log_axis("arithmetic intensity, MACs per byte", tickformat="~g"),
        yaxis=log_axis("GMAC/s"),
    )


def _class(points: Table, kind: str) -> dict[str, Any]:
    rows = [row for row in points.rows if row["class"] == kind]
    xs, ys = [row["intensity"] for row in rows], [row["gmacs_per_s"] for row in rows]
    return {**class_dots(kind, xs, ys), "customdata": list(map(_hover, rows))}


def _hover(row: Any) -> str:
    return (
        f"<b>{as_text(row['case'])}</b><br>{exact(row['macs'])} MACs at "
        f"{row['gmacs_per_s']:.3g} GMAC/s"
        f"<br>{row['share']:.0%} of that of a large product or copy, {row['intensity']:.3g} MAC/B"
    )
