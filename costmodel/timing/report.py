"""What was measured, as rows: for CSV, for people, and for the data folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from costmodel.comparing.compare import HYPER, VARIANT
from costmodel.table import Column, Table
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.machines import chosen
from costmodel.timing.measure.protocol import NAME
from costmodel.timing.roofline import CLASS, MACS, RATE
from costmodel.timing.store.database import Store
from costmodel.timing.summary import Summary
from costmodel.typed import write_sizes

_GEOMETRY = (
    "kernel",
    "in_channels",
    "out_channels",
    "size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "batch",
    "transposed",
)
_LEAST = Column(
    "min_ms", "Least, ms", "ms", "the least of all rounds, which is the time that counts"
)
_UPPER = Column(
    "upper_ms", "Three quarters, ms", "ms", "three quarters of the rounds take no longer"
)
_HALF = Column("iqr_ms", "Middle half, ms", "ms", "width of the middle half of the rounds")
COLUMNS = (
    VARIANT,
    HYPER,
    *(Column(name, name.replace("_", " ").capitalize()) for name in _GEOMETRY),
    CLASS,
    MACS,
    Column("rounds", "Rounds"),
    _LEAST,
    Column("median_ms", "Median, ms", "ms"),
    _HALF,
    _UPPER,
    RATE,
    *map(Column, (*Machine.__dataclass_fields__, "protocol")),
)
_NOTE = "; ".join(column.note for column in (_LEAST, _HALF, _UPPER, RATE)) + "."


def table(store: Store, name: str | None = None, machine: str | None = None) -> Table:
    """A row per measured case and machine, of one run or of all of them together.

    Args:
        name: of the run. machine: the name of one, of all in the store.

    Raises:
        InputError: an unknown machine.
    """
    rows: list[dict[str, Any]] = []
    if name is None:
        every = store.machines()
        wanted = every if machine is None else [chosen(every, machine, repr(store.path))]
        for one in wanted:
            rows += _rows(store.measured(one), one)
    else:
        for run in store.runs():
            if run.name == name:
                rows += _rows(store.summaries(run), run.machine)
    return Table(COLUMNS, rows, (_NOTE,))


def rows_of(measured: Mapping[Case, Summary], machine: Machine) -> Table:
    """A row per case that was measured on a machine."""
    return Table(COLUMNS, _rows(measured, machine), (_NOTE,))


def _rows(measured: Mapping[Case, Summary], machine: Machine) -> list[dict[str, Any]]:
    return [_row(case, summary, machine) for case, summary in measured.items()]


def _row(case: Case, summary: Summary, machine: Machine) -> dict[str, Any]:
    convolutions = case.convolutions
    macs = sum(conv.macs for conv in convolutions)
    layer = case.layer
    return {
        "variant": case.variant,
        "hyper": dict(case.hyper),
        **{name: _cell(getattr(layer, name)) for name in _GEOMETRY},
        "class": convolutions[0].kind if len(convolutions) == 1 else "",
        "macs": macs,
        "rounds": summary.rounds,
        "min_ms": 1e3 * summary.minimum,
        "median_ms": 1e3 * summary.median,
        "iqr_ms": 1e3 * summary.iqr,
        "upper_ms": 1e3 * summary.upper,
        "gmacs_per_s": macs / summary.minimum / 1e9,
        **asdict(machine),
        "protocol": NAME,
    }


def _cell(value: Any) -> Any:
    return write_sizes(value) if isinstance(value, tuple) else value
