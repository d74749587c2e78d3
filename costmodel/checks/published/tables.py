"""The published tables beside what the formulas say: figure by figure, with a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from costmodel.checks.published.computations import compute
from costmodel.checks.published.figures import (
    DIFFERS,
    EXACT,
    MISPRINT,
    ROUNDED,
    TRUNCATED,
    VERDICTS,
    Figure,
    figures,
    sources,
)
from costmodel.errors import InputError, unknown
from costmodel.table import Column, Table

COLUMNS = tuple(
    Column(name, name.capitalize())
    for name in (
        *("table", "row", "quantity", "published", "unit"),
        *("computed", "difference", "verdict", "otherwise", "reason", "recorded"),
    )
)
_NOTE = (
    "computed, difference: in units of one, or in percent; within rounding: not further off than "
    "half of the last printed digit; truncated: less than one of it above; otherwise: a count by "
    "another convention that rounds to the printed figure, no cause; recorded: the verdict when "
    "the figure was taken in."
)


def check(tables: Iterable[str] | None = None, only: Iterable[str] | None = None) -> Table:
    """Compute published figures again.

    Args:
        tables: ids of `sources()`; None is all.
        only: verdicts to show; None is all.

    Returns:
        A row per figure: published and computed, their difference, the verdict, what another
        convention gives if that meets the figure, the reason, and the verdict that was recorded.

    Raises:
        InputError: an unknown table or verdict.
    """
    shown = known_verdicts(VERDICTS if only is None else only)
    chosen = list(tables) if tables is not None else list(sources())
    found = [figure for table in chosen for figure in figures(table)]
    asked = {how for figure in found for how in (figure.how, figure.otherwise) if how}
    values = {how: compute(how) for how in sorted(asked, key=_network_first)}
    rows = [_row(figure, values) for figure in found]
    cited = tuple(f"{name}: {sources()[name].citation}" for name in chosen)
    return of_verdicts(Table(COLUMNS, rows, (_NOTE, *cited)), shown)


def known_verdicts(names: Iterable[str]) -> list[str]:
    """The names as a list; `InputError` for one that is no verdict."""
    given = list(names)
    for name in given:
        if name not in VERDICTS:
            raise InputError(unknown("verdict", name, VERDICTS))
    return given


def of_verdicts(table: Table, only: Iterable[str]) -> Table:
    """The rows of `check` that have one of some verdicts."""
    shown = set(only)
    return Table(table.columns, [r for r in table.rows if r["verdict"] in shown], table.notes)


def _network_first(how: str) -> tuple[list[str], list[str], str]:
    """An order in which all that is asked of a network at one size comes together."""
    words = how.split()
    return words[1:2], words[3:], how


def regressions(table: Table) -> list[dict[str, Any]]:
    """The rows that were met when they were recorded, and no longer are."""
    met = (dict(row) for row in table.rows if row["recorded"] != DIFFERS)
    return [row for row in met if row["verdict"] != row["recorded"]]


def listed(tables: Iterable[str] | None = None) -> Table:
    """Tables, or all: each with its citation, its conventions and how many figures are here."""
    rows = [
        {
            "table": name,
            "figures": len(figures(name)),
            "citation": sources()[name].citation,
            "convention": sources()[name].convention,
        }
        for name in tables or sources()
    ]
    return Table(("table", "figures", "citation", "convention"), rows)


def verdict(figure: Figure, computed: Fraction) -> str:
    """What a computed value makes of a printed one.

    A misprint is one only as long as the figure that should have been printed is within rounding.
    """
    printed = figure.exactly(figure.published)
    if computed == printed and figure.scale == 1 and not figure.place:
        return EXACT
    if figure.rounds(computed):
        return ROUNDED
    if 0 < computed - printed < figure.last_digit(figure.published):
        return TRUNCATED
    if figure.instead and figure.rounds(computed, figure.instead):
        return MISPRINT
    return DIFFERS


def _row(figure: Figure, values: Mapping[str, Fraction]) -> dict[str, Any]:
    computed = values[figure.how]
    otherwise = values[figure.otherwise] if figure.otherwise else None
    return {
        "table": figure.table,
        "row": figure.row,
        "quantity": figure.quantity,
        "published": figure.published,
        "unit": figure.unit,
        "computed": _cell(computed),
        "difference": _cell(computed - figure.exactly(figure.published)),
        "verdict": verdict(figure, computed),
        "otherwise": None if otherwise is None else _cell(otherwise),
        "reason": figure.reason,
        "recorded": figure.verdict,
    }


def _cell(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
