"""Measured times beside multiplies: whether fewer multiplies are less time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import exact, ratio_in_words, shape_text
from costmodel.core.variant import VARIANTS, Variant
from costmodel.plots.layout import REFERENCE_LINE, axis, figure, label_of, log_axis
from costmodel.plots.roofline import class_style
from costmodel.typed import read_sizes

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW = 56
_FRAME = 110


def promised_and_kept(
    rows: Sequence[Mapping[str, Any]], variants: Mapping[str, Variant] = VARIANTS
) -> Figure:
    """Two bars per variant, both as ratios to the baseline: of multiplies, and of measured time.

    Args:
        rows: of `timing.report.table`, one per variant on one layer, the baseline among them.
            The thin lines on the bars of time are the middle half of the rounds.
    """
    base = next(row for row in rows if variants[row["variant"]].baseline)
    names = [label_of(variants[row["variant"]]) for row in rows]
    macs = [row["macs"] / base["macs"] for row in rows]
    time = [row["min_ms"] / base["min_ms"] for row in rows]
    return figure(
        [
            {
                "type": "bar",
                "orientation": "h",
                "name": "multiplies",
                "y": names,
                "x": macs,
                "marker": {"color": "#5E7182", "pattern": {"shape": "/", "fgopacity": 0.5}},
                "customdata": [
                    f"{exact(row['macs'])} MACs, {ratio_in_words(value)}"
                    for row, value in zip(rows, macs, strict=True)
                ],
                "hovertemplate": "<b>%{y}</b><br>%{customdata}<extra></extra>",
            },
            {
                "type": "bar",
                "orientation": "h",
                "name": "measured time",
                "y": names,
                "x": time,
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [row["iqr_ms"] / base["min_ms"] for row in rows],
                    "arrayminus": [0] * len(rows),
                    "color": REFERENCE_LINE,
                    "thickness": 1.5,
                },
                "marker": {"color": "#0072B2"},
                "customdata": [
                    f"{row['min_ms']:.4g} ms (median {row['median_ms']:.4g}, middle half "
                    f"{row['iqr_ms']:.2g} wide), {ratio_in_words(value)}"
                    for row, value in zip(rows, time, strict=True)
                ],
                "hovertemplate": "<b>%{y}</b><br>%{customdata}<extra></extra>",
            },
        ],
        height=_ROW * len(rows) + _FRAME,
        barmode="group",
        bargap=0.3,
        xaxis=axis("ratio to the standard layer", rangemode="tozero"),
        yaxis=axis("", autorange="reversed", showgrid=False, ticksuffix="  "),
        shapes=[
            {
                "type": "line",
                "x0": 1,
                "x1": 1,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": REFERENCE_LINE, "width": 1.5, "dash": "dash"},
            }
        ],
    )


def time_over_macs(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Milliseconds over multiplies, both logarithmic, one marker per class of convolution."""
    classes = list(dict.fromkeys(row["class"] or "several stages" for row in rows))
    data = []
    for place, kind in enumerate(classes):
        own = [row for row in rows if (row["class"] or "several stages") == kind]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": kind,
                "x": [float(row["macs"]) for row in own],
                "y": [row["min_ms"] for row in own],
                "marker": {**class_style(place), "size": 7, "opacity": 0.75},
                "customdata": [_hover(row) for row in own],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    return figure(
        data, height=480, xaxis=log_axis("MACs"), yaxis=log_axis("measured, ms", tickformat="~g")
    )


def _hover(row: Mapping[str, Any]) -> str:
    kernel, size = (shape_text(read_sizes(str(row[key]))) for key in ("kernel", "size"))
    what = f"{row['variant']} {kernel}, {row['in_channels']} → {row['out_channels']} at {size}"
    return (
        f"<b>{escape(what)}</b><br>{exact(row['macs'])} MACs in {row['min_ms']:.4g} ms"
        f"<br>{row['gmacs_per_s']:.3g} GMAC/s"
    )
