"""What happens once per server and then rarely: a garbage collector that leaves libraries alone."""

from __future__ import annotations

import gc

import streamlit as st

from costmodel.dashboard.state.behind import readers

_OFTEN = 60  # seconds after which what was made meanwhile is set aside as well: a few milliseconds
_RARELY = 3600  # seconds after which everything is looked through for what has died: a fifth of one


@st.cache_resource(show_spinner=False, ttl=_OFTEN)
def settle_in() -> bool:
    """Take everything that the first page has imported out of the collector's rounds.

    Streamlit collects garbage after every rerun, which walks every object of every module: with
    pandas, Plotly and SymPy loaded that is most of a rerun's time. Frozen objects are not walked.
    To be called at the end of a page: the first visitor sees the page while it is being imported.
    """
    import plotly.io
    import sympy  # noqa: F401

    plotly.io.to_json({"data": [], "layout": {}}, validate=False)
    _freeze()
    readers().start()  # so that nobody waits for it
    return True


def _freeze() -> None:
    """Collect, then leave what is alive alone."""
    _thaw()
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False, ttl=_RARELY)
def _thaw() -> bool:
    """Let the collector see again what was set aside: visitors leave, and what they had dies."""
    gc.unfreeze()
    return True
