"""What Streamlit runs for every visitor; `app.py` says how it is served."""

from __future__ import annotations

from costmodel.dashboard.navigation import run

run()
