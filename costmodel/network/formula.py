"""Closed formulas of networks: as polynomials, as SymPy, and a table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costmodel.core.compiled import compiled
from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.core.polynomial_terms import Symbol
from costmodel.core.polynomial_text import drawn_out
from costmodel.errors import CostModelError
from costmodel.network import columns
from costmodel.network.conditions import conditions, sentence
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
    return _total(in_letters(network, free), metric)


def _total(network: Operations, metric: str) -> Number:
    value = columns.total(network, metric)
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
    from sympy import And, Piecewise

    from costmodel.formulas.letters import public

    opened = in_letters(network, free)
    value = to_sympy(_total(opened, metric))
    found = conditions(opened.guards)
    if found:
        value = Piecewise((value, And(*(condition.sympy(to_sympy) for condition in found))))
    return public(value)


def holds_for(network: Operations, free: Sequence[str]) -> str:
    """For which sizes the formulas hold; see `Network.conditions`."""
    return sentence(in_letters(network, free).guards)


def counter(network: Operations, metric: str, free: Sequence[str]) -> Callable[..., int]:
    """A total as a function of some sizes; see `Network.compiled`."""
    opened = in_letters(network, free)
    count = compiled(_total(opened, metric), free)
    if not opened.guards:
        return count
    met = [(guard, compiled(guard.value, free)) for guard in opened.guards]

    def guarded(*sizes: int, **named: int) -> int:
        try:
            result = count(*sizes, **named)
            inside = all(guard.met(value(*sizes, **named)) for guard, value in met)
        except ZeroDivisionError:  # a quotient of sizes that is none here
            inside = False
        if not inside:
            given = {**dict(zip(free, sizes, strict=False)), **named}
            where = ", ".join(f"{name} = {size}" for name, size in given.items())
            raise CostModelError(
                f"{where} lies outside the formula of {network.name}; allowed is "
                f"{sentence(opened.guards)}, and `at`, which captures the network anew"
            )
        return result

    guarded.__doc__ = f"{count.__doc__}\nHolds for {sentence(opened.guards)}."
    return guarded


def formulas(network: Operations, metrics: Sequence[str], free: Sequence[str]) -> Table:
    """One row per metric: the network's total as a formula in some of its letters.

    `formula` is in Python's syntax and exact with ints (`//` is the floor of the quotient), `latex`
    is the same for documents. `conditions` says for which sizes it holds, "" for all.
    """
    rows = []
    opened = in_letters(network, free)
    holds = sentence(opened.guards)
    for metric in metrics:
        value = _total(opened, metric)
        latex = value.to_latex() if isinstance(value, Polynomial) else str(value)
        rows.append(
            {
                "metric": metric,
                "formula": str(value),
                "latex": latex,
                "conditions": holds if isinstance(value, Polynomial) else "",
            }
        )
    rebuild = network.rebuild()
    assert rebuild is not None
    fixed = {k: v for k, v in rebuild.defaults.items() if k not in free}
    where = f" for {holds}," if holds else ""
    note = f"exact{where} at every size at which each layer still has an output"
    if fixed:
        note += ", with " + ", ".join(f"{name} = {value}" for name, value in fixed.items())
    return Table(
        ("metric", "formula", "latex", "conditions"), rows, (f"{note}.", *network.footnotes)
    )


def evaluated(
    network: Operations, metrics: Sequence[str], sizes: Mapping[str, int]
) -> tuple[Table, dict[str, int]]:
    """`formulas` in the letters of some sizes, and what each gives at these sizes.

    One call that takes and returns plain values, so that a server can make it elsewhere.
    """
    free = tuple(sizes)
    table = formulas(network, metrics, free)
    return table, {metric: counter(network, metric, free)(**sizes) for metric in metrics}


def typeset(table: Table, format: str) -> str:
    """The rows of `formulas` as display mathematics, for "latex" or "markdown"."""
    lines = [
        rf"\mathrm{{{row['metric']}}} &= {row['latex']}"
        + (rf" \quad \text{{for {row['conditions']}}}" if row["conditions"] else "")
        for row in table.rows
    ]
    body = " \\\\\n".join(lines)
    inner = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n"
    return f"\\[\n{inner}\\]\n" if format == "latex" else f"```math\n{inner}```\n"
