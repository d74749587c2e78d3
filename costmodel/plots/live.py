"""Bars that a page fills in itself: what does not change of a figure, as data for a script."""

from __future__ import annotations

from typing import Any

from costmodel.plots.layout import axis, common_layout, row_axis, vertical

#: Pixels of one row, and of what is around them all.
ROW, FRAME = 26, 72
#: Bars of this many times the reference are cut off there; their number stands beside them.
LONGEST = 2.5


def live_bars(title: str, reference: float | None = None) -> dict[str, Any]:
    """Horizontal bars without their values: `layout`, and `row`, `frame` and `longest` to fill it.

    title: of the value axis. reference: a value that a line marks, None for none; bars are then cut
    off at `LONGEST` times it.
    """
    known = common_layout(
        xaxis=axis(title, tickformat=".3~s" if reference is None else "", rangemode="tozero"),
        yaxis=row_axis(),
        bargap=0.25,
        shapes=[] if reference is None else [vertical(reference)],
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    longest = None if reference is None else LONGEST * reference
    return {"layout": known, "row": ROW, "frame": FRAME, "longest": longest}


def plotly_script() -> str:
    """Plotly's own script, whole, to be put into a page; it loads nothing from elsewhere.

    Raises `MissingDependencyError` where Plotly is not installed.
    """
    from costmodel.errors import MissingDependencyError

    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingDependencyError("plotly", "a report", "report") from None
    return str(get_plotlyjs())
