"""Whose times there are: those in a store, and those that come with the project."""

from __future__ import annotations

import os
from typing import Any

from costmodel.table import Column, Table
from costmodel.timing.kept import observed
from costmodel.timing.learning import Observed
from costmodel.timing.machines import MACHINE, SHIPPED, chosen, names
from costmodel.timing.sessions import machines, sessions
from costmodel.timing.store import shipped
from costmodel.timing.store.database import Store
from costmodel.timing.store.exchange import written
from costmodel.timing.store.file import default_path

_COLUMNS = (
    MACHINE,
    Column("layers", "Layers"),
    Column("sessions", "Sessions", convention="with one alone, intervals know no other run"),
    Column("description", "Description"),
    Column("store", "Store"),
)


def listed(path: str | None = None) -> Table:
    """A row per machine that answers: its name, and what it was calibrated by."""
    rows: list[dict[str, Any]] = []
    where = path or default_path()
    if os.path.exists(where):
        with Store(where, create=False) as store:
            for name, machine in names(machines(store)).items():
                runs = sessions(store, machine)
                layers = {case for run in runs for case in run.cases}
                cells = (name, len(layers), len(runs), str(machine), where)
                rows.append(_row(cells))
    for name in shipped.names():
        found = shipped.load(name)
        own = (len(found.measured), len(found.observed.sessions), str(found.observed.machine), "")
        rows.append(_row((SHIPPED + name, *own)))
    return Table(_COLUMNS, rows)


def exported(path: str | None, name: str) -> Table:
    """The times of a machine by its name, as rows that `timings --import` reads.

    Raises:
        InputError: an unknown name.
    """
    return written(_observed(path, name))


def _observed(path: str | None, name: str) -> Observed:
    if name.startswith(SHIPPED):
        return shipped.load(name.removeprefix(SHIPPED)).observed
    with Store(path, create=False) as store:
        return observed(store, chosen(machines(store), name, repr(store.path)))


def _row(cells: tuple[Any, ...]) -> dict[str, Any]:
    return {column.key: cell for column, cell in zip(_COLUMNS, cells, strict=True)}
