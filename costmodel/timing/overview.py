"""All that is kept of a machine: what was measured on it, its roofline, and its predictions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from costmodel.table import Table
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.report import rows_of
from costmodel.timing.roofline import Peaks, points
from costmodel.timing.store.database import Store
from costmodel.timing.store.file import default_path
from costmodel.timing.store.shipped import Shipped
from costmodel.timing.summary import Summary


@dataclass(frozen=True)
class Overview:
    """The times of one machine.

    rows: as `timing.report.table` has them. peaks, roofline: of the machine, None where its peaks
    were not measured. unseen: (measured, predicted) seconds with class and name of the layers that
    were predicted without having been seen.
    """

    machine: Machine
    rows: Table
    peaks: Peaks | None
    roofline: Table | None
    unseen: tuple[tuple[float, float, str, str], ...]


def stores() -> list[str]:
    """This machine's own file of times, where there is one."""
    return [path for path in (default_path(),) if os.path.isfile(path)]


def machines_in(path: str) -> Iterator[Machine]:
    """The machines that a store has times of; raises what opening it raises."""
    with Store(path, create=False) as store:
        yield from (machine for machine in store.machines() if store.measured(machine))


def stored(path: str, machine: Machine) -> Overview:
    """What a store has of a machine."""
    with Store(path, create=False) as store:
        measured, unseen = store.measured(machine), store.unseen(machine)
        return _overview(machine, measured, store.peaks(machine), unseen)


def of_shipped(found: Shipped) -> Overview:
    """The same of a machine whose times come with the project."""
    machine, peaks = found.observed.machine, found.observed.peaks
    return _overview(machine, found.measured, peaks, found.unseen)


def _overview(
    machine: Machine,
    measured: Mapping[Case, Summary],
    peaks: Peaks | None,
    unseen: Mapping[Case, float],
) -> Overview:
    return Overview(
        machine,
        rows_of(measured, machine),
        peaks,
        points(measured, peaks, machine.dtype) if peaks else None,
        tuple(
            (measured[case].minimum, said, case.convolutions[0].kind, str(case))
            for case, said in unseen.items()
            if case in measured
        ),
    )
