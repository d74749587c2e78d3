"""The stages of a variant as a picture that moves, on any page."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from costmodel.comparing.count import Counts
from costmodel.plots import explainer


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    """Registered once; Streamlit serves it like its own parts, and nothing is fetched for it."""
    style, script = explainer.style(), explainer.script()
    return st.components.v2.component("costmodel_explainer", css=style, js=script)


def explain(counts: Counts) -> None:
    """Draw it; it counts up to the variant's multiplies on the layer by itself."""
    _component()(data=explainer.story(counts), key="explainer")
    st.caption(
        "The first positions of the grids are drawn; dashed cells are zeros of the padding. Point "
        "at an axis in the formula, or at its factor, and the picture marks it; and the reverse."
    )
