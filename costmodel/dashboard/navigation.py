"""The pages and what holds for all of them."""

from __future__ import annotations

import streamlit as st

from costmodel.dashboard import compare
from costmodel.dashboard.startup import settle_in

# Bars of falling cost. Inline, because Streamlit fetches icons that it only knows by name.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect x="1" y="2" width="14" height="3" fill="#0072B2"/>'
    '<rect x="1" y="7" width="8" height="3" fill="#009E73"/>'
    '<rect x="1" y="12" width="4" height="3" fill="#D55E00"/></svg>'
)


def run() -> None:
    """Draw the page that the address names."""
    st.set_page_config(
        page_title="costmodel: what convolutions cost",
        page_icon=_ICON,
        layout="wide",
    )
    st.navigation(
        [
            st.Page(
                compare.page,
                title="Compare",
                icon=":material/table_chart:",
                url_path="compare",
                default=True,
            ),
        ],
        position="top",
    ).run()
    settle_in()
