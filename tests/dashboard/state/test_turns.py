"""One page is drawn after the other, and none is stopped by another one for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from costmodel.dashboard.state import turns
from costmodel.dashboard.state.behind import behind
from costmodel.walled.bounds import Bounds
from costmodel.walled.wall import Wall

LONG = 60.0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", LONG)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


def test_pages_are_drawn_one_after_the_other(patient: None, pool: ThreadPoolExecutor) -> None:
    inside, most = [0], [0]

    def page() -> None:
        with turns.turn():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            inside[0] -= 1

    for done in [pool.submit(page) for _ in range(12)]:
        done.result(LONG)
    assert most == [1]


def test_a_page_that_takes_long_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, pool: ThreadPoolExecutor
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    with turns.turn():
        pool.submit(_page).result(LONG)
        pool.submit(_page).result(LONG)  # and the one before it has given back what it had not
    monkeypatch.setattr(turns, "PATIENCE", LONG)
    pool.submit(_page).result(LONG)


def test_a_turn_ends_with_whatever_ends_a_page(patient: None, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(BaseException, match="stopped"), turns.turn():
        raise BaseException("stopped")  # as Streamlit ends a page that is asked for again
    pool.submit(_page).result(LONG)


def test_who_waits_for_another_process_gives_the_turn_up(
    patient: None, pool: ThreadPoolExecutor
) -> None:
    waiting, others = threading.Event(), threading.Event()

    def page() -> None:
        with turns.turn():
            turns.give_up()
            turns.give_up()  # nothing left to give
            waiting.set()
            assert others.wait(LONG)

    first = pool.submit(page)
    assert waiting.wait(LONG)
    pool.submit(_page).result(LONG)
    others.set()
    first.result(LONG)


def test_behind_the_wall_no_turn_is_held(patient: None, pool: ThreadPoolExecutor) -> None:
    wall = Wall((), Bounds(seconds=LONG, memory=1 << 30))
    try:
        with turns.turn():
            assert behind(wall, "Adding", sum, [2, 3]) == 5
            pool.submit(_page).result(LONG)
    finally:
        wall.stop()


def _page() -> None:
    with turns.turn():
        pass
