"""Calibrating, on a made-up machine with a clock of its own: budget, layers and sessions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from costmodel.errors import InputError
from costmodel.timing import calibration
from costmodel.timing.calibration import calibrate
from costmodel.timing.case import Case
from costmodel.timing.learning import Learnt
from costmodel.timing.measure.protocol import NAME, SINGLE, order
from costmodel.timing.sessions import name_of, numbers, sessions
from costmodel.timing.store.database import Store
from tests.timing import made_up
from tests.timing.made_up import MACHINE, law


class Clock:
    """The seconds of the made-up machine: they go by with each visit, and in nothing else."""

    def __init__(self) -> None:
        self.start = self.now = 1000.0
        self.visit, self.protocols = 20e-3, []

    def monotonic(self) -> float:
        return self.now

    def as_many(self, cases: Sequence[Case], machine: Any, end: float, fewest: int, tick: Any):
        times = []
        for place, case in enumerate(cases):
            if place >= fewest and self.now >= end:
                break
            times.append((place, law(case.convolutions[0])))
            self.now += self.visit
        self.protocols.append((NAME, len(times)))
        return times

    def rounds(
        self, cases: Sequence[Case], machine: Any, turns: Sequence[int], seed: int,
        progress: Any = None, *, protocol: str, end: float,
    ) -> Iterator[Any]:  # fmt: skip
        for turn in turns:
            times = []
            for place in order(len(cases), seed, turn):
                if self.now >= end:
                    return
                times.append((place, law(cases[place].convolutions[0])))
                self.now += self.visit
            self.protocols.append((protocol, len(times)))
            yield turn, times

    def networks(self, machine: Any, rate: float, budget: float) -> dict[str, float]:
        self.now += budget
        return made_up.NETWORKS

    def learn(self, store: Store, machine: Any) -> Learnt:
        self.now += 0.15 * (self.now - self.start)
        return Learnt(None, {}, {}, [], True)  # type: ignore[arg-type]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for name, instead in {
        "time": made,
        "as_many": made.as_many,
        "rounds": made.rounds,
        "measure_networks": made.networks,
        "measure_peaks": lambda machine: made_up.PEAKS,
        "relearnt": made.learn,
        "_calibration": lambda store, machine, *_: sessions(store, machine),
    }.items():
        monkeypatch.setattr(calibration, name, instead)
    return made


def layers(runs: Any) -> list[set[Case]]:
    return [set(run.cases) for run in runs]


@pytest.mark.parametrize("visit", [15e-3, 40e-3])
@pytest.mark.parametrize("budget", [20.0, 60.0])
def test_the_budget_is_wall_time_and_is_kept(
    store: Store, clock: Clock, budget: float, visit: float
) -> None:
    clock.visit, start = visit, clock.now
    first, second = calibrate(store, MACHINE, budget)
    assert clock.now - start <= budget
    assert clock.now - start > 0.6 * budget or len(first.cases) == calibration._LAYERS
    assert layers([first]) == layers([second])
    assert len(first.done) >= 2
    assert first.took + second.took == pytest.approx(clock.now - start, rel=1e-6)


def test_work_beside_it_makes_fewer_rounds_and_not_more_time(store: Store, clock: Clock) -> None:
    rounds, start = clock.rounds, clock.now

    def slower(*args: Any, **options: Any) -> Iterator[Any]:
        clock.visit = 100e-3  # five times as slow, from the second round on
        return rounds(*args, **options)

    calibration.rounds = slower  # undone by the fixture
    _, second = calibrate(store, MACHINE, 60)
    assert clock.now - start <= 60 * 1.3
    assert second.done


@pytest.mark.slow
def test_sessions_are_apart_and_time_in_two_ways(store: Store, clock: Clock) -> None:
    calibrate(store, MACHINE, 60)
    ways = [way for way, _ in clock.protocols]
    assert ways[0] == NAME
    assert ways[-1] == SINGLE
    assert ways == sorted(ways, reverse=False, key=[NAME, SINGLE].index)
    assert store.networks(MACHINE) == made_up.NETWORKS
    assert store.peaks(MACHINE) == made_up.PEAKS


@pytest.mark.slow
def test_a_longer_budget_goes_on_with_new_layers(store: Store, clock: Clock) -> None:
    short = calibrate(store, MACHINE, 10)
    spent = sum(run.took for run in short)
    start = clock.now
    longer = calibrate(store, MACHINE, 60)
    assert longer[:2] == short
    assert [numbers(run.name) for run in longer] == [(1, 1), (1, 2), (1, 3), (1, 4)]
    assert not layers(longer)[0] & layers(longer)[2]
    assert len(longer[2].cases) > 3 * len(short[0].cases)
    assert clock.now - start <= (60 - spent) * 1.05  # fitting takes all layers, old ones too
    visits = len(clock.protocols)
    assert calibrate(store, MACHINE, 60) == longer, "what is spent is not spent again"
    assert len(clock.protocols) == visits


@pytest.mark.slow
def test_networks_that_a_short_budget_had_no_time_for_come_later(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "measure_networks", lambda *_: {})
    calibrate(store, MACHINE, 10)
    assert store.networks(MACHINE) == {}
    monkeypatch.setattr(calibration, "measure_networks", clock.networks)
    calibrate(store, MACHINE, 40)
    assert store.networks(MACHINE) == made_up.NETWORKS


@pytest.mark.slow
def test_fresh_begins_anew_and_keeps_what_was(store: Store, clock: Clock) -> None:
    before = calibrate(store, MACHINE, 20)
    after = calibrate(store, MACHINE, 20, fresh=True)
    assert [numbers(run.name) for run in after] == [(2, 1), (2, 2)]
    assert store.runs()[:2] == before
    assert sessions(store, MACHINE) == after


def test_an_interrupted_one_goes_on(store: Store, clock: Clock) -> None:
    cases = made_up.design(70, seed=0)
    run = store.begin(name_of(1, 1), MACHINE, cases, calibration.ROUNDS)
    store.keep(run, 0, [(place, 1e-3) for place in range(70)], took=1.0)
    first, second = calibrate(store, MACHINE, 30)
    assert first.cases == second.cases == tuple(cases)
    assert not first.missing
    assert store.samples(first)[0][0] == 1e-3


@pytest.mark.parametrize("budget", [0.1, math.nan, -3.0])
def test_too_short_a_budget_is_one_sentence(store: Store, budget: float) -> None:
    with pytest.raises(InputError, match=r"the budget is .* s; allowed are 5 s and more"):
        calibrate(store, MACHINE, budget)


def test_progress_is_in_seconds_of_the_budget(store: Store, clock: Clock) -> None:
    seen: list[tuple[int, int]] = []
    calibrate(store, MACHINE, 20, progress=lambda *at: seen.append(at))
    assert seen[-1] == (20, 20)
