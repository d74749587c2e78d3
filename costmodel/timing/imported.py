"""Take times of another device into a store, as a calibration of that machine."""

from __future__ import annotations

from costmodel.timing.case import Case
from costmodel.timing.kept import observed, relearnt
from costmodel.timing.learning import Learnt, Observed, learn
from costmodel.timing.sessions import name_of, numbers, sessions
from costmodel.timing.store.database import Store


def take_in(store: Store, found: Observed) -> Learnt:
    """Keep what was measured elsewhere as the machine's last generation, with its model.

    The same times twice are taken in once.

    Raises:
        InputError: too few layers for a model; then nothing is kept.
    """
    machine = found.machine
    if _same(observed(store, machine), found):
        return relearnt(store, machine)
    learn(found)
    before = sessions(store, machine)
    generation = (numbers(before[-1].name) or (0, 0))[0] + 1 if before else 1
    for place, session in enumerate(found.sessions, 1):
        cases, longest = list(session), max(map(len, session.values()))
        run = store.begin(name_of(generation, place), machine, cases, longest)
        for turn in range(longest):
            times = [
                (number, seconds[turn])
                for number, seconds in enumerate(session.values())
                if turn < len(seconds)
            ]
            store.keep(run, turn, times)
    if found.peaks:
        store.keep_peaks(machine, found.peaks)
    store.keep_networks(machine, found.networks)
    learnt = relearnt(store, machine)
    store.keep_unseen(machine, learnt.unseen)
    return learnt


def _same(kept: Observed, found: Observed) -> bool:
    return (_plain(kept), dict(kept.networks), kept.peaks) == (
        _plain(found),
        dict(found.networks),
        found.peaks,
    )


def _plain(found: Observed) -> list[dict[Case, list[float]]]:
    return [{case: list(times) for case, times in own.items()} for own in found.sessions]
