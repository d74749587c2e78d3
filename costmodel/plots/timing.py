"""Measured against predicted times: what MACs say, and what the model says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costmodel.plots.layout import figure, log_axis, reference
from costmodel.plots.roofline import class_style
from costmodel.timing.model.intervals import in_units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def measured_against_predicted(
    measured: Sequence[float],
    predicted: Sequence[float],
    kinds: Sequence[str],
    names: Sequence[str],
    title: str = "predicted",
) -> Figure:
    """Dots of measured over predicted seconds, both logarithmic, with the line where they agree.

    Args:
        measured, predicted: seconds of each layer. kinds: its class, which has its own marker.
        names: what the hover calls it. title: of the horizontal axis.
    """
    ends = [min((*measured, *predicted), default=1e-6), max((*measured, *predicted), default=1.0)]
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "as predicted",
        "x": [1e3 * end for end in ends],
        "y": [1e3 * end for end in ends],
        "hoverinfo": "skip",
        **reference(),
    }
    rows = list(zip(measured, predicted, kinds, names, strict=True))
    data: list[dict[str, Any]] = [line]
    for place, kind in enumerate(dict.fromkeys(kinds)):
        own = [row for row in rows if row[2] == kind]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": kind,
                "x": [1e3 * said for _, said, _, _ in own],
                "y": [1e3 * real for real, _, _, _ in own],
                "marker": {**class_style(place), "size": 7, "opacity": 0.75},
                "customdata": [
                    f"{name}<br>measured {in_units(real)}, predicted {in_units(said)}"
                    f" ({said / real - 1:+.0%})"
                    for real, said, _, name in own
                ],
                "hovertemplate": "<b>%{customdata}</b><extra></extra>",
            }
        )
    return figure(
        data,
        height=480,
        xaxis=log_axis(f"{title}, ms", tickformat="~g"),
        yaxis=log_axis("measured, ms", tickformat="~g"),
    )
