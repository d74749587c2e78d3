"""One row of formulas for each variant: what tables, documents and the command line show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.formulas.alphabets import DEFAULT, Notation, rename
from costmodel.formulas.break_even import BreakEven, break_evens, relation
from costmodel.formulas.formula import formula, ratio
from costmodel.metrics.metric import METRICS


@dataclass(frozen=True)
class FormulaRow:
    """A variant's formulas, in the project's letters.

    formulas: by metric key, those that the comparison shows. metric: the key of what ratio and
    break-evens are about. ratio: to the standard layer; None where that has none of it.
    """

    variant: Variant
    formulas: Mapping[str, Expr]
    metric: str
    ratio: Expr | None
    break_evens: tuple[BreakEven, ...]


def rows(variants: Iterable[Variant | str] | None = None, metric: str = "macs") -> list[FormulaRow]:
    """The formulas of some variants, in the given order; None for all that are registered.

    Raises `VariantError` for an unknown variant, `CostModelError` for an unknown metric.
    """
    chosen = list(VARIANTS.values()) if variants is None else list(variants)
    return [_row(VARIANTS[v] if isinstance(v, str) else v, metric) for v in chosen]


def formula_rows(
    variants: Iterable[Variant | str] | None = None,
    notation: str | Notation = DEFAULT,
    metric: str = "macs",
) -> list[dict[str, Any]]:
    """The same as plain mappings with SymPy values, in the letters of a notation.

    Returns:
        One mapping per variant: `id`, `title`, a formula for every metric that the comparison
        shows, `ratio` (an expression or None), `break_even` (a tuple of inequalities, one for each
        hyper-parameter that has one) and `limit` (a tuple of the same length: the inequality for
        ever more channels, or None).
    """
    found = []
    for row in rows(variants, metric):
        own = tuple(row.variant.hyper)

        def to(expr: Expr | None, own: tuple[str, ...] = own) -> Expr | None:
            return None if expr is None else rename(expr, notation, own)

        found.append(
            {
                "id": row.variant.id,
                "title": row.variant.title,
                **{key: to(expr) for key, expr in row.formulas.items()},
                "ratio": to(row.ratio),
                "break_even": tuple(
                    relation(to(b.letter), b.relation, to(b.bound)) for b in row.break_evens
                ),
                "limit": tuple(
                    None if b.limit is None else relation(to(b.letter), b.relation, to(b.limit))
                    for b in row.break_evens
                ),
            }
        )
    return found


def _row(variant: Variant, metric: str) -> FormulaRow:
    try:
        share = ratio(variant, metric)
    except CostModelError:
        if metric not in METRICS:
            raise
        share = None
    return FormulaRow(
        variant,
        {key: formula(variant, key) for key, shown in METRICS.items() if shown.shown},
        metric,
        share,
        () if share is None else break_evens(variant, metric),
    )
