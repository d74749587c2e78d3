"""What a notebook shows of a variant: its formulas as a block of LaTeX."""

from __future__ import annotations

from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS


def register() -> None:
    """Let the running IPython, if there is one, show a variant by its formulas."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        shell.display_formatter.formatters["text/latex"].for_type(Variant, variant_latex)


def variant_latex(variant: Variant) -> str:
    """The shown metrics and their ratios to the standard layer, aligned, between double dollars."""
    from costmodel.formulas.formula import formula, ratio
    from costmodel.formulas.printing.printers import latex

    lines = []
    for metric in METRICS.values():
        if not metric.shown:
            continue
        value = latex(formula(variant, metric.key), own=variant.hyper)
        lines.append(rf"\text{{{metric.label}}} &= {value}")
        if variant.baseline:
            continue
        try:
            share = latex(ratio(variant, metric.key), own=variant.hyper)
        except CostModelError:
            continue
        lines.append(rf"\text{{ratio to the standard layer}} &= {share}")
    body = " \\\\\n".join(lines)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"
