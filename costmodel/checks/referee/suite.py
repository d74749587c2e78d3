"""The conformance suite as data: small convolutions of every kind, with their exact multiplies.

`data/referee/conformance.csv` has a row per case: its form (how it is called), its geometry, and
its multiply-accumulates, products with padding zeros included. `cases` makes the models.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass

from costmodel.errors import InputError
from costmodel.files import data_path
from costmodel.typed import read_sizes

FILE = ("referee", "conformance.csv")

#: How a case calls its convolution: one sentence per form.
FORMS = {
    "module": "a module of `torch.nn`",
    "functional": "a function of `torch.nn.functional`",
    "subclass": "a class derived from `nn.Conv2d`",
    "weight_norm": "`nn.Conv2d` with `torch.nn.utils.weight_norm`",
    "parametrised": "`nn.Conv2d` with `torch.nn.utils.parametrize`",
    "shared_runs": "one module that runs twice",
    "shared_owners": "one module that two modules own and run",
    "unused": "a module that runs beside one that never does",
    "unfold": "`F.unfold` and a matrix product",
    "einsum": "windows and `torch.einsum`",
    "scripted": "a module compiled by `torch.jit.script`",
    "half": "a module and an input of 16-bit numbers",
    "linear": "`nn.Linear`",
}


@dataclass(frozen=True)
class SuiteRow:
    """A case: how it is called, its geometry (one number per axis), its exact multiplies.

    batch is 0 for an input without a batch axis; padding is one number per axis or "same".
    """

    case: str
    form: str
    transposed: bool
    batch: int
    in_channels: int
    out_channels: int
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...] | str
    dilation: tuple[int, ...]
    groups: int
    output_padding: tuple[int, ...]
    bias: bool
    runs: int
    macs: int


@functools.cache
def rows() -> dict[str, SuiteRow]:
    """The cases by name, in the order of the file."""
    path = data_path(*FILE)
    rows: dict[str, SuiteRow] = {}
    with open(path, encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            row = _row(cells)
            if row.form not in FORMS:
                raise InputError(f"{path}: form {row.form!r}; allowed are {', '.join(FORMS)}")
            rows[row.case] = row
    return rows


def _row(cells: dict[str, str]) -> SuiteRow:
    size = read_sizes(cells["size"]) if cells["size"] else ()

    def each(name: str) -> tuple[int, ...]:
        values = read_sizes(cells[name]) if cells[name] else ()
        return values * len(size) if len(values) == 1 else values

    padding = cells["padding"]
    return SuiteRow(
        cells["case"],
        cells["form"],
        cells["transposed"] == "1",
        int(cells["batch"]),
        int(cells["in_channels"]),
        int(cells["out_channels"]),
        size,
        each("kernel"),
        each("stride"),
        "same" if padding == "same" else each("padding"),
        each("dilation"),
        int(cells["groups"]),
        each("output_padding"),
        cells["bias"] == "1",
        int(cells["runs"]),
        int(cells["macs"]),
    )
