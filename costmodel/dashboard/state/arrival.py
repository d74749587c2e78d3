"""How a visitor came to a run of a page: by its address, or by something on the page itself."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_PAGE = "_page"  # the page of the session's last run


def by_address() -> bool:
    """Whether the address decides: a link was opened, another page, or the browser went back.

    In every other run the address says nothing new. It is what the browser had when something on
    the page was moved, and may lag behind what this session has written meanwhile.
    """
    context = get_script_run_ctx()
    assert context is not None, "a page runs in a session"
    page = context.page_script_hash
    before = st.session_state.get(_PAGE)
    st.session_state[_PAGE] = page
    return before != page or context.is_history_navigation
