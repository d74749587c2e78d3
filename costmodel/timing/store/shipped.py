"""Times that come with the project: measured once, on machines that are described.

`data/timings/NAME.csv` has a row per layer, `NAME.json` the machine, its peaks and the protocol.
They are examples of what `calibrate` finds, never a statement about the reader's machine.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.errors import InputError, unknown
from costmodel.files import data_names, data_path, write_whole
from costmodel.table import Table
from costmodel.timing.case import Case
from costmodel.timing.cold import Cold
from costmodel.timing.machine import Machine
from costmodel.timing.measure.protocol import NAME
from costmodel.timing.roofline import Peaks
from costmodel.timing.summary import Summary
from costmodel.typed import read_sizes, write_sizes

FOLDER = "timings"
_GEOMETRY = ("kernel", "size", "stride", "dilation")
_COLUMNS = (
    *("in_channels", "out_channels", *_GEOMETRY, "groups", "transposed", "class", "macs"),
    *("rounds", "min_ms", "median_ms", "iqr_ms", "unseen_ms"),
)


@dataclass(frozen=True)
class Shipped:
    """One machine's times.

    measured: by layer. unseen: seconds that a model said of each layer without having seen it.
    models: rows of the models against each other. repeated: how far two runs of the protocol are
    apart.
    """

    name: str
    machine: Machine
    peaks: Peaks
    cold: Cold
    measured: dict[Case, Summary]
    unseen: dict[Case, float]
    models: tuple[dict[str, Any], ...] = ()
    repeated: dict[str, Any] = field(default_factory=dict)

    def to_table(self) -> Table:
        """A row per layer: what it is, what it took, and what a model said of it."""
        rows = [self._row(case, summary) for case, summary in self.measured.items()]
        return Table(_COLUMNS, rows, (f"Measured on {self.machine}: {NAME}.",))

    def _row(self, case: Case, summary: Summary) -> dict[str, Any]:
        layer, (conv,) = case.layer, case.convolutions
        seconds = (summary.minimum, summary.median, summary.iqr, self.unseen[case])
        cells = (
            *(layer.in_channels, layer.out_channels),
            *(write_sizes(getattr(layer, name)) for name in _GEOMETRY),
            *(layer.groups, layer.transposed, conv.kind, conv.macs, summary.rounds),
            *map(_short, seconds),
        )
        return dict(zip(_COLUMNS, cells, strict=True))


def names() -> list[str]:
    """The machines that there are times of."""
    return data_names(FOLDER)


def load(name: str) -> Shipped:
    """One machine's times.

    Raises:
        InputError: an unknown name.
    """
    if name not in names():
        raise InputError(unknown("machine with shipped times", name, names()))
    with open(data_path(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        facts = json.load(file)
    with open(data_path(FOLDER, f"{name}.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cases = {_case(row): row for row in rows}
    cold = facts["cold"]
    return Shipped(
        name,
        Machine(**facts["machine"]),
        Peaks(**facts["peaks"]),
        Cold(cold["seconds_per_byte"], cold["cache"], tuple(map(tuple, cold["networks"]))),
        {case: _summary(row) for case, row in cases.items()},
        {case: float(row["unseen_ms"]) / 1e3 for case, row in cases.items()},
        tuple(facts["models"]),
        facts["repeated"],
    )


def ship(shipped: Shipped) -> None:
    """Write a machine's times into the data folder; for those who maintain it."""
    facts = {
        "machine": asdict(shipped.machine),
        "protocol": NAME,
        "peaks": asdict(shipped.peaks),
        "cold": asdict(shipped.cold),
        "repeated": shipped.repeated,
        "models": list(shipped.models),
    }
    os.makedirs(data_path(FOLDER), exist_ok=True)
    write_whole(data_path(FOLDER, f"{shipped.name}.json"), json.dumps(facts, indent=1) + "\n")
    write_whole(data_path(FOLDER, f"{shipped.name}.csv"), shipped.to_table().to_csv())


def _case(row: dict[str, str]) -> Case:
    geometry: dict[str, Any] = {name: read_sizes(row[name]) for name in _GEOMETRY}
    return Case(
        ConvLayer(
            in_channels=int(row["in_channels"]),
            out_channels=int(row["out_channels"]),
            groups=int(row["groups"]),
            transposed=row["transposed"] == "true",
            **geometry,
        )
    )


def _summary(row: dict[str, str]) -> Summary:
    seconds = (float(row[f"{key}_ms"]) / 1e3 for key in ("min", "median", "iqr"))
    return Summary(int(row["rounds"]), *seconds)


def _short(seconds: float) -> float:
    """Milliseconds with five digits: more would be noise."""
    return float(f"{1e3 * seconds:.5g}")
