"""The pages, and what holds for all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module

import streamlit as st

from costmodel.dashboard.state.startup import settle_in

#: Module of the page, its title, and the name of its icon. The first one is where `/` leads.
PAGES = (
    ("compare", "Compare", ":material/table_chart:"),
    ("explore", "Explore", ":material/explore:"),
    ("network", "Network", ":material/account_tree:"),
    ("plan", "Plan", ":material/route:"),
    ("formulas", "Formulas", ":material/function:"),
    ("design", "Design your own", ":material/draw:"),
    ("measured", "Measured", ":material/timer:"),
    ("verified", "Verified", ":material/verified:"),
)

_LOG = logging.getLogger(__name__)
# Bars of falling cost. Inline, because Streamlit fetches icons that it only knows by name.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect x="1" y="2" width="14" height="3" fill="#0072B2"/>'
    '<rect x="1" y="7" width="8" height="3" fill="#009E73"/>'
    '<rect x="1" y="12" width="4" height="3" fill="#D55E00"/></svg>'
)
_SORRY = (
    "Something went wrong on this page, and was written to the server's log. What you entered is "
    "still in the address: reload the page, or undo the last change with the back button."
)


def run() -> None:
    """Draw the page that the address names."""
    st.set_page_config(
        page_title="costmodel: what convolutions cost", page_icon=_ICON, layout="wide"
    )
    pages = [
        st.Page(guarded(module), title=title, icon=icon, url_path=module, default=not place)
        for place, (module, title, icon) in enumerate(PAGES)
    ]
    st.navigation(pages, position="top").run()
    settle_in()


def guarded(module: str) -> Callable[[], None]:
    """A page that is imported when it is opened, and whose mistakes no visitor reads."""

    def page() -> None:
        try:
            import_module(f"costmodel.dashboard.pages.{module}").page()
        except Exception:  # whatever it is: the log gets all of it, the visitor one sentence
            _LOG.exception("page %s", module)
            st.error(_SORRY)

    page.__name__ = module
    return page
