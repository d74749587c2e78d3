"""Terms as text: how a sum of products is written in Python's syntax and in LaTeX.

Terms stand from the highest degree to the constant; a factor that all terms share (the batch) is
drawn out. Coefficients, powers and signs are written here, the atoms write themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Protocol

#: A coefficient: an int wherever it can be one.
Rational = int | Fraction


class Atom(Protocol):
    """A factor that is no number."""

    @property
    def key(self) -> tuple[int, str]:
        """Place in the order of factors."""

    @property
    def grid(self) -> int:
        """Divisor of a floor, 0 of anything else: finer grids stand before coarser ones."""

    @property
    def letter(self) -> bool:
        """Whether it is a size itself, which may be drawn out of a sum."""

    def source(self, known: Mapping[Any, str]) -> str:
        """In Python's syntax; `known` has names for atoms that have been computed before."""

    def latex(self) -> str:
        """For documents."""


#: Atoms with their exponents, in the order of their keys; () is the constant.
Monomial = tuple[tuple[Any, int], ...]
#: Coefficient of every monomial.
Terms = Mapping[Monomial, Rational]


def source(terms: Terms, known: Mapping[Any, str]) -> str:
    """`N*(3*H*W + 2*((H + 1)//2))`: Python's syntax, exact with ints."""

    def product(monomial: Monomial, coefficient: Rational) -> str:
        return _source_product(monomial, coefficient, known)

    common, rest = drawn_out(terms)
    return f"{product(common, 1)}*({_sum(rest, product)})" if common else _sum(terms, product)


def latex(terms: Terms) -> str:
    """The same for documents."""
    common, rest = drawn_out(terms)
    if not common:
        return _sum(terms, _latex_product)
    return rf"{_latex_product(common, 1)} \left( {_sum(rest, _latex_product)} \right)"


def drawn_out(terms: Terms) -> tuple[Monomial, Terms]:
    """The letters that every one of several terms has, and the terms without them."""
    common: dict[Any, int] | None = None
    for monomial in terms:
        powers = {atom: exponent for atom, exponent in monomial if atom.letter}
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


def _sum(terms: Terms, product: Callable[[Monomial, Rational], str]) -> str:
    text = ""
    for monomial in sorted(terms, key=_place):
        part = product(monomial, terms[monomial])
        if text:
            part = f" - {part[1:]}" if part.startswith("-") else f" + {part}"
        text += part
    return text or "0"


def _place(monomial: Monomial) -> tuple[Any, ...]:
    """Order of terms: by falling degree, finer grids first."""
    degree = sum(exponent for _, exponent in monomial)
    return -degree, [(atom.grid, atom.key[1]) for atom, _ in monomial]


def _source_product(monomial: Monomial, coefficient: Rational, known: Mapping[Any, str]) -> str:
    factors = []
    alone = len(monomial) == 1 and coefficient == 1
    for atom, exponent in monomial:
        text = known.get(atom) or atom.source(known)
        if atom.grid and atom not in known and not (alone and exponent == 1):
            text = f"({text})"
        factors.append(text if exponent == 1 else f"{text}**{exponent}")
    if coefficient == -1 and factors:
        factors[0] = "-" + factors[0]
    elif isinstance(coefficient, Fraction):
        factors.insert(0, f"Fraction({coefficient.numerator}, {coefficient.denominator})")
    elif coefficient != 1 or not factors:
        factors.insert(0, str(coefficient))
    return "*".join(factors)


def _latex_product(monomial: Monomial, coefficient: Rational) -> str:
    factors = []
    for atom, exponent in monomial:
        text = atom.latex()
        if exponent != 1 and text.startswith(r"\frac"):
            text = rf"\left( {text} \right)"
        factors.append(text if exponent == 1 else f"{text}^{{{exponent}}}")
    size = abs(coefficient)
    if isinstance(size, Fraction):
        factors.insert(0, rf"\frac{{{size.numerator}}}{{{size.denominator}}}")
    elif size != 1 or not factors:
        factors.insert(0, str(size))
    return ("-" if coefficient < 0 else "") + " ".join(factors)
