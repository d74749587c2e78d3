"""What happens once per server: warm imports, and a garbage collector that leaves them alone."""

from __future__ import annotations

import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def warm_up() -> bool:
    """Import what every page needs and take it out of the collector's rounds.

    Streamlit collects garbage after every rerun, which walks every object of every module: with
    pandas, Plotly and SymPy loaded that is most of a rerun's time. Frozen objects are not walked.
    """
    import pandas  # noqa: F401
    import plotly.graph_objects
    import plotly.io
    import sympy  # noqa: F401

    from costmodel.dashboard.presets import presets

    plotly.graph_objects.Figure([plotly.graph_objects.Bar(), plotly.graph_objects.Scatter()])
    presets()
    freeze()
    return True


def freeze() -> None:
    """Collect once, then leave what is alive alone; to be called again after a late import."""
    gc.collect()
    gc.freeze()
