"""The dashboard: `streamlit run app.py`, or `make run`."""

from __future__ import annotations

from costmodel.dashboard.navigation import run

run()
