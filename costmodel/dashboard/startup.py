"""What happens once per server and then rarely: a garbage collector that leaves libraries alone."""

from __future__ import annotations

import gc

import streamlit as st

_SECONDS = 60  # after which what has died meanwhile is looked for, and the living is set aside anew


@st.cache_resource(show_spinner=False, ttl=_SECONDS)
def settle_in() -> bool:
    """Take everything that the first page has imported out of the collector's rounds.

    Streamlit collects garbage after every rerun, which walks every object of every module: with
    pandas, Plotly and SymPy loaded that is most of a rerun's time. Frozen objects are not walked.
    To be called at the end of a page: the first visitor sees the page while it is being imported.
    """
    import plotly.io
    import sympy  # noqa: F401

    plotly.io.to_json({"data": [], "layout": {}}, validate=False)
    freeze()
    return True


def freeze() -> None:
    """Collect everything, then leave what is alive alone; also after a late import."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
