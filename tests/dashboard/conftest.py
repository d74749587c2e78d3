"""The dashboard under test: single pages without a browser, and a real server with one."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("streamlit", reason="the dashboard needs streamlit: pip install '.[app]'")

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).absolute().parents[2]
#: Screenshots for a person to look at.
ARTIFACTS = ROOT / "artifacts"
_SECONDS = 60


class Page:
    """One page in Streamlit's own test runner."""

    def __init__(self, name: str, query: dict[str, str]) -> None:
        # The page is run as navigation runs it, without the other pages.
        source = f"from costmodel.dashboard.pages import {name}\n{name}.page()\n"
        self.app = AppTest.from_string(source, default_timeout=_SECONDS)
        for key, value in query.items():
            self.app.query_params[key] = value
        self.run()

    def run(self) -> Page:
        """Rerun, and fail where the page raised."""
        self.app.run()
        assert not self.app.exception, self.app.exception
        return self

    @property
    def query(self) -> dict[str, str]:
        """The state in the URL."""
        params = self.app.query_params
        return {k: v[0] if isinstance(v, list) else v for k, v in params.items()}

    def elements(self) -> Iterator[Any]:
        """Everything on the page, in order."""
        pending = [self.app._tree]
        while pending:
            node = pending.pop(0)
            yield node
            pending = [*getattr(node, "children", {}).values(), *pending]

    def widget(self, key: str) -> Any:
        """A widget by its key, of whatever kind."""
        found = [e for e in self.elements() if getattr(e, "key", None) == key]
        assert found, f"no widget {key!r}"
        return found[0]

    def has(self, key: str) -> bool:
        """Whether there is such a widget."""
        return any(getattr(e, "key", None) == key for e in self.elements())

    def set(self, key: str, value: Any) -> Page:
        """Do what a visitor does, and rerun."""
        self.widget(key).set_value(value)
        return self.run()

    def upload(self, file: tuple[str, bytes, str]) -> Page:
        """Choose a file in the one uploader."""
        (uploader,) = [e for e in self.elements() if getattr(e, "type", "") == "file_uploader"]
        uploader.set_value(file)
        return self.run()

    def text(self) -> str:
        """Everything that is written, for searching in."""
        kinds = "title header subheader markdown caption info text html error warning success"
        kinds += " latex code"
        return "\n".join(
            str(getattr(e, "value", "") or getattr(getattr(e, "proto", None), "body", ""))
            for e in self.elements()
            if getattr(e, "type", "") in kinds.split()
        )

    @property
    def errors(self) -> list[str]:
        """Sentences shown as errors, as they are read."""
        return [_read(element.value) for element in self.app.error]

    @property
    def notices(self) -> list[str]:
        """Sentences shown as warnings, as they are read."""
        return [_read(element.value) for element in self.app.warning]

    def chart(self, key: str) -> dict[str, Any]:
        """A Plotly figure as it is sent to the browser."""
        return json.loads(self.widget(key).proto.spec)

    def frame(self) -> Any:
        """The first table, as a pandas frame."""
        return self.app.dataframe[0].value


def _read(markdown: str) -> str:
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", markdown)


@pytest.fixture(scope="session", autouse=True)
def scanned_once() -> Iterator[None]:
    """Streamlit asks all packages for components, anew in each `AppTest`; once will do."""
    from streamlit.components.v2 import manifest_scanner as scanner

    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(scanner.scan_component_manifests)
        patch.setattr(scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def page() -> Callable[..., Page]:
    """`page("compare", m="32")` opens a page with a query."""
    return lambda name, **query: Page(name, query)


# -- with a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the whole dashboard, on this machine only, at the port that it says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    # into a file, not a pipe: one that nobody reads stops the server once it is full
    told = tmp_path_factory.mktemp("server") / "told.txt"
    with told.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    try:
        # Streamlit takes the next port where somebody was faster
        while not (found := re.search(r"URL: (http://localhost:\d+)\n", told.read_text())):
            assert server.poll() is None, told.read_text()
            time.sleep(0.05)
        yield found[1]
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


# Texts of figures and captions with less than 4.5:1 against the page, with their contrast. What is
# written on a bar or an area has that for its background: the palette's tests are about it.
_FAINT = """
() => {
  const light = c => {
    const [r, g, b] = c.map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const page = document.querySelector('[data-testid=stApp]');
  const behind = parse(getComputedStyle(page).backgroundColor);
  const found = [];
  const places = '.js-plotly-plot text, [data-testid=stCaptionContainer] p';
  for (const element of document.querySelectorAll(places)) {
    if (!element.textContent.trim() || !element.getClientRects().length) continue;
    if (element.closest('.slicetext, .bartext-inside')) continue;
    const look = getComputedStyle(element);
    const [r, g, b, alpha = 1] = parse(element.closest('svg') ? look.fill : look.color);
    let opacity = alpha * (element.closest('svg') ? look.fillOpacity : 1);
    for (let up = element; up; up = up.parentElement) opacity *= getComputedStyle(up).opacity;
    const shown = [r, g, b].map((value, i) => value * opacity + behind[i] * (1 - opacity));
    const [low, high] = [light(shown), light(behind)].sort((x, y) => x - y);
    if (high / low < 4.5) found.push((high / low).toFixed(2) + ' ' + element.textContent.trim());
  }
  return found;
}
"""


class Visitor:
    """A browser tab on the dashboard."""

    def __init__(self, tab: Any, address: str) -> None:
        self.tab, self.address = tab, address
        self.console: list[str] = []
        self.foreign: list[str] = []
        tab.on("console", self._wrote)
        tab.on("request", self._requested)
        tab.set_default_timeout(_SECONDS * 1000)

    def _wrote(self, message: Any) -> None:
        url = message.location.get("url", "")
        # Opened at a page's own address, Streamlit first looks for its server below that address.
        # And it looks whether a download is there when its button is drawn: that of a page which
        # was drawn anew meanwhile is gone.
        gone = "404" in message.text and ("/media/" in url or "Download Button" in message.text)
        if message.type == "error" and "/_stcore/" not in url and not gone:
            self.console.append(f"{message.text} {url}")

    def _requested(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "ws:")):
            self.foreign.append(request.url)

    def open(self, path: str = "/") -> Visitor:
        """Load an address and wait until the page has run."""
        self.tab.goto(self.address + path)
        self.tab.locator("h1").first.wait_for()
        return self.settle()

    def settle(self) -> Visitor:
        """Wait until nothing on the page is out of date."""
        self.tab.wait_for_function(
            "() => document.querySelector('[data-testid=stApp]')"
            "?.getAttribute('data-test-script-state') === 'notRunning'"
            " && !document.querySelector('[data-stale=true]')"
        )
        return self

    def looks(self, look: str) -> Visitor:
        """Have the system ask for "light" or "dark", and wait until the page is."""
        self.tab.emulate_media(color_scheme=look)
        self.tab.wait_for_function(
            "look => getComputedStyle(document.querySelector('[data-testid=stApp]'))"
            ".colorScheme === look"
            " && !document.getAnimations().some(one => one instanceof CSSTransition)",
            arg=look,
        )
        return self.settle()

    def figures(self) -> Visitor:
        """Wait until everything on the page is drawn, figures as well."""
        self.tab.wait_for_function(
            "() => !document.querySelector('[data-testid=stSkeleton]') &&"
            " [...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
            ".every(chart => chart.querySelector('.main-svg'))"
        )
        return self

    def fits(self, width: int) -> Visitor:
        """Wait until everything on the page has room at a width; a table of its own may scroll."""
        self.tab.set_viewport_size({"width": width, "height": 900})
        self.tab.wait_for_function(
            "width => { const main = document.querySelector('[data-testid=stMain]');"
            " return innerWidth === width && main.scrollWidth <= main.clientWidth"
            " && document.documentElement.scrollWidth <= width }",
            arg=width,
        )
        return self

    def sidebar(self, shown: bool) -> Visitor:
        """Wait until the sidebar, where the page has one, is beside it or out of the way."""
        self.tab.wait_for_function(
            "shown => [...document.querySelectorAll('[data-testid=stSidebar]')].every("
            "bar => (bar.getBoundingClientRect().right > 0) === shown)"
            " && !document.getAnimations().some(one => one instanceof CSSTransition)",
            arg=shown,
        )
        return self

    def query(self) -> dict[str, str]:
        """The state in the address."""
        from urllib.parse import parse_qsl, urlsplit

        return dict(parse_qsl(urlsplit(self.tab.url).query, keep_blank_values=True))

    def faint(self) -> list[str]:
        """Texts around figures that have less contrast than 4.5:1."""
        return list(self.tab.evaluate(_FAINT))

    def type(self, label: str, text: str) -> Visitor:
        """Type into an input and leave it."""
        field = self.tab.get_by_label(label, exact=True)
        field.fill(text)
        field.press("Enter")
        return self

    def photograph(self, name: str) -> None:
        """A screenshot of the whole page, for a person to look at."""
        ARTIFACTS.mkdir(exist_ok=True)
        height = self.tab.evaluate(
            "() => document.querySelector('[data-testid=stMain]').scrollHeight"
        )
        width = self.tab.viewport_size["width"]
        self.tab.set_viewport_size({"width": width, "height": min(max(height, 700), 8000)})
        self.tab.wait_for_timeout(400)  # figures fit themselves to the new size
        self.tab.screenshot(path=str(ARTIFACTS / f"{name}.png"))


@pytest.fixture
def visitor(chromium: Any, address: str) -> Iterator[Callable[..., Visitor]]:
    """`visitor(width=390, look="dark")` is a new visitor; nothing foreign may be fetched."""
    contexts, visitors = [], []

    def new(width: int = 1400, look: str = "light", **options: Any) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=look, **options
        )
        contexts.append(context)
        visitors.append(Visitor(context.new_page(), address))
        return visitors[-1]

    yield new
    for one in visitors:
        assert one.foreign == [], "a page fetched something from elsewhere"
        assert one.console == [], "a page wrote errors to the console"
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Visitor], list[str]]:
    """What axe-core finds on a page, as "rule: elements" texts."""
    library = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: pip install axe-playwright-python"
    )

    def check(visitor: Visitor) -> list[str]:
        found = library.Axe().run(visitor.tab)
        return [
            f"{violation['id']}: " + ", ".join(node["html"][:200] for node in nodes)
            for violation in found.response["violations"]
            if (nodes := [n for n in violation["nodes"] if not _framework(violation["id"], n)])
        ]

    return check


def _framework(rule: str, node: dict) -> bool:
    """Whether a finding is about an element of Streamlit's own that a page cannot change.

    The drop zone of its file uploader has a role and a place in the order of focus at once.
    """
    return rule == "presentation-role-conflict" and "stFileUploaderDropzone" in node["html"]
