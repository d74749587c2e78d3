"""Cheap exact algebra: the few rewritings that turn a sum of stages into a textbook formula.

Costs are sums of products of letters and of roundings (floors, ceilings), so collecting common
factors does what `sympy.simplify` would, in a hundredth of the time. Every function returns an
expression that is equal to the one given, except `divisible`, which says so.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import NamedTuple

from sympy import (
    Add,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    ceiling,
    expand,
    factor_list,
    floor,
    fraction,
    igcd,
    ilcm,
    together,
)
from sympy import cancel as sympy_cancel

from costmodel.core.limits import check

#: Said wherever floors and ceilings were taken off.
EVEN = "where every rounding comes out even"

_MIN_TERMS_OF_A_PRODUCT = 4  # (a + b)·(c + d); fewer terms are not worth a factorisation
_MAX_TERMS_TO_FACTOR = 12
_MAX_COEFFICIENTS = 256
_TOO_LONG = 2  # times as long as without roundings
_REMEMBERED = 1024
_MAX_FRACTIONS = 4  # beyond that a sum of fractions is no longer read at a glance


def factored(expr: Expr) -> Expr:
    """The display form: what all terms share is drawn out, and the shortest such form is taken.

    >>> from costmodel.formulas.letters import symbol
    >>> k, m, n, b = map(symbol, "kmnb")
    >>> factored(b * k**2 * m + b * m * n)
    b*m*(k**2 + n)

    Raises `LimitError` where writing it out would go beyond the limits.
    """
    if not expr.has(Add):
        return expr
    check(expr)
    candidates = [expr, drawn_out(expr)]
    flat = expand(expr)
    if flat != expr:
        candidates.append(drawn_out(flat))
    whole = _as_product(candidates[-1])
    if whole is not None:
        candidates.append(whole)
    return min(candidates, key=length)


def expanded(expr: Expr) -> Expr:
    """A quotient as a sum of separate fractions, `b/n + b/k**2`, where those are few.

    A quotient whose denominator is a sum stays one fraction.
    """
    check(expr)
    numerator, denominator = fraction(together(expr))
    if denominator.has(Add):
        numerator, denominator = fraction(sympy_cancel(expr))
    if denominator.has(Add):
        return Mul(factored(numerator), Pow(factored(denominator), -1))
    return _as_fractions(expand(numerator), factored(numerator), denominator)


def quotient(above: Expr, below: Expr) -> Expr:
    """The quotient of two costs as a textbook sum of fractions, one for each term of `above`.

    Where those are many, or there are roundings in them, the shortest form is taken.
    """
    common = factored(below)
    if common.has(Add):
        return expanded(above / below)
    return _as_fractions(above, factored(above), common)


def _as_fractions(terms: Expr, whole: Expr, below: Expr) -> Expr:
    by_term = Add(*(Mul(term, Pow(below, -1)) for term in Add.make_args(terms)))
    if len(Add.make_args(by_term)) <= _MAX_FRACTIONS and not has_rounding(by_term):
        return by_term
    return min((Mul(whole, Pow(below, -1)), expand(by_term), by_term), key=length)


class Shown(NamedTuple):
    """What is shown of an expression, and what that takes for granted ("" for nothing)."""

    expr: Expr
    note: str


@lru_cache(maxsize=_REMEMBERED)  # every format and every alphabet asks of the same formulas
def display(expr: Expr, plain: bool = False) -> Shown:
    """An expression for a reader: without roundings where they would make it hard to read.

    Args:
        expr: any expression.
        plain: whether to take off every floor and ceiling, however short the exact form is.

    Returns:
        The expression itself; or its value where all roundings come out even, with a note that
        says so, which belongs beside it.
    """
    if not has_rounding(expr):
        return Shown(expr, "")
    even = divisible(expr)
    short = expanded(even) if plain else factored(even)
    if not plain and length(expr) <= _TOO_LONG * length(short):
        return Shown(expr, "")
    return Shown(short, EVEN)


def divisible(expr: Expr) -> Expr:
    """The expression with every floor and ceiling taken off: its value where all come out even."""
    if not has_rounding(expr):
        return expr
    return expr.replace(lambda e: isinstance(e, floor | ceiling), lambda e: e.args[0])


def has_rounding(expr: Expr) -> bool:
    """Whether a floor or a ceiling stands in an expression."""
    return bool(expr.has(floor, ceiling))


def is_zero(expr: Expr) -> bool:
    """Whether an expression is zero for all values; floors and ceilings are taken as they stand."""
    if expr == 0 or expand(expr) == 0:
        return True
    return bool(sympy_cancel(together(expr)) == 0)


def length(expr: Expr) -> int:
    """How much a reader has to read: operations, and a little for every term that is a quotient."""
    return int(expr.count_ops())


def drawn_out(expr: Expr) -> Expr:
    """The factors that every term of a sum has, times what is left of them.

    Sums inside the terms stay as they are.
    """
    if not isinstance(expr, Add):
        return expr
    parts = [powers_of(term) for term in expr.args]
    common: dict[Expr, Expr] = {}
    for base in parts[0][1]:
        exponents = [powers.get(base, Integer(0)) for _, powers in parts]
        if all(e > 0 for e in exponents):
            common[base] = min(exponents)
        elif all(e < 0 for e in exponents):
            common[base] = max(exponents)
    number = _common_number([coefficient for coefficient, _ in parts])
    outside = Mul(number, *(Pow(base, e) for base, e in common.items()))
    if outside.is_number:  # SymPy itself multiplies a number into a sum
        return expr
    inside = Add(
        *(
            Mul(
                coefficient / number,
                *(Pow(base, e - common.get(base, 0)) for base, e in powers.items()),
            )
            for coefficient, powers in parts
        )
    )
    return Mul(outside, inside)


def without_number(expr: Expr) -> Expr:
    """A sum divided by the number that all its terms share; anything else as it is."""
    if not isinstance(expr, Add):
        return expr
    number = _common_number([term.as_coeff_Mul(rational=True)[0] for term in expr.args])
    return Add(*(term / number for term in expr.args))


def powers_of(term: Expr) -> tuple[Rational, dict[Expr, Expr]]:
    """A product as its rational number and a rational exponent for every base."""
    coefficient, rest = term.as_coeff_Mul(rational=True)
    powers: dict[Expr, Expr] = {}
    for factor in Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if not exponent.is_Rational:
            base, exponent = factor, Integer(1)
        if base != 1:
            powers[base] = powers.get(base, Integer(0)) + exponent
    return coefficient, powers


def _common_number(numbers: list[Rational]) -> Rational:
    """The largest number that leaves integers without a common factor, with the sign they share."""
    top = reduce(igcd, (abs(c.p) for c in numbers))
    bottom = reduce(ilcm, (c.q for c in numbers))
    return Rational(-top if all(c < 0 for c in numbers) else top, bottom)


def _as_product(outer: Expr) -> Expr | None:
    """A product of sums, where a sum of letters is one: (k² + n)·(m + n)."""
    sums = [factor for factor in Mul.make_args(outer) if isinstance(factor, Add)]
    if len(sums) != 1 or not _worth_factoring(sums[0]):
        return None
    numerator, denominator = fraction(together(sums[0]))
    number, parts = factor_list(numerator)
    if sum(exponent for _, exponent in parts) < 2:
        return None
    product = Mul(number, *(Pow(part, e) for part, e in parts), Pow(denominator, -1))
    return outer.xreplace({sums[0]: product})


def _worth_factoring(total: Add) -> bool:
    """Whether a sum is long enough to be a product of sums, and small enough to find out."""
    if not _MIN_TERMS_OF_A_PRODUCT <= len(total.args) <= _MAX_TERMS_TO_FACTOR:
        return False
    degrees: dict[Expr, Expr] = {}
    for term in total.args:
        for base, exponent in powers_of(term)[1].items():
            degrees[base] = max(degrees.get(base, exponent), abs(exponent))
    dense = 1  # coefficients of the polynomial that SymPy would factor
    for degree in degrees.values():
        dense *= 1 + int(degree)
    return dense <= _MAX_COEFFICIENTS
