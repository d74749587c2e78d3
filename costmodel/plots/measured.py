"""Measured times beside multiplies: whether fewer multiplies are less time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import exact, ratio_in_words, shape_text
from costmodel.core.variant import VARIANTS
from costmodel.plots.layout import (
    REFERENCE_LINE,
    as_text,
    axis,
    bars,
    class_dots,
    figure,
    fill_entry,
    filling,
    label_of,
    log_axis,
    row_axis,
    vertical,
)
from costmodel.plots.palette import class_marker, style_of
from costmodel.table import Table
from costmodel.timing.rates import HIGH, LOW, MIDDLE
from costmodel.typed import read_sizes

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW, _CLASS_ROW = 56, 36
_FRAME = 110


def promised_and_kept(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Two bars per variant, both as ratios to the baseline: of multiplies, and of measured time.

    Args:
        rows: of `timing.report.table`, one per variant on one layer, the baseline among them. A bar
            of time is the least of all rounds; its thin line ends where three quarters of them do.
    """
    base = next(row for row in rows if VARIANTS[row["variant"]].baseline)
    names = [label_of(VARIANTS[row["variant"]]) for row in rows]
    colors = [style_of(VARIANTS[row["variant"]]).color for row in rows]
    macs = [row["macs"] / base["macs"] for row in rows]
    time = [row["min_ms"] / base["min_ms"] for row in rows]
    return figure(
        [
            bars(
                "multiplies",
                names,
                macs,
                offsetgroup="multiplies",
                showlegend=False,
                marker={"color": colors, "pattern": filling("/")},
                customdata=[
                    f"{exact(row['macs'])} MACs, {ratio_in_words(value)}"
                    for row, value in zip(rows, macs, strict=True)
                ],
            ),
            bars(
                "measured time",
                names,
                time,
                offsetgroup="measured time",
                showlegend=False,
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [(row["upper_ms"] - row["min_ms"]) / base["min_ms"] for row in rows],
                    "arrayminus": [0] * len(rows),
                    "color": REFERENCE_LINE,
                    "thickness": 1.5,
                },
                marker={"color": colors},
                customdata=[
                    f"{row['min_ms']:.4g} ms (median {row['median_ms']:.4g}, three quarters of "
                    f"the rounds up to {row['upper_ms']:.4g}), {ratio_in_words(value)}"
                    for row, value in zip(rows, time, strict=True)
                ],
            ),
            fill_entry("multiplies", "/"),
            fill_entry("measured time", ""),
        ],
        height=_ROW * len(rows) + _FRAME,
        barmode="group",
        bargap=0.3,
        xaxis=axis("ratio to the standard layer", rangemode="tozero"),
        yaxis=row_axis(),
        shapes=[vertical(1)],
    )


def rates_by_class(table: Table) -> Figure:
    """A row per class: its median rate as a dot, and a line over the middle eight tenths.

    Args:
        table: of `timing.rates.rates`.
    """
    names = table.column("class")
    low, middle, high = (table.column(column.key) for column in (LOW, MIDDLE, HIGH))
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": middle,
        "y": names,
        "marker": {
            "color": [class_marker(name)["color"] for name in names],
            "symbol": [class_marker(name)["symbol"] for name in names],
            "size": 12,
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [end - mid for end, mid in zip(high, middle, strict=True)],
            "arrayminus": [mid - end for end, mid in zip(low, middle, strict=True)],
            "color": REFERENCE_LINE,
            "thickness": 2,
        },
        "customdata": [
            f"{row['layers']:,} layers, median {row[MIDDLE.key]:.3g} GMAC/s, "
            f"eight of ten from {row[LOW.key]:.3g} to {row[HIGH.key]:.3g}"
            for row in table
        ],
        "hovertemplate": "<b>%{y}</b><br>%{customdata}<extra></extra>",
    }
    return figure(
        [dots],
        height=_CLASS_ROW * len(names) + _FRAME,
        showlegend=False,
        xaxis=log_axis("GMAC/s", tickformat="~g", dtick="D2"),
        yaxis=row_axis(),
    )


def time_over_macs(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Milliseconds over multiplies, both logarithmic, one marker per class of convolution."""
    classes = list(dict.fromkeys(row["class"] or "several stages" for row in rows))
    data = []
    for kind in classes:
        own = [row for row in rows if (row["class"] or "several stages") == kind]
        xs, ys = [float(row["macs"]) for row in own], [row["min_ms"] for row in own]
        data.append({**class_dots(kind, xs, ys), "customdata": list(map(_hover, own))})
    return figure(
        data, height=480, xaxis=log_axis("MACs"), yaxis=log_axis("measured, ms", tickformat="~g")
    )


def _hover(row: Mapping[str, Any]) -> str:
    kernel, size = (shape_text(read_sizes(str(row[key]))) for key in ("kernel", "size"))
    what = f"{row['variant']} {kernel}, {row['in_channels']} → {row['out_channels']} at {size}"
    return (
        f"<b>{as_text(what)}</b><br>{exact(row['macs'])} MACs in {row['min_ms']:.4g} ms"
        f"<br>{row['gmacs_per_s']:.3g} GMAC/s"
    )
