"""One row of formulas for each variant: what tables, documents and the command line show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr

from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.formulas.break_even import break_evens
from costmodel.formulas.formula import formula, ratio
from costmodel.formulas.solution import LetterSolution
from costmodel.metrics.metric import METRICS


@dataclass(frozen=True)
class FormulaRow:
    """A variant's formulas, in the project's letters.

    formulas: by metric key, those that the comparison shows and that of `metric`, which ratio and
    break-evens are about. ratio: to the standard layer; None where that has none of it.
    """

    variant: Variant
    formulas: Mapping[str, Expr]
    metric: str
    ratio: Expr | None
    break_evens: tuple[LetterSolution, ...]


def rows(variants: Iterable[Variant | str] | None = None, metric: str = "macs") -> list[FormulaRow]:
    """The formulas of some variants, in the given order; None for all that are registered.

    Raises `VariantError` for an unknown variant, `CostModelError` for an unknown metric.
    """
    chosen = VARIANTS if variants is None else variants
    return [_row(VARIANTS.of(variant), metric) for variant in chosen]


def _row(variant: Variant, metric: str) -> FormulaRow:
    try:
        share = ratio(variant, metric)
    except CostModelError:
        if metric not in METRICS:
            raise
        share = None
    return FormulaRow(
        variant,
        {key: formula(variant, key) for key, m in METRICS.items() if m.shown or key == metric},
        metric,
        share,
        () if share is None else break_evens(variant, metric),
    )
