"""Behind the wall: what is worked out elsewhere for a visitor, and what is said of too much."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from costmodel import VARIANTS, ConvLayer
from costmodel.checks.verify.bounded import checked
from costmodel.dashboard.forms import network_form
from costmodel.dashboard.pages import design
from costmodel.dashboard.sections import (
    checking,
    network_figures,
    network_formula,
    network_table,
)
from costmodel.dashboard.state import behind
from costmodel.errors import LimitError
from costmodel.network.formula import evaluated
from costmodel.plots.layout import name_of
from costmodel.walled.bounds import Bounds
from costmodel.walled.wall import Wall
from tests.dashboard.pages.test_network import TABLE, upload
from tests.walled.slow import asleep

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
SENTENCE = "this takes more than 0.0001 s; allowed are 0.0001 s and 1,024 MiB."


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    """A wall at which next to nothing is done in time."""
    wall = Wall([], Bounds(seconds=0.0001, memory=1 << 30))
    for module in (design, network_figures, network_form, network_formula, network_table):
        monkeypatch.setattr(module, "readers", lambda: wall)
    monkeypatch.setattr(checking, "checkers", lambda: wall)
    yield wall
    wall.stop()


def test_formulas_of_a_design_are_expanded_elsewhere(page: Any, hasty: Wall) -> None:
    opened = page("design")
    assert opened.errors == [f"Expanding the formulas: {SENTENCE}"]
    assert [h.value for h in opened.app.header][-1] == "As code, and checked"


def test_formulas_of_networks_are_expanded_elsewhere(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def too_long(wall: Wall, what: str, function: Any, *args: Any) -> None:
        asked.append((wall, what, function))
        raise LimitError(f"{what}: {SENTENCE[:-1]}")

    monkeypatch.setattr(network_formula, "behind", too_long)
    opened = page("network")
    assert asked == [(behind.readers(), "Expanding the formula", evaluated)]
    assert [info.value for info in opened.app.info] == [f"Expanding the formula: {SENTENCE}"]
    assert not opened.errors


def test_a_check_is_made_elsewhere(page: Any, hasty: Wall) -> None:
    opened = page("design")
    opened.widget("check").click()
    opened.run()
    assert opened.errors[-1] == f"Checking: {SENTENCE}"


def test_files_are_read_elsewhere(page: Any, hasty: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_form, "read_upload", asleep)
    opened = upload(page("network", source="upload"), "x.csv", TABLE)
    assert opened.errors == [f"Reading the file: {SENTENCE}"]


def test_every_variant_of_a_file_is_counted_elsewhere(
    page: Any, hasty: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        for module in (network_form, network_table):
            patch.setattr(module, "readers", behind.readers)
        opened = upload(page("network", source="upload"), "x.csv", TABLE)
        assert not opened.errors
        opened.set("table", "compare")
        assert not opened.errors
        assert list(opened.frame()["variant"]) == [name_of(v) for v in VARIANTS.values()]
    monkeypatch.setattr(network_table.whatif, "compare", asleep)
    opened.run()
    assert opened.errors == [f"Counting every variant: {SENTENCE}"]


@pytest.mark.slow
def test_a_check_there_is_the_check_here() -> None:
    pytest.importorskip("fvcore", reason="checking needs fvcore: pip install '.[torch]'")
    basis, layer = VARIANTS["basis"], ConvLayer((3, 5), 12, 20, (7, 10))
    wall = Wall([], behind.CHECKING)
    try:
        table, module = wall.call(checked, basis, layer)
    finally:
        wall.stop()
    expected, text = checked(basis, layer)
    assert (table.rows, module) == (expected.rows, text)


def test_the_page_says_how_long_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    class Place:
        def caption(self, text: str) -> None:
            said.append(text)

        def empty(self) -> None:
            said.append("")

    class Slow(Wall):
        def watched(self, tick: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
            for seconds in (0.1, 0.4, 2.2):
                tick(seconds)
            return function(*args, **kwargs)

    monkeypatch.setattr(behind.st, "empty", Place)
    wall = Slow([], behind.READING)
    assert behind.behind(wall, "Reading the file", str.upper, "x") == "X"
    assert said == ["Reading the file: 2 s of at most 15 s", ""]
