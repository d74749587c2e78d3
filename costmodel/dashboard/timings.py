"""Stored times: what this machine has measured, and what the project ships with.

A store has machines, and each machine its measured layers, its peaks, and, where it was calibrated,
predictions of layers that the model had not seen; shipped times have all of these.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from costmodel.errors import CostModelError
from costmodel.table import Table
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.measure.protocol import Summary
from costmodel.timing.report import rows_of, table
from costmodel.timing.roofline import Peaks, points
from costmodel.timing.store import shipped
from costmodel.timing.store.database import Store, default_path

_SHIPPED = "{}, shipped"
_NO_STORE = ""


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
    """(store, machine's text) by the machine's title: this machine's own first, then shipped."""
    found = dict(_machines(tuple((path, os.path.getmtime(path)) for path in _stores())))
    for name in shipped.names():
        found.setdefault(_SHIPPED.format(_shipped(name).machine), (_NO_STORE, name))
    return found


def _stores() -> list[str]:
    """This machine's own file, where there is one."""
    return [path for path in (default_path(),) if os.path.isfile(path)]


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
    if path == _NO_STORE:
        return _example(machine)
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
    return Timings(
        machine,
        Table(every.columns, own, every.notes),
        peaks,
        points(measured, peaks, machine.dtype) if peaks else None,
        _compared(measured, unseen),
    )


@st.cache_resource(max_entries=4, show_spinner="Reading the times…")
def _shipped(name: str) -> shipped.Shipped:
    return shipped.load(name)


@st.cache_resource(max_entries=4, show_spinner="Reading the times…")
def _example(name: str) -> Timings:
    found = _shipped(name)
    measured, unseen = found.measured, found.unseen
    rows = rows_of(measured, found.machine)
    under = points(measured, found.peaks, found.machine.dtype)
    return Timings(found.machine, rows, found.peaks, under, _compared(measured, unseen))


def _compared(
    measured: Mapping[Case, Summary], unseen: Mapping[Case, float]
) -> tuple[tuple[float, float, str, str], ...]:
    return tuple(
        (measured[case].minimum, said, case.convolutions[0].kind, str(case))
        for case, said in unseen.items()
        if case in measured
    )
