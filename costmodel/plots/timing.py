"""Measured against predicted times: what MACs say, and what the model says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costmodel.plots.layout import class_dots, figure, log_axis, reference
from costmodel.timing.model.intervals import in_units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def measured_against_predicted(
    measured: Sequence[float],
    predicted: Sequence[float],
    kinds: Sequence[str],
    names: Sequence[str],
) -> Figure:
    """Dots of measured over predicted seconds, both logarithmic, with the line where they agree.

    Args:
        measured, predicted: seconds of each layer. kinds: its class, which has its own marker.
        names: what the hover calls it.
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
    for kind in dict.fromkeys(kinds):
        own = [row for row in rows if row[2] == kind]
        xs, ys = [1e3 * said for _, said, *_ in own], [1e3 * real for real, *_ in own]
        data.append(
            {
                **class_dots(kind, xs, ys),
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
        xaxis=log_axis("predicted, ms", tickformat="~g"),
        yaxis=log_axis("measured, ms", tickformat="~g"),
    )
