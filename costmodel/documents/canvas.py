"""Axes to draw figures of documents on: vector files, the same bytes at every run.

Drawn with matplotlib, whose SVG and PDF are deterministic once dates and random ids are taken out;
a browser's rendering of a Plotly figure is not, and takes seconds.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from costmodel.errors import MissingDependencyError
from costmodel.plots.palette import Style

_MARKERS = {
    "circle": "o",
    "cross": "P",
    "diamond": "D",
    "hexagon": "h",
    "pentagon": "p",
    "square": "s",
    "star": "*",
    "star-diamond": "d",
    "triangle-up": "^",
    "x": "X",
}
#: What a symbol ends in, and how much of the marker is filled.
_FILLS = {"-open-dot": "top", "-open": "none", "-dot": "left", "": "full"}
_LINES = {
    "solid": "-",
    "dash": "--",
    "dot": ":",
    "dashdot": "-.",
    "longdash": (0, (8, 3)),
    "longdashdot": (0, (8, 3, 1, 3)),
}


def canvas(
    columns: int = 1, width: float = 6.4, height: float = 3.6
) -> tuple[list[Any], Callable[[str], bytes]]:
    """Axes side by side with one scale, and what gives the finished file's bytes.

    The function takes "latex" for a PDF; every other syntax gets an SVG. Raises
    `MissingDependencyError` where matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependencyError("matplotlib", "a figure in a document", "docs") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = list(figure.subplots(1, columns, sharex=True, sharey=True, squeeze=False)[0])
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)

    def draw(syntax: str) -> bytes:
        out = io.BytesIO()
        # a fixed salt and no date: the same figure is the same file
        with matplotlib.rc_context({"svg.hashsalt": "costmodel", "svg.fonttype": "none"}):
            if syntax == "latex":
                figure.savefig(out, format="pdf", metadata={"CreationDate": None})
            else:
                figure.savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue()

    return axes, draw


def look(style: Style) -> dict[str, Any]:
    """A variant's colour, marker with its filling, and line, as matplotlib takes them."""
    ending = next(end for end in _FILLS if style.symbol.endswith(end))
    return {
        "color": style.color,
        "marker": _MARKERS.get(style.symbol.removesuffix(ending), "o"),
        "fillstyle": _FILLS[ending],
        "linestyle": _LINES[style.dash],
    }
