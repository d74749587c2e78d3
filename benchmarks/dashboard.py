"""The dashboard: a slider's way to the screen, many visitors at once, memory, the first page.

    python -m benchmarks.dashboard [--sessions 50] [--seconds 30]

A minimal Streamlit app (one slider, one line, one bar chart) runs beside the dashboard, and the two
take turns, so that what the machine does meanwhile happens to both. Servers listen on this machine
only, and everything has an end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from costmodel import ConvLayer, count
from costmodel.explain import explain
from costmodel.table import Table

ROOT = Path(__file__).resolve().parents[1]
LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
VALUES = range(1, 10)  # of the slider: b up to k²
MOVES = 30
PAUSE = 2.0  # seconds between two actions of one visitor
_SECONDS = 60
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


class Server:
    """A Streamlit server for one script, on this machine only."""

    def __init__(self, script: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.started = time.perf_counter()
        arguments = ["-m", "streamlit", "run", script, "--server.port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://localhost:{self.port}"

    def wait(self) -> None:
        """Until it answers."""
        for _ in range(_SECONDS * 20):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the server does not answer")

    def memory(self) -> float:
        """Resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def seconds(self) -> float:
        """Processor time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it, and only it."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(script: str) -> Iterator[Server]:
    """A server that answers, and is gone afterwards."""
    server = Server(script)
    try:
        yield server
    finally:
        server.stop()


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


def first_page(browser: Any) -> dict[str, float]:
    """Seconds from starting the server until a waiting browser shows this and that."""
    seconds = {}
    with serving("app.py") as server:
        server.wait()
        seconds["the server answers"] = time.perf_counter() - server.started
        tab = browser.new_page()
        tab.goto(server.url)
        for what, where in (
            ("title", "h1"),
            ("sentence", "[data-testid=stAlert]"),
            ("table", "[data-testid=stDataFrame] canvas"),
            ("first bars", ".js-plotly-plot .cartesianlayer .point"),
        ):
            tab.locator(where).first.wait_for(state="attached")
            seconds[what] = time.perf_counter() - server.started
        tab.close()
    return seconds


# -- many visitors, without browsers ---------------------------------------------------------------


class Session:
    """One visitor, speaking Streamlit's own protocol."""

    def __init__(self, url: str) -> None:
        self.address = url.replace("http:", "ws:") + "/_stcore/stream"
        self.origin = url
        self.slider = ""
        self.times: list[float] = []
        self.errors: list[str] = []

    async def visit(self, until: float, opened: Callable[[], None], start: asyncio.Event) -> None:
        """Open the page, then move the slider every `PAUSE` seconds."""
        from websockets.asyncio.client import connect
        from websockets.typing import Origin, Subprotocol

        async with connect(
            self.address,
            origin=Origin(self.origin),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        ) as socket:
            await self._run(socket, None)
            opened()
            await start.wait()
            await asyncio.sleep(random.uniform(0, PAUSE))
            value = 4
            while time.perf_counter() < until:
                began = time.perf_counter()
                value = random.choice([v for v in VALUES if v != value])
                said = await self._run(socket, value)
                self.times.append(time.perf_counter() - began)
                expected = explain(count("basis", LAYER, b=value))
                if expected not in said:
                    self.errors.append(f"b = {value}: {said}")
                await asyncio.sleep(max(0, PAUSE - (time.perf_counter() - began)))

    async def _run(self, socket: Any, value: int | None) -> list[str]:
        """One rerun; the sentences that the page says."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        message.rerun_script.query_string = ""
        if value is not None:
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id = self.slider
            widget.double_array_value.data.append(value)
        await socket.send(message.SerializeToString())
        said: list[str] = []
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(await asyncio.wait_for(socket.recv(), _SECONDS))
            kind = answer.WhichOneof("type")
            element = answer.delta.new_element if kind == "delta" else None
            if element is not None and element.HasField("slider"):
                self.slider = element.slider.id
            if element is not None and element.HasField("alert"):
                said.append(element.alert.body)
            if element is not None and element.HasField("exception"):
                self.errors.append(element.exception.message)
            if kind == "script_finished":
                return said


async def crowd(
    server: Server, sessions: int, seconds: float
) -> tuple[list[Session], float, float]:
    """Visitors acting together; with the memory of one of them and the processor's load."""
    warm = Session(server.url)
    await warm.visit(0, lambda: None, _set(asyncio.Event()))
    before = server.memory()
    visitors = [Session(server.url) for _ in range(sessions)]
    start, waiting = asyncio.Event(), [sessions]

    def opened() -> None:
        waiting[0] -= 1
        if not waiting[0]:
            start.set()

    opening = 2 * sessions * 0.2 + 5  # an upper bound; they wait for each other
    until = time.perf_counter() + opening + seconds
    tasks = [asyncio.create_task(one.visit(until, opened, start)) for one in visitors]
    await start.wait()
    used, began = server.seconds(), time.perf_counter()
    for done in asyncio.as_completed(tasks):
        await done
    load = (server.seconds() - used) / (time.perf_counter() - began)
    return visitors, (server.memory() - before) / sessions, load


def _set(event: asyncio.Event) -> asyncio.Event:
    event.set()
    return event


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
        script = Path(folder, "minimal.py")
        script.write_text(textwrap.dedent(MINIMAL), encoding="utf-8")
        seconds = first_page(browser)
        with serving(str(script)) as small, serving("app.py") as ours:
            small.wait()
            ours.wait()
            found = slider_to_screen(browser, {"minimal": small.url, "compare": ours.url})
        browser.close()
    for place, what in enumerate(("sentence", "chart")):
        least, here = (
            statistics.median(times[place] for times in found[name])
            for name in ("minimal", "compare")
        )
        row(f"slider to {what}, minimal app", least, "ms", "median")
        row(f"slider to {what}, Compare", here, "ms", f"allowed {1.5 * least + 50:.0f}")
    for what, value in seconds.items():
        row(f"from the server's start: {what}", value, "s")


if __name__ == "__main__":
    raise SystemExit(main())
