"""What a notebook shows of a variant: its formulas as a block of LaTeX."""

from __future__ import annotations

from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.formulas.alphabets import DEFAULT, Notation
from costmodel.formulas.formula import formula, ratio
from costmodel.formulas.printing import printers
from costmodel.metrics.metric import METRICS


def notebook_latex(variant: Variant, notation: str | Notation = DEFAULT) -> str:
    """The shown metrics and their ratios to the standard layer, aligned, between double dollars."""
    lines = []
    for metric in METRICS.values():
        if not metric.shown:
            continue
        own = tuple(variant.hyper)
        value = printers.latex(formula(variant, metric.key), notation, own)
        lines.append(rf"\text{{{metric.label}}} &= {value}")
        if variant.baseline:
            continue
        try:
            share = printers.latex(ratio(variant, metric.key), notation, own)
        except CostModelError:
            continue
        lines.append(rf"\text{{ratio to the standard layer}} &= {share}")
    body = " \\\\\n".join(lines)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"
