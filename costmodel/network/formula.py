"""Closed formulas of networks: as polynomials, as SymPy, and a table of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.core.polynomial_terms import Symbol
from costmodel.core.polynomial_text import drawn_out
from costmodel.errors import CostModelError
from costmodel.network import columns
from costmodel.network.operations import AnyOperations, Operations
from costmodel.network.replace import at
from costmodel.table import Table


def in_letters(network: AnyOperations, free: Sequence[str]) -> AnyOperations:
    """The network recounted with letters (polynomials) for some of its sizes."""
    rebuild = network.rebuild()
    ratios = rebuild.ratios if rebuild else ()
    return at(network, **{name: symbol(name, name not in ratios) for name in free})


def polynomial(network: Operations, metric: str, free: Sequence[str]) -> Number:
    """A total as a polynomial in some sizes; see `Network.polynomial`."""
    value = columns.total(in_letters(network, free), metric)
    if value is None:
        raise CostModelError(
            f"{metric} has no total in {network.name}; allowed are counts that add up"
        )
    return value


def to_sympy(value: Number) -> Any:
    """A polynomial as a SymPy expression; floors stay floors, what all terms share is drawn out."""
    from sympy import sympify

    from costmodel.formulas import letters

    if not isinstance(value, Polynomial):
        return sympify(value)
    known = {
        a.name: letters.symbol(a.name, not a.integer)
        for a in value.atoms()
        if isinstance(a, Symbol)
    }
    common, rest = drawn_out(value.terms)
    return Polynomial({common: 1}).subs(**known) * Polynomial(rest).subs(**known)


def expression(network: Operations, metric: str, free: Sequence[str]) -> Any:
    """A total as a SymPy expression in some sizes; see `Network.formula`."""
    from costmodel.formulas.letters import public

    return public(to_sympy(polynomial(network, metric, free)))


def formulas(network: Operations, metrics: Sequence[str], free: Sequence[str]) -> Table:
    """One row per metric: the network's total as a formula in some of its letters.

    `formula` is in Python's syntax and exact with ints (`//` is the floor of the quotient), `latex`
    is the same for documents.
    """
    rows = []
    opened = in_letters(network, free)
    for metric in metrics:
        value = columns.total(opened, metric)
        latex = value.to_latex() if isinstance(value, Polynomial) else str(value)
        rows.append({"metric": metric, "formula": str(value), "latex": latex})
    rebuild = network.rebuild()
    assert rebuild is not None
    fixed = {k: v for k, v in rebuild.defaults.items() if k not in free}
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
