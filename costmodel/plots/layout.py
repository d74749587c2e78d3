"""What all figures share: margins, fonts, grids and colours that read on both themes.

Colours of axes and text are left to the page's theme; only what carries meaning is set here.
"""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from costmodel.core.variant import Variant

#: Lines that are neither data nor decoration (break-even, y = x), readable on both themes.
REFERENCE_LINE = "#7F8B99"
#: Text that stands on the plot next to such a line.
REFERENCE_TEXT = "#7F8B99"
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
_FAINT = "rgba(127,139,153,0.28)"


def figure(data: list[dict[str, Any]], **layout: Any) -> Figure:
    """A Plotly figure with the common layout; `layout` has the last word."""
    from plotly.graph_objects import Figure

    common: dict[str, Any] = {
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "hoverlabel": {"align": "left"},
        "legend": LEGEND,
        "dragmode": False,
        "font": {"size": 13},
    }
    # Our own dictionaries, which the tests validate: doing it again on every move costs a page more
    # than all of its counting.
    return Figure({"data": data, "layout": {**common, **layout}}, _validate=False)


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


def log_axis(title: str, **more: Any) -> dict[str, Any]:
    """A logarithmic axis with SI labels at the powers of ten, unless `more` says otherwise."""
    return axis(title, **{"type": "log", "tickformat": ".2~s", "dtick": 1, **more})


def reference(**more: Any) -> dict[str, Any]:
    """A line that data are read against."""
    return {"line": {"color": REFERENCE_LINE, "width": 2, "dash": "dash"}, **more}


def name_of(variant: Variant) -> str:
    """A variant's title without the word that all of them share."""
    return variant.title.replace(" convolution", "").strip() or variant.id


def label_of(variant: Variant) -> str:
    """The name in lines short enough to stand beside a bar, for Plotly, which reads some HTML."""
    return "<br>".join(escape(line) for line in textwrap.wrap(name_of(variant), _LINE))
