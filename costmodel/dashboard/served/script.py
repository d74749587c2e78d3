"""What Streamlit runs for every visitor; `app.py` says how it is served.

It stands in a folder without a folder `pages` beside it: Streamlit would take each file of that for
a page of its own, and run it alone.
"""

from __future__ import annotations

from costmodel.dashboard.navigation import run

run()
