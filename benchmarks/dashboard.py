"""The dashboard: a slider's way to the screen, many visitors at once, memory, the first page.

    python -m benchmarks.dashboard [--sessions 50] [--seconds 30]

A minimal Streamlit app (one slider, one line, one bar chart) runs beside the dashboard: as
Streamlit comes, and with the dashboard's settings. They take turns, so that what the machine does
meanwhile happens to all. Servers listen on this machine only, and everything has an end.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks._server import ROOT, serving
from benchmarks._visitors import PAUSE, crowd
from costmodel.table import Table

MOVES = 30
STARTS = 3
COMES, SET, OURS = "minimal app", "minimal app with our settings", "Compare"
_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

MINIMAL = """
import plotly.graph_objects as go
import streamlit as st

value = st.slider("b", 1, 9, 4)
st.info(f"The value is {value}.")
st.plotly_chart(go.Figure(go.Bar(x=[value], y=["value"], orientation="h", text=[f"x{value}"])))
"""
# From the key press to the moment when the sentence and the first chart both show something new.
WATCH = """
() => {
  const chart = () => document.querySelector('.js-plotly-plot .cartesianlayer')?.textContent;
  const line = () => document.querySelector('[data-testid=stAlert]')?.textContent;
  window.moved = new Promise(resolve => {
    addEventListener('keydown', () => {
      const start = performance.now(), before = [line(), chart()];
      const times = [0, 0];
      const look = () => {
        const now = performance.now() - start;
        if (!times[0] && line() !== before[0]) times[0] = now;
        if (!times[1] && chart() !== before[1]) times[1] = now;
        if (times[0] && times[1]) { observer.disconnect(); resolve(times); }
      };
      const observer = new MutationObserver(look);
      observer.observe(document.body, {subtree: true, childList: true, characterData: true});
    }, {once: true, capture: true});
  });
}
"""


# -- one visitor, in a browser ---------------------------------------------------------------------


def slider_to_screen(browser: Any, pages: dict[str, str]) -> dict[str, list[tuple[float, float]]]:
    """(milliseconds to the sentence, to the chart) for each move, the pages taking turns."""
    tabs = {}
    for name, url in pages.items():
        tabs[name] = browser.new_page()
        tabs[name].goto(url)
        tabs[name].locator(".js-plotly-plot .cartesianlayer").first.wait_for(state="attached")
        tabs[name].wait_for_timeout(2000)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    for move in range(MOVES):
        for name, tab in tabs.items():
            tab.bring_to_front()
            tab.evaluate(WATCH)
            slider = tab.get_by_role("slider").first
            slider.focus()
            slider.press("ArrowRight" if move % 8 < 4 else "ArrowLeft")
            found[name].append(tuple(tab.evaluate("() => window.moved")))
            tab.wait_for_timeout(300)
    return {name: times[3:] for name, times in found.items()}  # the first ones warm up


def first_page(browser: Any, script: str, folder: Path) -> dict[str, float]:
    """Seconds from starting the server until a waiting browser shows this and that."""
    seconds = {}
    with serving(script, folder) as server:
        server.wait()
        seconds["the server answers"] = time.perf_counter() - server.started
        tab = browser.new_page()
        tab.goto(server.url)
        for what, where in (
            ("sentence", "[data-testid=stAlert]"),
            ("first bars", ".js-plotly-plot .cartesianlayer .point"),
        ):
            tab.locator(where).first.wait_for(state="attached")
            seconds[what] = time.perf_counter() - server.started
        tab.close()
    return seconds


# -- figures ---------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Print the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []

    def row(figure: str, value: float, unit: str, note: str = "") -> None:
        rows.append({"figure": figure, "value": round(value, 3), "unit": unit, "note": note})

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if path is None:
        print("no Chromium on this machine: the browser's figures are left out", file=sys.stderr)
    else:
        with_browser(path, row)
    with serving("app.py") as server:
        server.wait()
        visitors, memory, load = asyncio.run(crowd(server, options.sessions, options.seconds))
    times = sorted(t * 1000 for one in visitors for t in one.times)
    errors = [error for one in visitors for error in one.errors]
    note = f"{options.sessions} sessions, an action each every {PAUSE:g} s, {len(times)} actions"
    row("rerun, median", statistics.median(times), "ms", note)
    row("rerun, 95th percentile", times[int(len(times) * 0.95)], "ms", note)
    row("errors", len(errors), "", errors[0][:80] if errors else "")
    row("memory per session", memory, "MiB")
    row("processor", load, "cores")
    print(Table(("figure", "value", "unit", "note"), rows).to_text(), end="")
    return 1 if errors else 0


def with_browser(path: str, row: Callable[..., None]) -> None:
    """The figures that need a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM)
        small = Path(folder, "minimal.py")
        small.write_text(textwrap.dedent(MINIMAL), encoding="utf-8")
        apps = {COMES: (str(small), Path(folder)), SET: (str(small), ROOT), OURS: ("app.py", ROOT)}
        starts: dict[str, list[dict[str, float]]] = {name: [] for name in apps}
        for _ in range(STARTS):
            for name, app in apps.items():
                starts[name].append(first_page(browser, *app))
        with ExitStack() as stack:
            servers = {name: stack.enter_context(serving(*app)) for name, app in apps.items()}
            for server in servers.values():
                server.wait()
            found = slider_to_screen(browser, {name: s.url for name, s in servers.items()})
        browser.close()
    for place, what in enumerate(("sentence", "chart")):
        medians = {
            name: statistics.median(one[place] for one in times) for name, times in found.items()
        }
        for name, value in medians.items():
            note = f"allowed {1.5 * medians[COMES] + 50:.0f}, with our settings "
            note += f"{1.5 * medians[SET] + 50:.0f}"
            row(f"slider to {what}, {name}", value, "ms", note if name == OURS else "")
    for name, runs in starts.items():
        for what in runs[0]:
            value = statistics.median(seconds[what] for seconds in runs)
            least = statistics.median(seconds[what] for seconds in starts[COMES])
            note = f"{value / least:.2f} of the minimal app's" if name == OURS else ""
            row(f"from the server's start, {name}: {what}", value, "s", note)


if __name__ == "__main__":
    raise SystemExit(main())
