"""Published figures as data: what was printed, where, and how it is computed again.

`data/published/sources.csv` has a row per table (id, citation, conventions), `TABLE.csv` the
figures of one of them:

    row        which row of the table, in its own words
    quantity   which column
    published  the figure as it was printed, without unit
    unit       what one of it is, 1000000 or % (blank: 1)
    place      what the last meaningful digit stands for, where zeros only fill up ("15300": 100)
    how        a computation: its name and arguments, see `computations`
    verdict    exact, within rounding, misprint, not reproducible
    instead    for a misprint: the figure as it should have been printed
    reason     one sentence, for every verdict but the first two
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from costmodel.errors import InputError, unknown
from costmodel.files import data_path

FOLDER = "published"
EXACT, ROUNDED, MISPRINT, NOT = "exact", "within rounding", "misprint", "not reproducible"
VERDICTS = (EXACT, ROUNDED, MISPRINT, NOT)
_SOURCES = "sources.csv"
_PERCENT = "%"


@dataclass(frozen=True)
class Source:
    """Where a table was published: its id here, the citation, and what its figures count."""

    table: str
    citation: str
    convention: str


@dataclass(frozen=True)
class Figure:
    """One printed figure; fields as in the files, see above."""

    table: str
    row: str
    quantity: str
    published: str
    unit: str
    place: str
    how: str
    verdict: str
    instead: str
    reason: str

    @property
    def scale(self) -> Fraction:
        """What one of the printed unit is; percent are computed as percent."""
        return Fraction(1) if self.unit in ("", _PERCENT) else Fraction(self.unit)

    def exactly(self, text: str) -> Fraction:
        """A printed number in units of one."""
        return Fraction(text) * self.scale

    def tolerance(self, text: str) -> Fraction:
        """Half of the last meaningful digit of a printed number, in units of one."""
        if self.place:
            return Fraction(self.place) * self.scale / 2
        exponent = Decimal(text).as_tuple().exponent
        assert isinstance(exponent, int)
        return Fraction(10) ** exponent * self.scale / 2


def sources() -> dict[str, Source]:
    """Every table by id, in the order of the file."""
    return {row["table"]: Source(**row) for row in _read(_SOURCES)}


def figures(table: str) -> list[Figure]:
    """The figures of one table.

    Raises:
        InputError: an unknown table.
    """
    if table not in sources():
        raise InputError(unknown("published table", table, sources()))
    return [Figure(table, **row) for row in _read(f"{table}.csv")]


def _read(name: str) -> list[dict[str, str]]:
    with open(os.path.join(data_path(FOLDER), name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
