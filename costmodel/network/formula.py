"""Closed formulas: a polynomial as text, as SymPy, and as a compiled function.

Terms stand from the highest degree to the constant; a factor that all terms share (the batch) is
drawn out. The compiled function is made from source that this file writes itself: integers, checked
names and `+ * //`, so nothing that a user typed is ever run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import Number
from costmodel.core.polynomial import Atom, Floor, Monomial, Polynomial, Rational, Symbol
from costmodel.errors import CostModelError
from costmodel.table import Table

if TYPE_CHECKING:
    from costmodel.network.network import Network

_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "lambda", "mu", "rho", "sigma", "tau")


def to_text(value: Number) -> str:
    """`N*(3*H*W + 2*((H + 1)//2))`: Python syntax, exact with ints."""
    if not isinstance(value, Polynomial):
        return str(value)
    return _source(value, {})


def to_latex(value: Number) -> str:
    """The same for documents; floors as ⌊ ⌋, a letter's Greek name as the letter."""
    if not isinstance(value, Polynomial):
        return str(value)
    common, rest = _shared(value.terms)
    if not common:
        return _latex_sum(value.terms)
    factor = _latex_product(common, 1)
    return rf"{factor} \left( {_latex_sum(rest)} \right)"


def to_sympy(value: Number) -> Any:
    """The same as a SymPy expression; floors stay floors."""
    import sympy

    if not isinstance(value, Polynomial):
        return sympy.sympify(value)
    known: dict[Atom, Any] = {}
    for atom in value.atoms():
        if isinstance(atom, Symbol):
            known[atom] = sympy_symbol(atom.name, atom.integer)
        else:
            known[atom] = sympy.floor(_sympy_sum(atom.top.terms, known) / atom.bottom)
    common, rest = _shared(value.terms)
    return _sympy_sum({common: 1}, known) * _sympy_sum(rest, known)


def formulas(network: Network, metrics: Sequence[str], free: Sequence[str]) -> Table:
    """One row per metric: the network's total as a formula in some of its letters.

    `formula` is in Python's syntax and exact with ints (`//` is the floor of the quotient), `latex`
    is the same for documents.
    """
    rows = []
    for metric in metrics:
        value = network.polynomial(metric, free)
        if hasattr(value, "free_symbols") and not isinstance(value, Polynomial):
            raise CostModelError(f"{metric} does not add up; allowed are counts that do")
        rows.append({"metric": metric, "formula": to_text(value), "latex": to_latex(value)})
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


def sympy_symbol(name: str, integer: bool = True) -> Any:
    """The SymPy symbol of a size, the same as in every other formula of this project."""
    from costmodel.formulas.letters import symbol

    return symbol(name, not integer)


def compiled(value: Number, names: Sequence[str]) -> Callable[..., int]:
    """A function of the named sizes, in that order or by keyword, that returns the exact count.

    A floor that occurs several times is computed once.
    """
    if hasattr(value, "free_symbols") and not isinstance(value, Polynomial):
        raise CostModelError(f"{value} is no polynomial; allowed are counts that add up")
    if not isinstance(value, Polynomial):
        lines: list[str] = [f"    return {int(value)}"]
    else:
        missing = value.free_symbols.difference(names)
        if missing:
            raise CostModelError(
                f"the formula depends on {', '.join(sorted(missing))}; allowed is a function of "
                "every symbol in it"
            )
        lines = []
        known: dict[Atom, str] = {}
        for index, atom in enumerate(a for a in value.atoms() if isinstance(a, Floor)):
            lines.append(f"    _{index} = {_floored(atom, known)}")
            known[atom] = f"_{index}"
        result = _source(value, known)
        lines.append(f"    return {result if value.integer else f'_plain({result})'}")
    for name in names:
        if not name.isidentifier() or not name.isascii() or name.startswith("_"):
            raise CostModelError(f"size {name!r}; allowed are letters and digits")
    source = f"def count({', '.join(names)}):\n" + "\n".join(lines) + "\n"
    space: dict[str, Any] = {"__builtins__": {}, "Fraction": Fraction, "_plain": _plain}
    exec(compile(source, "<formula>", "exec"), space)
    function: Callable[..., int] = space["count"]
    function.__doc__ = source
    return function


def _plain(value: Rational) -> Rational:
    """An int where ratios have come out even."""
    return value.numerator if value.denominator == 1 else value


def _source(value: Polynomial, known: Mapping[Atom, str]) -> str:
    common, rest = _shared(value.terms)
    terms = _sum(rest, known)
    if not common:
        return terms
    return f"{_product(common, 1, known)}*({terms})" if len(rest) > 1 else _sum(value.terms, known)


def _latex_sum(terms: Mapping[Monomial, Rational]) -> str:
    text = ""
    for monomial in sorted(terms, key=_place):
        part = _latex_product(monomial, terms[monomial])
        if text:
            part = f" - {part[1:]}" if part.startswith("-") else f" + {part}"
        text += part
    return text


def _latex_product(monomial: Monomial, coefficient: Rational) -> str:
    factors = []
    for atom, exponent in monomial:
        if isinstance(atom, Floor):
            text = rf"\left\lfloor \frac{{{to_latex(atom.top)}}}{{{atom.bottom}}} \right\rfloor"
        else:
            text = rf"\{atom.name}" if atom.name in _GREEK else atom.name
            text = text if len(atom.name) == 1 or atom.name in _GREEK else rf"\mathrm{{{text}}}"
        factors.append(text if exponent == 1 else f"{text}^{{{exponent}}}")
    sign = "-" if coefficient < 0 else ""
    size = abs(coefficient)
    if isinstance(size, Fraction):
        factors.insert(0, rf"\frac{{{size.numerator}}}{{{size.denominator}}}")
    elif size != 1 or not factors:
        factors.insert(0, str(size))
    return sign + " ".join(factors)


def _floored(atom: Floor, known: Mapping[Atom, str]) -> str:
    top = _source(atom.top, known)
    return f"{top if top.isidentifier() else f'({top})'}//{atom.bottom}"


def _sum(terms: Mapping[Monomial, Rational], known: Mapping[Atom, str]) -> str:
    text = ""
    for monomial in sorted(terms, key=_place):
        part = _product(monomial, terms[monomial], known)
        if text:
            part = f" - {part[1:]}" if part.startswith("-") else f" + {part}"
        text += part
    return text


def _product(monomial: Monomial, coefficient: Rational, known: Mapping[Atom, str]) -> str:
    factors = []
    for atom, exponent in monomial:
        text = known.get(atom) or str(atom)
        if isinstance(atom, Floor) and atom not in known:
            text = _floored(atom, known)
            if exponent > 1 or len(monomial) > 1 or coefficient != 1:
                text = f"({text})"
        factors.append(text if exponent == 1 else f"{text}**{exponent}")
    if coefficient == -1 and factors:
        factors[0] = "-" + factors[0]
    elif coefficient != 1 or not factors:
        number = str(coefficient)
        if isinstance(coefficient, Fraction):
            number = f"Fraction({coefficient.numerator}, {coefficient.denominator})"
        factors.insert(0, number)
    return "*".join(factors)


def _place(monomial: Monomial) -> tuple[Any, ...]:
    """Order of terms: by falling degree, finer grids (smaller divisors) first."""
    degree = sum(exponent for _, exponent in monomial)
    keys = [(a.bottom if isinstance(a, Floor) else 0, a.key[1]) for a, _ in monomial]
    return -degree, keys


def _shared(
    terms: Mapping[Monomial, Rational],
) -> tuple[Monomial, Mapping[Monomial, Rational]]:
    """The symbols that every term has, and what is left of the terms without them."""
    common: dict[Atom, int] | None = None
    for monomial in terms:
        powers: dict[Atom, int] = {atom: e for atom, e in monomial if isinstance(atom, Symbol)}
        if common is None:
            common = powers
        else:
            common = {a: min(e, powers[a]) for a, e in common.items() if a in powers}
    if not common or len(terms) == 1:
        return (), terms
    rest = {}
    for monomial, coefficient in terms.items():
        left = ((atom, exponent - common.get(atom, 0)) for atom, exponent in monomial)
        rest[tuple((atom, exponent) for atom, exponent in left if exponent)] = coefficient
    return tuple(common.items()), rest


def _sympy_sum(terms: Mapping[Monomial, Rational], known: Mapping[Atom, Any]) -> Any:
    import sympy

    return sympy.Add(
        *(
            sympy.Mul(sympy.Rational(coefficient), *(known[a] ** e for a, e in monomial))
            for monomial, coefficient in terms.items()
        )
    )
