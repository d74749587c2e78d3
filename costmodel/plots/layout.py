"""What all figures share: margins, fonts, grids and colours that read on both themes.

Colours of axes and text are left to the page's theme; only what carries meaning is set here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from costmodel.plots.palette import class_marker

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from costmodel.core.variant import Variant

#: Lines that are neither data nor decoration (break-even, y = x), readable on both themes.
REFERENCE_LINE = "#7F8B99"
#: Above the plot, and an explanation only: a click on it hides nothing.
LEGEND = {
    "orientation": "h",
    "yanchor": "bottom",
    "y": 1.0,
    "xanchor": "left",
    "x": 0,
    "itemclick": False,
    "itemdoubleclick": False,
}
_LINE = 19  # characters
_CHARACTER = 6.6  # pixels of one, bold ones included
_BESIDE, _BELOW, _EACH = (
    24,
    52,
    18,
)  # pixels: around labels; below the plot; each further line there
_FAINT = "rgba(127,139,153,0.28)"


def figure(data: list[dict[str, Any]], **layout: Any) -> Figure:
    """A Plotly figure with the common layout; `layout` has the last word."""
    from plotly.graph_objects import Figure

    # Our own dictionaries, which the tests validate: doing it again on every move costs a page more
    # than all of its counting.
    return Figure({"data": data, "layout": common_layout(**layout)}, _validate=False)


def common_layout(**layout: Any) -> dict[str, Any]:
    """What the layouts of all figures share; `layout` has the last word."""
    common = {
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "hoverlabel": {"align": "left"},
        "legend": LEGEND,
        "dragmode": False,
        "font": {"size": 13},
    }
    return {**common, **layout}


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with a title, faint grid lines and room for its labels."""
    return {
        "title": {"text": title, "standoff": 8},
        "automargin": True,
        "gridcolor": _FAINT,
        "zeroline": False,
        "fixedrange": True,
        **more,
    }


def fixed(labels: Sequence[str], below: str = "") -> dict[str, Any]:
    """Margins for labels on the left, and for numbers and a title below; axes are `STILL` with it.

    Measured by Plotly, margins cost a figure a second drawing each time a slider moves.

    Args:
        labels: beside the vertical axis, lines parted by `<br>`. below: the lower axis' title.
    """
    longest = max((len(line) for label in labels for line in label.split("<br>")), default=0)
    room = round(_CHARACTER * longest) + _BESIDE
    return {"l": room, "r": 12, "t": 8, "b": _BELOW + _EACH * below.count("<br>")}


#: For an axis of a figure whose margins are `fixed`.
STILL = {"automargin": False}


def log_axis(title: str, **more: Any) -> dict[str, Any]:
    """A logarithmic axis with SI labels at the powers of ten, unless `more` says otherwise."""
    return axis(title, **{"type": "log", "tickformat": ".2~s", "dtick": 1, **more})


def row_axis(**more: Any) -> dict[str, Any]:
    """The vertical axis of figures with a row per thing, from the top down."""
    return axis("", **{"autorange": "reversed", "showgrid": False, "ticksuffix": "  ", **more})


def bars(name: str, rows: Sequence[str], values: Sequence[Any], **more: Any) -> dict[str, Any]:
    """Horizontal bars, one per row; their `customdata` is what the pointer reads."""
    hover = "<b>%{y}</b><br>%{customdata}<extra></extra>"
    bar = {"type": "bar", "orientation": "h", "name": name, "y": rows, "x": values}
    return {**bar, "hovertemplate": hover, **more}


def filling(shape: str) -> dict[str, Any]:
    """How bars of one colour are told apart: the pattern in a bar, of Plotly's shapes."""
    return {
        "shape": shape,
        "fillmode": "overlay",
        "fgcolor": "rgba(255,255,255,0.75)",
        "size": 6,
        "solidity": 0.35,
    }


def fill_entry(name: str, shape: str) -> dict[str, Any]:
    """The entry of a legend that explains a pattern alone: the colour is the row's."""
    pattern = {"shape": shape, "size": 6, "solidity": 0.35}
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": [None],
        "y": [None],
        "offsetgroup": name,
        "marker": {"color": REFERENCE_LINE, "pattern": pattern},
    }


def cuts(rows: Sequence[Any], end: float) -> list[dict[str, Any]]:
    """The mark of bars that go on beyond the end of the axis: a gap, slanted, near their end."""
    if not rows:
        return []
    mark = {
        "type": "scatter",
        "mode": "markers",
        "name": "cut off",
        "x": [end * 0.94] * len(rows),
        "y": list(rows),
        "marker": {
            "symbol": "line-ne",
            "size": 26,
            "line": {"width": 5, "color": "#FFFFFF"},
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [mark]


def class_dots(kind: str, xs: Sequence[Any], ys: Sequence[Any]) -> dict[str, Any]:
    """The dots of a class of convolutions, or of what is none: several stages.

    A class has the same colour and marker in every figure, and no two share a colour; markers
    differ beside, so that no difference rests on colour.
    """
    return {
        "type": "scatter",
        "mode": "markers",
        "name": kind,
        "x": xs,
        "y": ys,
        "marker": {
            **class_marker(kind),
            "size": 7,
            "opacity": 0.75,
        },
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def vertical(x: float, dash: str = "dash") -> dict[str, Any]:
    """A line from the bottom of the plot to its top."""
    line = {"color": REFERENCE_LINE, "width": 1.5, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def reference(**more: Any) -> dict[str, Any]:
    """A line that data are read against."""
    return {"line": {"color": REFERENCE_LINE, "width": 2, "dash": "dash"}, **more}


def name_of(variant: Variant) -> str:
    """A variant's title without the word that all of them share."""
    return variant.title.replace(" convolution", "").strip() or variant.id


def as_text(text: str) -> str:
    """A text as it is, for Plotly, which reads some HTML but no `&quot;`."""
    return escape(text, quote=False)


def label_of(variant: Variant) -> str:
    """The name in lines short enough to stand beside a bar, for Plotly, which reads some HTML."""
    return "<br>".join(as_text(line) for line in textwrap.wrap(name_of(variant), _LINE))
