"""Stored times, read once for all visitors: what this machine has measured, and what is shipped."""

from __future__ import annotations

import os
from functools import lru_cache

import streamlit as st

from costmodel.comparing.compare import Comparison
from costmodel.errors import CostModelError
from costmodel.timing import overview
from costmodel.timing.answer import Answer
from costmodel.timing.machine import Machine
from costmodel.timing.machines import SHIPPED
from costmodel.timing.opened import Opened, open_any, open_times
from costmodel.timing.overview import Overview
from costmodel.timing.store import shipped

_SHIPPED = "{}, shipped"
_NO_STORE = ""
_ANSWERS = 500


def timed(comparison: Comparison) -> Answer:
    """A comparison with the times of this machine, or shipped ones; without, where there are none.

    Cheap enough for every redraw: the same answer for the same comparison and the same times.
    """
    try:
        opened = open_any()
    except CostModelError:
        opened = None
    return _answer(comparison, opened)


@lru_cache(maxsize=_ANSWERS)
def _answer(comparison: Comparison, opened: Opened | None) -> Answer:
    return Answer(comparison, opened.estimates(comparison) if opened else None)


def available() -> dict[str, tuple[str, str]]:
    """(store, machine's text) by the machine's title: this machine's own first, then shipped."""
    paths = tuple((path, os.path.getmtime(path)) for path in overview.stores())
    found = dict(_machines(paths))
    for name in shipped.names():
        found.setdefault(_SHIPPED.format(_shipped(name).machine), (_NO_STORE, name))
    return found


@st.cache_data(max_entries=8, show_spinner=False)
def _machines(stores: tuple[tuple[str, float], ...]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for path, _ in stores:
        try:
            for machine in overview.machines_in(path):
                found.setdefault(str(machine), (path, machine.to_json()))
        except CostModelError:
            continue  # a file of another version: the command line says what to do about it
    return found


def timings(title: str) -> Overview:
    """The times of a machine by its title."""
    path, machine = available()[title]
    if path == _NO_STORE:
        return _shipped(machine)
    return _stored(path, os.path.getmtime(path), machine)


@st.cache_resource(max_entries=4, show_spinner=False)
def shipped_times(name: str) -> Opened:
    """The times of a shipped machine by its name, with the model of them."""
    return open_times(machine=SHIPPED + name)


@st.cache_resource(max_entries=16, show_spinner="Reading the times…")
def _stored(path: str, changed: float, machine: str) -> Overview:
    return overview.stored(path, Machine.from_json(machine))


@st.cache_resource(max_entries=4, show_spinner="Reading the times…")
def _shipped(name: str) -> Overview:
    return overview.of_shipped(shipped.load(name))
