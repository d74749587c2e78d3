"""Rates by class of convolution: whether fewer multiplies are less time, in ten rows."""

from __future__ import annotations

from statistics import median, quantiles

from costmodel.table import Column, Table, Tabular
from costmodel.timing.convolution import CLASSES
from costmodel.timing.roofline import CLASS

LOW, MIDDLE, HIGH = (
    Column("slow_gmacs_per_s", "Slowest tenth, GMAC/s", "GMAC/s", "a tenth of them is slower"),
    Column("gmacs_per_s", "Median, GMAC/s", "GMAC/s", "nominal multiply-accumulates over min_ms"),
    Column("fast_gmacs_per_s", "Fastest tenth, GMAC/s", "GMAC/s", "a tenth of them is faster"),
)
_COLUMNS = (CLASS, Column("layers", "Layers"), LOW, MIDDLE, HIGH)


def rates(measured: Tabular) -> Table:
    """A row per class, the fastest first, of rows as `timing.report.table` has them.

    What is several convolutions belongs to no class, and is left out.
    """
    rows = []
    for kind in CLASSES:
        own = [row["gmacs_per_s"] for row in measured if row["class"] == kind]
        if own:
            tenths = quantiles(own, n=10, method="inclusive") if len(own) > 1 else own * 9
            cells = (kind, len(own), tenths[0], median(own), tenths[-1])
            rows.append({c.key: cell for c, cell in zip(_COLUMNS, cells, strict=True)})
    rows.sort(key=lambda row: -row[MIDDLE.key])
    return Table(_COLUMNS, rows, tuple(f"{column.note}." for column in (LOW, MIDDLE, HIGH)))
