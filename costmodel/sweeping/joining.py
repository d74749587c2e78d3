"""Rows of a sweep beside somebody's own numbers of them, and the front of both.

Two costs alone put the smallest rank on every front: a measured accuracy or an error is what a
third axis can be. It is known of few points, so that these alone are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from costmodel.errors import InputError, unknown
from costmodel.sweeping.quality import rows_of
from costmodel.sweeping.sweep import Sweep
from costmodel.sweeping.trade_off import front
from costmodel.table import Column, Table
from costmodel.typed import read_number

#: In front of a column of which more is better.
MORE = "-"


def joined(found: Sweep, text: str) -> Table:
    """The rows of a sweep that a table has numbers of, with these numbers.

    Args:
        text: CSV with a header: columns of the sweep that say which rows are meant (`variant`, `b`,
            `out_channels`, …), and columns of numbers, which may have empty cells.

    Returns:
        The sweep's rows in their order; rows that the table does not have are left out.

    Raises:
        InputError: no such table, two rows for the same, or a cell that is no number.
    """
    header, rows = rows_of(text)
    keys = [name for name in header if name in found.names]
    own = [name for name in header if name not in found.names]
    if not keys or not own or len({*header}) < len(header):
        raise InputError(
            f"the columns {', '.join(header)}; allowed are columns of the sweep such as "
            f"{', '.join(found.names[:3])}, and others with numbers"
        )
    numbers: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place, row in enumerate(rows, 2):
        key = tuple(_meant(row[name]) for name in keys)
        if key in numbers:
            raise InputError(f"row {place} is about what a row above it is; allowed is one row")
        try:
            numbers[key] = {k: float(read_number(row[k])) for k in own if row[k]}
        except InputError as error:
            raise InputError(f"row {place}: {error}") from None
    known = [
        {**row, **numbers[key]}
        for row in found
        if (key := tuple(_meant(row[name]) for name in keys)) in numbers
    ]
    columns = [place.column for place in found.space.shown]
    return Table([*columns, *(Column(name, convention="as joined") for name in own)], known)


def front_of(table: Table, keys: Sequence[str]) -> Table:
    """The rows of a table that no other one beats; rows without a number in a column are left out.

    Args:
        keys: columns that are to be small; with `MORE` in front, large.

    Raises:
        InputError: a column that the table does not have, or one of something else than numbers.
    """
    names = [key.removeprefix(MORE) for key in keys]
    for name in names:
        if name not in table.names:
            raise InputError(unknown("column of a front", name, table.names))
    rows = [row for row in table.rows if all(row.get(name) is not None for name in names)]
    for name in names:
        if any(isinstance(row[name], str) for row in rows):
            raise InputError(f"a front of {name}, which is no number; allowed are numbers")
    signs = [-1 if key.startswith(MORE) else 1 for key in keys]
    costs = [
        tuple(sign * row[name] for sign, name in zip(signs, names, strict=True)) for row in rows
    ]
    best = sorted(front(costs), key=lambda place: costs[place])
    return Table(table.columns, [rows[place] for place in best], table.notes)


def _meant(cell: Any) -> Fraction | str:
    """A cell as it is compared: a number whatever it is written like, else its text."""
    if cell is None:
        return ""
    try:
        return read_number(str(cell))
    except InputError:
        return str(cell)
