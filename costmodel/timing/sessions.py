"""Sessions: the runs that a machine is calibrated by, two and two apart from each other.

A calibration is a number of sessions over the layers of a design. Sessions come in pairs with the
same layers: the second is begun after the machine has done something else for a while, and times by
another protocol, so that what a model says after one can be judged by the other. `--fresh` begins a
new generation; the last one counts, and nothing is deleted.
"""

from __future__ import annotations

import re

from costmodel.timing.machine import Machine
from costmodel.timing.store.database import Store
from costmodel.timing.store.run import Run

#: How the names of these runs begin: `calibration`, and `calibration 2.1` for the first session of
#: the second generation.
CALIBRATION = "calibration"
_NAME = re.compile(rf"{CALIBRATION}(?: (\d{{1,6}})\.(\d{{1,6}}))?")


def name_of(generation: int, session: int) -> str:
    """The name of a session's run; both numbers count from 1."""
    return f"{CALIBRATION} {generation}.{session}"


def numbers(name: str) -> tuple[int, int] | None:
    """(generation, session) of a run; None where it calibrates nothing."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return (int(found[1]), int(found[2])) if found[1] else (0, 1)


def sessions(store: Store, machine: Machine) -> list[Run]:
    """The sessions of a machine's last generation that have a finished round, in order."""
    by_number = {
        place: run
        for run in store.runs(machine)
        if (place := numbers(run.name)) is not None and run.done
    }
    last = max((generation for generation, _ in by_number), default=0)
    return [by_number[place] for place in sorted(by_number) if place[0] == last]


def machines(store: Store) -> list[Machine]:
    """The machines that are calibrated in a store, in the order in which they were begun."""
    return list(dict.fromkeys(machine for name, machine in store.names() if numbers(name)))
