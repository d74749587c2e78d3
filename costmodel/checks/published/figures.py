"""Published figures as data: what was printed, where, and how it is computed again.

`data/published/sources.csv` has a row per table (id, citation, conventions), `TABLE.csv` the
figures of one of them:

    row        which row of the table, in its own words
    quantity   which column
    published  the figure as it was printed, without unit
    unit       what one of it is, 1000000 or % (blank: 1)
    place      what the last meaningful digit stands for, where zeros only fill up ("15300": 100)
    how        a computation: its name and arguments, see `computations`
    verdict    exact, within rounding, truncated, misprint, differs
    instead    for a misprint: the figure that the same text shows to be meant
    otherwise  for a figure that is not met: a computation by another convention that meets it
    reason     one sentence, for a misprint and what differs, and for a row that is counted
               otherwise than the rows beside it

A cause is a verdict only if the text itself shows it. What merely explains a figure is `otherwise`.
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
EXACT, ROUNDED, TRUNCATED = "exact", "within rounding", "truncated"
MISPRINT, DIFFERS = "misprint", "differs"
#: Verdicts that say: the layers give the printed figure.
MET = (EXACT, ROUNDED, TRUNCATED)
VERDICTS = (*MET, MISPRINT, DIFFERS)
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
    otherwise: str
    reason: str

    @property
    def scale(self) -> Fraction:
        """What one of the printed unit is; percent are computed as percent."""
        return Fraction(1) if self.unit in ("", _PERCENT) else Fraction(self.unit)

    def exactly(self, text: str) -> Fraction:
        """A printed number in units of one."""
        return Fraction(text) * self.scale

    def last_digit(self, text: str) -> Fraction:
        """What a one in the last meaningful digit of a printed number is, in units of one."""
        if self.place:
            return Fraction(self.place) * self.scale
        exponent = Decimal(text).as_tuple().exponent
        assert isinstance(exponent, int)
        return Fraction(10) ** exponent * self.scale

    def rounds(self, computed: Fraction, text: str = "") -> bool:
        """Whether a value rounds to the printed number, or to `text`; a tie rounds both ways."""
        text = text or self.published
        return abs(computed - self.exactly(text)) <= self.last_digit(text) / 2


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
