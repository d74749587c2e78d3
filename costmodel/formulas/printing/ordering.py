"""Textbook order: which factor of a product and which term of a sum is written first.

Factors: numbers, sums, the images and the kernel, the variant's letters, channels, grid. Terms: by
falling degree, then by their factors. Both depend on names alone, so the order is the same in
every run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sympy import Add, Expr, Mul, Pow, Rational, Symbol
from sympy.functions.elementary.integers import RoundFunction

Rank = Callable[[str], int]
_HALF = Rational(1, 2)


def terms(expr: Expr, rank: Rank) -> list[Expr]:
    """The terms of a sum in the order in which they are written.

    A minus never stands first where a plus could.
    """
    ordered = sorted(Add.make_args(expr), key=lambda term: _term_key(term, rank))
    for index, term in enumerate(ordered):
        if not term.could_extract_minus_sign():
            return [term, *ordered[:index], *ordered[index + 1 :]]
    return ordered


def factors(expr: Expr, rank: Rank) -> tuple[Rational, list[Expr], list[Expr]]:
    """A product as its rational number, the factors above and those below the line, in order.

    Factors below have positive exponents.
    """
    number = Rational(1)
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in Mul.make_args(expr):
        if factor.is_Rational:
            number *= factor
            continue
        base, exponent = factor.as_base_exp()
        if exponent.is_Rational and exponent < 0:
            below.append(Pow(base, -exponent))
        else:
            above.append(factor)
    above, below = _one_root(above, below)
    return (
        number,
        sorted(above, key=lambda f: factor_key(f, rank)),
        sorted(below, key=lambda f: factor_key(f, rank)),
    )


def _one_root(above: list[Expr], below: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """Square roots under one sign, which SymPy splits: √(m·n) into √m·√n."""

    def split(parts: list[Expr]) -> tuple[list[Expr], list[Expr]]:
        inside = [p.base for p in parts if isinstance(p, Pow) and p.exp == _HALF]
        return inside, [p for p in parts if not (isinstance(p, Pow) and p.exp == _HALF)]

    (over, above_rest), (under, below_rest) = split(above), split(below)
    if len(over) + len(under) < 2:
        return above, below
    root = Pow(Mul(*over, Pow(Mul(*under), -1)), _HALF, evaluate=False)
    return [*above_rest, root], below_rest


def factor_key(factor: Expr, rank: Rank) -> tuple[Any, ...]:
    """Sums stand before letters; a rounding, or a size made of one, where its letter would."""
    base = factor.as_base_exp()[0]
    names = sorted(s.name for s in base.free_symbols)
    place = max(map(rank, names), default=-1)
    is_sum = isinstance(base, Add) and not _is_grid(base)
    return (not is_sum, place, not isinstance(base, Symbol), names, _source(factor))


@lru_cache(maxsize=4096)
def _source(expr: Expr) -> str:
    """SymPy's own text, which settles what nothing else does; the same in every run."""
    return str(expr)


def degree(expr: Expr) -> Any:
    """The degree of a term, all letters counted alike; of a sum the highest."""
    if expr.is_number:
        return 0
    if isinstance(expr, Add):
        return max(map(degree, expr.args))
    if isinstance(expr, Mul):
        return sum(map(degree, expr.args))
    if isinstance(expr, Pow) and expr.exp.is_Rational:
        return degree(expr.base) * expr.exp
    if isinstance(expr, Symbol):
        return 1
    return max(map(degree, expr.args), default=0)


def _term_key(term: Expr, rank: Rank) -> tuple[Any, ...]:
    _, above, below = factors(term, rank)
    return (
        -degree(term),
        term.is_number,
        [factor_key(f, rank) for f in above],
        [factor_key(f, rank) for f in below],
        _source(term),
    )


def _is_grid(expr: Add) -> bool:
    """Whether a sum is one size: a rounding with a letter or a number, like ⌊(H - 1)/s⌋ + 1."""
    parts = [term.as_coeff_Mul()[1] for term in expr.args]
    return any(isinstance(part, RoundFunction) for part in parts) and all(
        isinstance(part, RoundFunction | Symbol) or part.is_number for part in parts
    )
