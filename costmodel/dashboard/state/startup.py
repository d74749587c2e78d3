"""What happens once per server: the first figure goes first, and the collector spares libraries."""

from __future__ import annotations

import gc
import time

import streamlit as st

from costmodel.dashboard.state.behind import readers
from costmodel.dashboard.state.turns import give_up

_FETCHING = 1.0  # seconds


@st.cache_resource(show_spinner=False)
def figure_first() -> None:
    """Let the first visitor's browser fetch and read Plotly before more is imported here.

    Both would take turns in this process, and bars come half a second later; what stands below the
    figure waits for the browser in any case. To be called after each figure.
    """
    give_up()
    time.sleep(_FETCHING)


@st.cache_resource(show_spinner=False)
def settle_in() -> None:
    """Take everything that the first page has imported out of the collector's rounds.

    With pandas, Plotly and SymPy loaded, a round through all of it stops every visitor's page for a
    fifth of a second. To be called at the end of a page: the first visitor sees the page while it
    is being imported.
    """
    import plotly.io
    import sympy  # noqa: F401

    plotly.io.to_json({"data": [], "layout": {}}, validate=False)
    gc.collect()
    gc.freeze()
    readers().start()  # so that nobody waits for it
