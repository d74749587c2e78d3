"""The pages, and what holds for all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from importlib import import_module

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from costmodel.dashboard.state.startup import settle_in
from costmodel.dashboard.state.turns import turn

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

# In the header where that is wide enough for all of them, otherwise above the title.
_STYLE = (
    ".st-key-pages a{border-radius:.5rem;padding:.25rem .6rem}"
    ".st-key-pages a:focus-visible{outline:3px solid currentColor!important}"
    "@media (min-width:1280px){.st-key-pages{margin-top:-3.4rem;position:relative;z-index:999991}}"
    "@media (max-width:640px){.st-key-pages a>span:first-child{display:none}"
    ".stMainBlockContainer{padding-top:4rem!important}}"
    # What opens the sidebar says what is in it.
    "[data-testid=stExpandSidebarButton]{width:auto}"
    "[data-testid=stExpandSidebarButton]::after{content:'Settings';padding:0 .4rem}"
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
    pages = [
        # without its icon: the browser would fetch that from elsewhere, as the tab's
        st.Page(guarded(module), title=title, url_path=module, default=not place)
        for place, (module, title, _) in enumerate(PAGES)
    ]
    page = st.navigation(pages, position="hidden")
    st.set_page_config(f"{page.title} · costmodel", page_icon=_ICON, layout="wide")
    _links(pages)
    with turn():
        page.run()
    settle_in()


def _links(pages: Sequence[StreamlitPage]) -> None:
    """The way to every page: first in the page, so that it is the first stop behind the skip link.

    Streamlit's own is behind everything in the sidebar, and on a phone in a menu that stays open.
    """
    st.html(f"<style>{_STYLE}</style>")
    with st.container(horizontal=True, gap=None, key="pages"):
        for page, (_, _, icon) in zip(pages, PAGES, strict=True):
            st.page_link(page, icon=icon, width="content")


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
