"""Measure cases into a store: every finished round is kept, and an interrupted run goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.measure.memory import refuse_too_large
from costmodel.timing.measure.protocol import rounds
from costmodel.timing.store.database import Store
from costmodel.timing.store.run import Run


def begin(
    store: Store,
    machine: Machine,
    cases: Sequence[Case],
    rounds: int,
    seed: int = 0,
    name: str | None = None,
) -> Run:
    """The run of these cases: the one that was interrupted, or a new one.

    Args:
        name: of the run; None makes one up from the cases.

    Raises:
        InputError: a case that would not fit in memory, or a name that is of other cases.
    """
    refuse_too_large(cases, machine.dtype, machine.device)
    return store.begin(name or _name(store, cases, machine), machine, cases, rounds, seed)


def measure(store: Store, run: Run, progress: Callable[[int, int], None] | None = None) -> None:
    """Time a run's missing rounds; `progress` is called with (visits done, visits in all)."""
    for turn, times in rounds(run.cases, run.machine, run.missing, run.seed, progress):
        store.keep(run, turn, times)


def _name(store: Store, cases: Sequence[Case], machine: Machine) -> str:
    digest = hashlib.sha256("\n".join(case.key for case in cases).encode()).hexdigest()[:10]
    taken = {run.name: run for run in store.runs() if run.machine == machine}
    count = 1
    while (name := f"{digest}-{count}") in taken and not taken[name].missing:
        count += 1
    return name
