"""What every test shares."""

import gc
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from costmodel.registry import Registry

# Examples are many and small; on a busy machine a single one may take long without being wrong.
settings.register_profile("costmodel", deadline=None, derandomize=True)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=15)
settings.load_profile("costmodel")

# Looks for garbage are this rare: SymPy makes much that is short-lived, and little of it in rings.
_GARBAGE = (50_000, 20, 50)
_SECONDS = 60
# Nothing but this machine, and nothing that a browser does on its own.
_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="only tests that are not marked slow or browser: the first case of each, and the last",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--quick"):
        settings.load_profile("quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--quick"):
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if not any(item.get_closest_marker(mark) for mark in ("slow", "browser")):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {id(item) for group in cases.values() for item in (group[0], group[-1])}
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What thousands of collected tests hold is never garbage: it is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Callable[[Registry[Any], str, Any], Any]:
    """Put an entry into a registry for the length of one test, whether it is taken or not."""

    def declare(registry: Registry[Any], key: str, entry: Any) -> Any:
        monkeypatch.setattr(registry, "_entries", {**registry, key: entry})
        return entry

    return declare


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; the test is skipped, visibly, without it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install it")
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    # An assertion waits as long as everything else does: five seconds are for idle machines.
    sync_api.expect.set_options(timeout=_SECONDS * 1000)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM)
        yield browser
        browser.close()
