"""Closed formulas of networks: a table of them, typeset, and as SymPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import Number, is_symbolic
from costmodel.core.polynomial import Polynomial, Symbol
from costmodel.core.polynomial_text import drawn_out
from costmodel.errors import CostModelError
from costmodel.table import Table

if TYPE_CHECKING:
    from costmodel.network.network import Network


def to_sympy(value: Number) -> Any:
    """A polynomial as a SymPy expression; floors stay floors, what all terms share is drawn out."""
    from sympy import sympify

    from costmodel.formulas.letters import symbol

    if not isinstance(value, Polynomial):
        return sympify(value)
    letters = {
        a.name: symbol(a.name, not a.integer) for a in value.atoms() if isinstance(a, Symbol)
    }
    common, rest = drawn_out(value.terms)
    return Polynomial({common: 1}).subs(**letters) * Polynomial(rest).subs(**letters)


def formulas(network: Network, metrics: Sequence[str], free: Sequence[str]) -> Table:
    """One row per metric: the network's total as a formula in some of its letters.

    `formula` is in Python's syntax and exact with ints (`//` is the floor of the quotient), `latex`
    is the same for documents.
    """
    rows = []
    for metric in metrics:
        value = network.polynomial(metric, free)
        if is_symbolic(value) and not isinstance(value, Polynomial):
            raise CostModelError(f"{metric} does not add up; allowed are counts that do")
        latex = value.to_latex() if isinstance(value, Polynomial) else str(value)
        rows.append({"metric": metric, "formula": str(value), "latex": latex})
    hook = network.hook
    assert hook is not None
    fixed = {k: v for k, v in hook.defaults.items() if k not in free}
    note = "exact at every size at which each layer still has an output"
    if fixed:
        note += ", with " + ", ".join(f"{name} = {value}" for name, value in fixed.items())
    return Table(("metric", "formula", "latex"), rows, (f"{note}.", *network.footnotes))


def typeset(table: Table, format: str) -> str:
    """The rows of `formulas` as display mathematics, for "latex" or "markdown"."""
    lines = [rf"\mathrm{{{row['metric']}}} &= {row['latex']}" for row in table.rows]
    body = " \\\\\n".join(lines)
    inner = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n"
    return f"\\[\n{inner}\\]\n" if format == "latex" else f"```math\n{inner}```\n"
