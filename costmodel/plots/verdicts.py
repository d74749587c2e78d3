"""How often each counter is right: one bar per counter (or table), divided by verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from costmodel.plots.layout import axis, bars, figure, row_axis
from costmodel.plots.palette import MEANINGS, NEUTRAL, text_on, tone

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW = 34
_FRAME = 90
# Colours that protan, deutan and tritan eyes tell apart, and a pattern each: none rests on colour.
_OVER = {"fillmode": "overlay", "fgcolor": "#FFFFFF", "fgopacity": 0.35, "size": 7}
_GOOD = tuple(
    (tone(MEANINGS["better"], place), shape) for place, shape in enumerate(("", "/", "-"))
)
_BAD = (MEANINGS["worse"], "x"), (NEUTRAL, ".")


def verdict_bars(
    counts: Mapping[str, Mapping[str, int]],
    verdicts: Mapping[str, str],
    what: str = "cases",
    good: int = 1,
) -> Figure:
    """Bars of the number of cases by verdict, the best counter first.

    Args:
        counts: counter (or table) → verdict → how many cases.
        verdicts: the verdicts with their titles, the best one first; at most two that are not good.
        what: the cases are.
        good: how many of the verdicts are good, one to three.
    """
    keys, styles = list(verdicts), (*_GOOD[:good], *_BAD)
    order = sorted(counts, key=lambda tool: [-counts[tool].get(key, 0) for key in keys])
    return figure(
        [
            bars(
                title,
                order,
                [counts[tool].get(key, 0) for tool in order],
                text=[counts[tool].get(key) or "" for tool in order],
                textposition="inside",
                insidetextanchor="middle",
                insidetextfont={"color": text_on(color)},
                textangle=0,
                marker={"color": color, "pattern": {"shape": shape, **_OVER}},
                hovertemplate=f"<b>%{{y}}</b><br>{title}: %{{x}} {what}<extra></extra>",
            )
            for (key, title), (color, shape) in zip(verdicts.items(), styles, strict=False)
        ],
        height=_ROW * len(order) + _FRAME,
        barmode="stack",
        bargap=0.25,
        xaxis=axis(what, rangemode="tozero"),
        yaxis=row_axis(),
    )
