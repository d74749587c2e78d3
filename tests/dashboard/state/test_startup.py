"""What happens once per server."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st

from costmodel.dashboard.state import startup, turns


@pytest.fixture(autouse=True)
def a_new_server() -> None:
    st.cache_resource.clear()


def test_only_what_follows_the_first_figure_waits_and_nobody_s_turn_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 600.0)
    waits: list[float] = []

    def others() -> None:
        with turns.turn():
            pass

    def slept(seconds: float) -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(others).result(60)
        waits.append(seconds)

    monkeypatch.setattr(startup.time, "sleep", slept)
    for _ in range(3):
        with turns.turn():
            startup.figure_first()
    assert len(waits) == 1


def test_what_the_first_page_imported_is_not_walked_again() -> None:
    gc.unfreeze()
    startup.settle_in()
    frozen = gc.get_freeze_count()
    assert frozen > 100_000
    startup.settle_in()
    assert gc.get_freeze_count() == frozen
