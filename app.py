"""The dashboard: `streamlit run app.py`, or `make run`."""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from costmodel.dashboard.served.headers import SafeHeaders
from costmodel.files import package_path

# `streamlit run` looks for this assignment; what each visitor's page runs is the script.
app = st.App(
    package_path("dashboard", "served", "script.py"),
    middleware=[Middleware(SafeHeaders)],
)
