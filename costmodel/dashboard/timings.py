"""Stored times: what this machine has measured, and what the project ships with.

A store is a file; each has machines, and each machine its measured layers, its peaks, and, where it
was calibrated, predictions of layers that the model had not seen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from glob import glob

import streamlit as st

from costmodel.errors import CostModelError
from costmodel.resources import data_path
from costmodel.table import Table
from costmodel.timing.machine import Machine
from costmodel.timing.report import table
from costmodel.timing.roofline import Peaks, points
from costmodel.timing.store import Store, default_path


@dataclass(frozen=True)
class Timings:
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


def available() -> dict[str, tuple[str, str]]:
    """(store, machine's text) by the machine's title, for every machine in every store."""
    return _machines(tuple((path, os.path.getmtime(path)) for path in _stores()))


def _stores() -> list[str]:
    """Files with times: this machine's own first."""
    shipped = sorted(glob(data_path("timings", "*.sqlite")))
    return [path for path in (default_path(), *shipped) if os.path.isfile(path)]


@st.cache_data(max_entries=8, show_spinner=False)
def _machines(stores: tuple[tuple[str, float], ...]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for path, _ in stores:
        try:
            with Store(path, create=False) as store:
                for machine in store.machines():
                    if store.measured(machine):
                        found.setdefault(str(machine), (path, machine.to_json()))
        except CostModelError:
            continue  # a file of another version: the command line says what to do about it
    return found


def timings(title: str) -> Timings:
    """The times of a machine by its title."""
    path, machine = available()[title]
    return _timings(path, os.path.getmtime(path), machine)


@st.cache_resource(max_entries=16, show_spinner="Reading the times…")
def _timings(path: str, changed: float, text: str) -> Timings:
    machine = Machine.from_json(text)
    with Store(path, create=False) as store:
        every = table(store)
        facts = {"processor": machine.processor, "threads": machine.threads, "dtype": machine.dtype}
        facts |= {"device": machine.device, "torch": machine.torch}
        facts |= {"channels_last": machine.channels_last, "compiled": machine.compiled}
        own = [row for row in every if all(row[name] == value for name, value in facts.items())]
        measured, peaks = store.measured(machine), store.peaks(machine)
        unseen = store.unseen(machine)
    compared = tuple(
        (measured[case].minimum, said, case.convolutions[0].kind, str(case))
        for case, said in unseen.items()
        if case in measured
    )
    return Timings(
        machine,
        Table(every.columns, own, every.notes),
        peaks,
        points(measured, peaks, machine.dtype) if peaks else None,
        compared,
    )
