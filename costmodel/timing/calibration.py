"""Calibrate: measure a designed set of layers in two sessions apart, within a budget of time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from costmodel.errors import InputError
from costmodel.table import Column, Table
from costmodel.timing.case import Case
from costmodel.timing.kept import relearnt
from costmodel.timing.learning import Learnt
from costmodel.timing.machine import Machine
from costmodel.timing.machines import MACHINE, own_name
from costmodel.timing.measure.design import design
from costmodel.timing.measure.networks import measure_networks
from costmodel.timing.measure.peaks import measure_peaks
from costmodel.timing.measure.protocol import NAME, SINGLE, Round, as_many, rounds
from costmodel.timing.model.intervals import coverage
from costmodel.timing.model.validation import compare_models
from costmodel.timing.sessions import machines, name_of, numbers, sessions
from costmodel.timing.store.database import Store
from costmodel.timing.store.run import Run
from costmodel.timing.summary import Summary

#: Seconds that measuring and fitting may take unless it is told otherwise.
BUDGET = 145.0
ROUNDS = 3  # of a session: more layers teach a model more than more rounds of fewer ones
_LAYERS = 3000  # at the most in one session
_FEWEST_LAYERS = 60
_LEAST_BUDGET = 5.0
_COLD = 0.12  # of the budget, for whole networks
_FITTING = 0.17  # of the budget
_DONE = 0.2  # of the budget: with less than that left, nothing more is measured
_SHARE = 0.9  # of a session's time, for its rounds: the last one should not be cut off
_TURN = 1.5  # how much longer than the last round another one may take

_COLUMNS = (
    MACHINE,
    *map(Column, ("layers", "sessions", "rounds", "seconds")),
    *map(Column, ("median_error", "within_10", "coverage")),
)

#: Called with (seconds gone, seconds in all).
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Calibration:
    """What calibrating a machine has shown.

    layers, sessions, rounds, seconds: what was measured, and how long all of it took. coverage: how
    often 90 % intervals hold on layers that were not seen, in the other session. models: the table
    of models against each other, None where it was not asked for. median_error, within_10: of the
    model in use, on such layers. name: what `--machine` knows it by.
    """

    machine: Machine
    name: str
    layers: int
    sessions: int
    rounds: int
    seconds: float
    median_error: float
    within_10: float
    coverage: float
    models: Table | None = None

    def to_table(self) -> Table:
        """One row: what was measured, and how well unseen layers are predicted."""
        cells = {column.key: getattr(self, column.key) for column in _COLUMNS[1:]}
        return Table(_COLUMNS, [{MACHINE.key: self.name, **cells}], (f"{self.machine}.",))


def calibrate(
    store: Store,
    machine: Machine,
    budget: float = BUDGET,
    *,
    seed: int = 0,
    fresh: bool = False,
    compare: bool = False,
    progress: Progress | None = None,
) -> Calibration:
    """Measure a set of layers, find out how well a model predicts them, and keep both.

    A calibration that was interrupted goes on; a budget that is spent is not spent again, a longer
    one goes on with layers that were not measured before.

    Args:
        budget: seconds of wall time for everything, what earlier calls have spent included; as many
            layers are taken as there is time for, and 60 however long they take.
        seed: of the design and of the random orders.
        fresh: begin anew; what was measured before is kept, and counts no more.
        compare: also fit the other models, for the table; on top of the budget.

    Raises:
        InputError: a budget too short for a model.
    """
    if not budget >= _LEAST_BUDGET:  # also where it is not a number
        raise InputError(f"the budget is {budget:g} s; allowed are {_LEAST_BUDGET:g} s and more")
    start = time.monotonic()
    known = [] if fresh else sessions(store, machine)
    left = budget - _spent(known)
    goes_on = left > _DONE * budget or len(known) < 2
    if goes_on:
        left = max(left, _LEAST_BUDGET)
        tick = None if progress is None else _ticking(progress, start, left)
        _Pair(store, machine, known, seed, start, left, tick).measure(fresh)
    learnt = relearnt(store, machine)
    store.keep_unseen(machine, learnt.unseen)
    if goes_on:
        runs = sessions(store, machine)
        rounds_alone = _spent(runs) - _spent(known)
        store.add_time(runs[-1], time.monotonic() - start - rounds_alone)
    if progress:
        progress(max(round(left), 1), max(round(left), 1))
    return _calibration(store, machine, learnt, time.monotonic() - start, compare)


class _Pair:
    """Two sessions over the same layers, and in between what is measured once."""

    def __init__(
        self,
        store: Store,
        machine: Machine,
        known: list[Run],
        seed: int,
        start: float,
        left: float,
        tick: Callable[[int, int], None] | None,
    ) -> None:
        self.store, self.machine, self.known, self.seed = store, machine, known, seed
        self.start, self.left, self.tick = start, left, tick

    def measure(self, fresh: bool) -> None:
        """Measure until what is left is needed for fitting."""
        end = self.start + (1 - _FITTING) * self.left
        timed = bool(self.store.networks(self.machine))
        whole = end - self.start - _COLD * self.left * (not timed)
        first = self._first(fresh, self.start + _SHARE * whole / 2 / ROUNDS)
        self._go_on(first, NAME, self.start + whole / 2)
        self._once(first)
        generation, session = numbers(first.name) or (0, 1)
        second = self.store.begin(
            name_of(generation, session + 1), self.machine, first.cases, ROUNDS, self.seed + 1
        )
        self._go_on(second, SINGLE, end)

    def _first(self, fresh: bool, end: float) -> Run:
        """The session that has no partner yet, or a new one over as many layers as fit."""
        if len(self.known) % 2:
            return self.known[-1]
        if self.known:
            generation, last = numbers(self.known[-1].name) or (0, 0)
        else:
            before = sessions(self.store, self.machine) if fresh else []
            generation, last = (numbers(before[-1].name) or (0, 0))[0] + 1 if before else 1, 0
        seen = {case for run in self.known for case in run.cases}
        planned = design(_LAYERS + len(seen), self.seed)
        cases = [case for case in planned if case not in seen]
        began = time.monotonic()
        times = as_many(cases, self.machine, end, _FEWEST_LAYERS, self.tick)
        run = self.store.begin(
            name_of(generation, last + 1), self.machine, cases[: len(times)], ROUNDS, self.seed
        )
        self.store.keep(run, 0, times, time.monotonic() - began)
        return self.store.begin(run.name, self.machine, run.cases, ROUNDS, self.seed)

    def _go_on(self, run: Run, protocol: str, end: float) -> None:
        """Further rounds of a session, as long as another one ends in time; one at the least."""
        turns, begun = list(run.missing), time.monotonic()
        # the first round of a session has to be: without it there is nothing to judge by
        until = end if run.done else math.inf
        longest = 0.0
        while turns and (not run.done or begun + longest / _TURN <= end):
            found: list[tuple[int, Round]] = list(
                rounds(
                    run.cases, self.machine, turns[:1], run.seed, self.tick,
                    protocol=protocol, end=until,
                )
            )  # fmt: skip
            if not found:
                break
            now = time.monotonic()
            self.store.keep(run, *found[0], now - begun)
            run = self.store.begin(run.name, self.machine, run.cases, run.rounds, run.seed)
            longest, begun, until, turns = max(longest, now - begun), now, end, turns[1:]

    def _once(self, first: Run) -> None:
        """The machine's peaks and whole networks, where they are not there yet."""
        if self.store.peaks(self.machine) is None:
            self.store.keep_peaks(self.machine, measure_peaks(self.machine))
        if not self.store.networks(self.machine):
            rate = _seconds_per_mac(self.store.summaries(first))
            found = measure_networks(self.machine, rate, _COLD * self.left)
            self.store.keep_networks(self.machine, found)


def _spent(runs: Sequence[Run]) -> float:
    return sum(run.took for run in runs)


def _seconds_per_mac(measured: Mapping[Case, Summary]) -> float:
    return median(s.minimum / case.convolutions[0].macs for case, s in measured.items())


def _ticking(progress: Progress, start: float, left: float) -> Callable[[int, int], None]:
    """Progress in seconds, whatever is counted below."""

    def tick(done: int, whole: int) -> None:
        progress(min(round(time.monotonic() - start), round(left) - 1), round(left))

    return tick


def _calibration(
    store: Store, machine: Machine, learnt: Learnt, took: float, compare: bool
) -> Calibration:
    runs = sessions(store, machine)
    ratios = [learnt.unseen[case] / real for case, real in learnt.measured.items()]
    apart = [abs(ratio - 1) for ratio in ratios]
    models = None
    if compare:
        by_conv = {case.convolutions[0]: real for case, real in learnt.measured.items()}
        models = compare_models(list(by_conv), list(by_conv.values()))
    return Calibration(
        machine,
        own_name(machine, machines(store)),
        len(learnt.measured),
        len(runs),
        sum(len(run.done) for run in runs),
        took,
        median(apart),
        sum(error <= 0.1 for error in apart) / len(apart),
        coverage(learnt.errors),
        models,
    )
