"""The published tables beside what the formulas say: figure by figure, with a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from costmodel.checks.published.computations import compute
from costmodel.checks.published.figures import (
    EXACT,
    MISPRINT,
    NOT,
    ROUNDED,
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
        *("computed", "difference", "verdict", "reason", "recorded"),
    )
)
_NOTE = (
    "computed, difference: in units of one, or in percent; within rounding: not further off than "
    "half of the last printed digit; recorded: the verdict when the figure was taken in."
)


def check(tables: Iterable[str] | None = None, only: Iterable[str] | None = None) -> Table:
    """Compute published figures again.

    Args:
        tables: ids of `sources()`; None is all.
        only: verdicts to show; None is all.

    Returns:
        A row per figure: published and computed, their difference, the verdict with its reason, and
        the verdict that was recorded.

    Raises:
        InputError: an unknown table or verdict.
    """
    chosen = list(tables) if tables is not None else list(sources())
    shown = list(only) if only is not None else list(VERDICTS)
    for verdict in shown:
        if verdict not in VERDICTS:
            raise InputError(unknown("verdict", verdict, VERDICTS))
    rows = [_row(figure) for table in chosen for figure in figures(table)]
    cited = tuple(f"{name}: {sources()[name].citation}" for name in chosen)
    return Table(COLUMNS, [row for row in rows if row["verdict"] in shown], (_NOTE, *cited))


def regressions(table: Table) -> list[dict[str, Any]]:
    """The rows that could be explained when they were recorded, and can no longer be."""
    explained = (dict(row) for row in table.rows if row["recorded"] != NOT)
    return [row for row in explained if row["verdict"] != row["recorded"]]


def listed() -> Table:
    """Every table with its citation, its conventions and how many figures of it are here."""
    rows = [
        {
            "table": source.table,
            "figures": len(figures(source.table)),
            "citation": source.citation,
            "convention": source.convention,
        }
        for source in sources().values()
    ]
    return Table(("table", "figures", "citation", "convention"), rows)


def verdict(figure: Figure, computed: Fraction) -> str:
    """What a computed value makes of a printed one.

    A misprint is one only as long as the figure that should have been printed is within rounding.
    """
    if computed == figure.exactly(figure.published) and figure.scale == 1 and not figure.place:
        return EXACT
    if _near(figure, figure.published, computed):
        return ROUNDED
    if figure.instead and _near(figure, figure.instead, computed):
        return MISPRINT
    return NOT


def _near(figure: Figure, text: str, computed: Fraction) -> bool:
    return abs(computed - figure.exactly(text)) <= figure.tolerance(text)


def _row(figure: Figure) -> dict[str, Any]:
    computed = compute(figure.how)
    return {
        "table": figure.table,
        "row": figure.row,
        "quantity": figure.quantity,
        "published": figure.published,
        "unit": figure.unit,
        "computed": _cell(computed),
        "difference": _cell(computed - figure.exactly(figure.published)),
        "verdict": verdict(figure, computed),
        "reason": figure.reason,
        "recorded": figure.verdict,
    }


def _cell(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
