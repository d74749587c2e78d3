"""The normal form of terms: like ones collected, floors merged, quotients cancelled.

⌊x/c⌋ + k = ⌊(x + k·c)/c⌋      ⌊⌊x/c⌋/d⌋ = ⌊x/(c·d)⌋      ⌊(d·q + r)/d⌋ = q + ⌊r/d⌋
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction

from costmodel.core.numbers import plain, share
from costmodel.core.polynomial_terms import QUOTIENT, Atom, Call, Floor, Sum
from costmodel.core.polynomial_text import Monomial, Rational, Terms

#: The terms of 1.
ONE: Terms = {(): 1}


def collected(terms: Terms) -> Terms:
    """The terms without those that are zero, a constant inside a floor that stands alone."""
    clean = {m: plain(c) for m, c in terms.items() if c}
    if len(clean) == 2 and () in clean:
        constant = clean.pop(())
        absorbed = with_constant(clean, constant)
        if absorbed is not None:
            return absorbed
        clean[()] = constant
    return clean


def with_constant(terms: Terms, constant: Rational) -> Terms | None:
    """⌊x/c⌋ + k as ⌊(x + k·c)/c⌋: an output size stays one factor, and a product one term.

    None where the only term is no single floor.
    """
    ((monomial, coefficient),) = terms.items()
    if coefficient != 1 or len(monomial) != 1 or not isinstance(constant, int):
        return None
    atom, exponent = monomial[0]
    if exponent != 1 or not isinstance(atom, Floor):
        return None
    top = plus(atom.top.terms, {(): constant * atom.bottom})
    return {((Floor(Sum(top), atom.bottom), 1),): 1}


def plus(left: Terms, right: Terms) -> Terms:
    """The sum."""
    result = dict(left)
    for monomial, coefficient in right.items():
        result[monomial] = result.get(monomial, 0) + coefficient
    return collected(result)


def times(left: Terms, right: Terms) -> Terms:
    """The product."""
    result: dict[Monomial, Rational] = {}
    for one, a in left.items():
        for other, b in right.items():
            monomial = _joined(one, other)
            result[monomial] = result.get(monomial, 0) + a * b
    return collected(result)


def _joined(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, exponent in right:
        powers[atom] = powers.get(atom, 0) + exponent
    return tuple(sorted(powers.items(), key=lambda item: item[0].key))


def floor(terms: Terms, bottom: int) -> Terms:
    """⌊terms / bottom⌋."""
    scale = math.lcm(*(c.denominator for c in terms.values()))
    bottom *= scale
    whole: dict[Monomial, Rational] = {}
    rest: dict[Monomial, int] = {}
    for monomial, coefficient in terms.items():
        value = int(coefficient * scale)
        if monomial and _integral(monomial):  # ⌊(d·q + r)/d⌋ = q + ⌊r/d⌋ needs an integer q
            whole[monomial], value = divmod(value, bottom)
        if value:
            rest[monomial] = value
    if not rest or (len(rest) == 1 and () in rest):
        return plus(whole, {(): rest.get((), 0) // bottom})
    constant = rest.pop((), 0)
    if len(rest) == 1:
        ((monomial, coefficient),) = rest.items()
        if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            atom = monomial[0][0]
            if isinstance(atom, Floor):
                inner = plus(atom.top.terms, {(): constant * atom.bottom})
                return plus(whole, floor(inner, atom.bottom * bottom))
    if all(map(_integral, rest)):
        common = math.gcd(bottom, *rest.values())
        if common > 1:
            rest = {m: c // common for m, c in rest.items()}
            constant, bottom = constant // common, bottom // common
            return plus(whole, floor({**rest, (): constant} if constant else rest, bottom))
    if constant:
        rest[()] = constant
    return plus(whole, {((Floor(Sum(rest), bottom), 1),): 1})


def _integral(monomial: Monomial) -> bool:
    return all(atom.integer for atom, _ in monomial)


def quotient(top: Terms, bottom: Terms) -> Terms:
    """top / bottom: by a single term where that comes out, else what is left as a `Call`."""
    exact = exact_quotient(top, bottom)
    if exact is not None:
        return exact
    # what all terms of both sides have is cancelled: common atoms, and the scale of each side
    common = tuple(functools.reduce(_shared, map(dict, (*top, *bottom))).items())
    above, below = (
        collected({_without(m, common) or (): c / _scale(terms) for m, c in terms.items()})
        for terms in (top, bottom)
    )
    factor: Terms = {(): _scale(top) / _scale(bottom)}
    left = exact_quotient(above, below)
    if left is None:
        call = Call(QUOTIENT, (Sum(above), Sum(below)), share, integer=False)
        left = {((call, 1),): 1}
    return times(left, factor)


def exact_quotient(top: Terms, bottom: Terms) -> Terms | None:
    """The quotient where it is a polynomial in the same atoms, by a single term or itself."""
    if top == bottom:
        return ONE
    if len(bottom) != 1:
        return None
    ((divisor, scale),) = bottom.items()
    result: dict[Monomial, Rational] = {}
    for monomial, coefficient in top.items():
        left = _without(monomial, divisor)
        if left is None:
            return None
        result[left] = Fraction(coefficient) / scale
    return collected(result)


def _shared(left: dict[Atom, int], right: dict[Atom, int]) -> dict[Atom, int]:
    return {atom: min(e, right[atom]) for atom, e in left.items() if atom in right}


def _scale(terms: Terms) -> Fraction:
    """The positive number over which the coefficients are integers without a common divisor."""
    numbers = [Fraction(c) for c in terms.values()]
    below = math.lcm(*(c.denominator for c in numbers))
    return Fraction(math.gcd(*(int(c * below) for c in numbers)), below)


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """The monomial divided by another one, None where that does not divide it."""
    powers = dict(monomial)
    for atom, exponent in divisor:
        powers[atom] = powers.get(atom, 0) - exponent
        if powers[atom] < 0:
            return None
    return tuple((atom, exponent) for atom, exponent in powers.items() if exponent)
