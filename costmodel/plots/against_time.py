"""Multiplies against time, variant by variant: what was saved on paper beside what it saves.

One row per variant: a bar of the multiplies, a dot of the time with its interval, a stroke of the
parameters where they save something else; all as ratios to the baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.readable import ratio, ratio_in_words
from costmodel.core.variant import VARIANTS
from costmodel.metrics.metric import METRICS
from costmodel.plots.comparison import LONGEST, hover
from costmodel.plots.layout import (
    REFERENCE_LINE,
    STILL,
    axis,
    cuts,
    figure,
    fixed,
    label_of,
    vertical,
)
from costmodel.plots.palette import style_of
from costmodel.timing.answer import Answer

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW = 38  # pixels of one variant
_FRAME = 84  # legend, axis labels and title
_BAR, _DOT = -0.16, 0.24  # heights of a row's two lanes around its middle
_THICK = 0.36
_ALIKE = 0.005  # ratios that differ by less look the same
_ROOM = 1.24  # for the number behind the longest bar or line
_SMALL = {"size": 11}


def against_time(answer: Answer, looked_at: str = "") -> Figure:
    """A row per variant of a comparison, in its order; the one that is looked at stands out.

    Args:
        answer: a comparison with times, or without; then there are only bars.
        looked_at: the id of a variant.
    """
    table = answer.comparison
    ids = [variant.id for variant in table.variants]
    macs = [answer.macs_ratio(id) or 0.0 for id in ids]
    times = [answer.time_ratio(id) for id in ids]
    longest = max([1.0, *macs, *(time for time in times if time is not None)])
    end = min(longest, LONGEST) * 1.02
    plain = [label_of(variant) for variant in table.variants]
    labels = [
        f"<b>{label}</b>" if id == looked_at else label
        for id, label in zip(ids, plain, strict=True)
    ]
    data = [_bars(answer, macs, end), *cuts(_places(macs, end, _BAR), end)]
    data += _strokes(answer, end)
    data += _dots(answer, times, end)
    return figure(
        [*data, *_keys(data)],
        height=_ROW * len(ids) + _FRAME,
        barmode="overlay",
        hovermode="closest",
        xaxis=axis(f"ratio to the {VARIANTS.baseline.title}", range=[0, end * _ROOM], **STILL),
        yaxis=axis(
            "",
            range=[len(ids) - 0.4, -0.6],
            tickmode="array",
            tickvals=list(range(len(ids))),
            ticktext=labels,
            ticksuffix="  ",
            showgrid=False,
            **STILL,
        ),
        margin=fixed(plain),
        shapes=[vertical(1), *_highlight(ids, looked_at)],
    )


def row_of(point: Any) -> int:
    """The row that a point of the figure belongs to, as Plotly reports one that was clicked."""
    return round(float(point["y"]))


def summary(answer: Answer) -> str:
    """The figure in words, for readers who do not see it."""
    said = []
    for variant in answer.comparison.variants:
        time = answer.time_ratio(variant.id)
        words = f"{label_of(variant)}: {ratio(answer.macs_ratio(variant.id))} multiplies"
        said.append(words + (f", {ratio(time)} time" if time is not None else ""))
    return ("; ".join(said) + ".").replace("<br>", " ")


def _places(values: Sequence[float | None], end: float, lane: float) -> list[float]:
    return [row + lane for row, value in enumerate(values) if value is not None and value > end]


def _highlight(ids: Sequence[str], looked_at: str) -> list[dict[str, Any]]:
    if looked_at not in ids:
        return []
    row = ids.index(looked_at)
    band = {"x0": 0, "x1": 1, "xref": "paper", "y0": row - 0.5, "y1": row + 0.5}
    look = {"fillcolor": REFERENCE_LINE, "opacity": 0.14, "line": {"width": 0}, "layer": "below"}
    return [{"type": "rect", **band, **look}]


def _bars(answer: Answer, macs: Sequence[float], end: float) -> dict[str, Any]:
    table = answer.comparison
    colors = [style_of(variant).color for variant in table.variants]
    return {
        "type": "bar",
        "orientation": "h",
        "name": "multiplies",
        "x": [min(value, end) for value in macs],
        "y": [row + _BAR for row in range(len(macs))],
        "width": _THICK,
        "marker": {"color": colors},
        "text": list(map(ratio, macs)),
        "textposition": "outside",
        "cliponaxis": False,
        "constraintext": "none",
        "textangle": 0,
        "textfont": _SMALL,
        "customdata": [hover(row, METRICS["macs"]) for row in table],
        "hovertemplate": "%{customdata}<extra></extra>",
        "showlegend": False,
        # what is looked at stands out by itself: a click must not fade the others
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


def _strokes(answer: Answer, end: float) -> list[dict[str, Any]]:
    """Parameters, where their ratio is another than that of the multiplies."""
    rows = [
        (place, row["params_ratio"], hover(row, METRICS["params"]))
        for place, row in enumerate(answer.comparison)
        if row["params_ratio"] is not None
        and abs(row["params_ratio"] - (row["macs_ratio"] or 0)) > _ALIKE * row["params_ratio"]
    ]
    if not rows:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "parameters",
            "x": [min(value, end) for _, value, _ in rows],
            "y": [place + _BAR for place, *_ in rows],
            "marker": {
                "symbol": "line-ns",
                "size": 17,
                "line": {"width": 3, "color": REFERENCE_LINE},
            },
            "customdata": [text for *_, text in rows],
            "hovertemplate": "%{customdata}<extra></extra>",
            "showlegend": False,
        }
    ]


def _dots(answer: Answer, times: Sequence[float | None], end: float) -> list[dict[str, Any]]:
    """Times with their intervals in units of the baseline's time, and their numbers behind."""
    whole = answer.baseline
    rows = []
    for place, (variant, time) in enumerate(zip(answer.comparison.variants, times, strict=True)):
        if time is not None and whole is not None and (own := answer.time(variant.id)):
            rows.append((place, variant, time, own.low / whole.seconds, own.high / whole.seconds))
    if not rows:
        return []
    shown = [min(time, end) for _, _, time, *_ in rows]
    highs = [min(high, end) for *_, high in rows]
    styles = [style_of(variant) for _, variant, *_ in rows]
    colors = [style.color for style in styles]
    words = [
        f"{answer.time(variant.id)}<br>{ratio_in_words(time)} of the time"
        for _, variant, time, *_ in rows
    ]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "name": "time, predicted, with its interval",
        "x": shown,
        "y": [place + _DOT for place, *_ in rows],
        "marker": {"color": colors, "symbol": "diamond", "size": 10},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - x for high, x in zip(highs, shown, strict=True)],
            "arrayminus": [x - min(low, x) for x, (*_, low, _) in zip(shown, rows, strict=True)],
            "color": REFERENCE_LINE,
            "thickness": 2,
            "width": 0,
        },
        "customdata": words,
        "hovertemplate": "%{customdata}<extra></extra>",
        "showlegend": False,
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    numbers = {
        "type": "scatter",
        "mode": "text",
        "x": highs,
        "y": [place + _DOT for place, *_ in rows],
        # an arrow where the interval goes on beyond the figure
        "text": [f" {'▸ ' if high > end else ''}{ratio(time)}" for _, _, time, _, high in rows],
        "textposition": "middle right",
        "textfont": _SMALL,
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [dots, numbers]


def _keys(data: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The legend: what a bar, a stroke and a dot are, without a variant's colour."""
    symbols = {"multiplies": "square", "parameters": "line-ns"}
    entries = []
    for trace in data:
        if (name := trace.get("name", "cut off")) == "cut off":
            continue
        line = {"width": 3 if name == "parameters" else 0, "color": REFERENCE_LINE}
        marker = {"color": REFERENCE_LINE, "size": 11, "line": line}
        entries.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [None],
                "y": [None],
                "marker": {**marker, "symbol": symbols.get(name, "diamond")},
            }
        )
    return entries
