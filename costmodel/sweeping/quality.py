"""Qualities: what a setting is good for, beside what it costs.

Two costs alone put the smallest rank on every front. A quality is a third axis: the share of full
rank that a setting has, or a column of somebody's own, an accuracy say, joined by what it is of.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from costmodel.comparing.count import Counts
from costmodel.core.full_rank import full_ranks
from costmodel.core.names import Names
from costmodel.core.numbers import Number, plain
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError, InputError, unknown
from costmodel.table import Column
from costmodel.typed import read_number

#: Rows that a joined table may have.
MOST_ROWS = 1_000_000
_VARIANT = "variant"


class Quality(Protocol):
    """What is known of the settings of a variant."""

    @property
    def column(self) -> Column:
        """What it is called."""

    @property
    def larger(self) -> bool:
        """Whether more of it is better."""

    @property
    def across(self) -> bool:
        """Whether values of different variants can be compared."""

    def of(
        self, present: Counts, settings: Sequence[Mapping[str, Number]]
    ) -> Sequence[float | None]:
        """The quality of each setting of a variant on a layer, None where it is not known."""

    def settings(self, present: Counts) -> Sequence[Mapping[str, Number]] | None:
        """The only settings of which something is known; None where it is of all of them."""


@dataclass(frozen=True)
class RankShare:
    """How much of what a variant can express on the layer a setting can, by its ranks.

    The least share of full rank that one of its ranks has, at most 1; the baseline has 1, other
    variants without ranks have none.
    """

    column = Column(
        "rank_share",
        "Share of full rank",
        convention="the least share of its full rank that a rank of the setting has; 1 for the "
        f"{VARIANTS.baseline.title}, none for other variants without ranks",
    )
    larger = True
    across = False  # a share of what the variant itself can be

    def of(
        self, present: Counts, settings: Sequence[Mapping[str, Number]]
    ) -> Sequence[float | None]:
        """All at once."""
        import numpy

        if present.variant.id == VARIANTS.baseline.id:
            return [1.0] * len(settings)
        if not full_ranks(present.bound):
            return [None] * len(settings)
        together = {
            letter: numpy.array([setting[letter] for setting in settings], dtype=object)
            for letter in present.hyper
        }
        names = Names(present.variant, present.layer, together)
        share: Any = 1.0
        for letter, full in full_ranks(names).items():
            share = numpy.minimum(share, names.hyper[letter] / full)
        return [float(value) for value in numpy.broadcast_to(share, len(settings))]

    def settings(self, present: Counts) -> None:
        """Every setting has one."""


@dataclass(frozen=True)
class Joined:
    """A column of somebody's own, by variant and settings.

    column: what it is called. values: by variant, for each set of letters that its rows give, the
    numbers by the letters' values. larger: whether more of it is better.
    """

    column: Column
    values: Mapping[str, Mapping[tuple[str, ...], Mapping[tuple[Fraction, ...], float]]]
    larger: bool = True
    across = True

    def settings(self, present: Counts) -> Sequence[Mapping[str, Number]]:
        """One per row, with present values for the letters that it leaves out."""
        return [
            {**present.hyper, **dict(zip(letters, map(plain, place), strict=True))}
            for letters, table in self.values.get(present.variant.id, {}).items()
            for place in table
        ]

    def of(
        self, present: Counts, settings: Sequence[Mapping[str, Number]]
    ) -> Sequence[float | None]:
        """The row of a setting is one whose letters have all the setting's values."""
        tables = self.values.get(present.variant.id, {})
        return [
            next(
                (
                    found
                    for letters, table in tables.items()
                    if (found := table.get(tuple(Fraction(setting[name]) for name in letters)))
                    is not None
                ),
                None,
            )
            for setting in settings
        ]


def read_joined(text: str, larger: bool = True) -> Joined:
    """A table in CSV: a column `variant`, columns of letters that may be empty, and one of numbers.

    The numbers are in the only column that is none of the others, as in
    `variant,r,accuracy`. Letters that a row leaves out have their
    present values.

    Args:
        larger: whether more of it is better.

    Raises:
        InputError: no such table, an unknown variant or letter, two rows for one setting, or more
            than `MOST_ROWS` rows.
    """
    header, rows = rows_of(text)
    letters = {letter for variant in VARIANTS.values() for letter in variant.hyper}
    own = [name for name in header if name != _VARIANT and name not in letters]
    if _VARIANT not in header or len(own) != 1 or len(set(header)) < len(header):
        raise InputError(
            f"the columns {', '.join(header)}; allowed are {_VARIANT}, letters of variants, and "
            "one column of numbers"
        )
    values: dict[str, dict[tuple[str, ...], dict[tuple[Fraction, ...], float]]] = {}
    for number, row in enumerate(rows, 2):
        try:
            _take(values, row, own[0])
        except CostModelError as error:
            raise InputError(f"row {number}: {error}") from None
    return Joined(Column(own[0], own[0].capitalize(), convention="as joined"), values, larger)


def rows_of(text: str) -> tuple[list[str], list[dict[str, str]]]:
    """The header of a CSV table, and its rows by column.

    Raises `InputError` for what is no table, or one of more than `MOST_ROWS` rows.
    """
    reader = csv.reader(io.StringIO(text))
    try:
        header, *rows = [[cell.strip() for cell in row] for row in reader if any(row)]
    except (ValueError, csv.Error):
        raise InputError("no table; allowed is CSV such as variant,r,accuracy") from None
    if len(rows) > MOST_ROWS:
        raise InputError(f"{len(rows):,} rows; allowed are up to {MOST_ROWS:,}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise InputError(f"row {number} has {len(row)} cells; allowed are {len(header)}")
    return header, [dict(zip(header, row, strict=True)) for row in rows]


def _take(values: dict[str, Any], row: Mapping[str, str], own: str) -> None:
    variant = VARIANTS.of(row[_VARIANT])
    given = {k: v for k, v in row.items() if v and k not in (_VARIANT, own)}
    for letter in given:
        if letter not in variant.hyper:
            raise InputError(unknown(f"hyper-parameter of {variant.id}", letter, variant.hyper))
    table = values.setdefault(variant.id, {}).setdefault(tuple(given), {})
    place = tuple(map(read_number, given.values()))
    if place in table:
        raise InputError(f"{variant.id} with these values is there twice; allowed is once")
    if row[own]:
        table[place] = float(read_number(row[own]))
