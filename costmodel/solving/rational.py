"""Quotients of polynomials in one letter: what a count is between two of its roundings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from costmodel.core.polynomial_terms import QUOTIENT, Atom, Call, Sum, Symbol
from costmodel.core.polynomial_text import Rational
from costmodel.solving.integers import (
    Coefficients,
    Interval,
    ahead,
    at_most_zero,
    minus,
    times,
    value,
)

INFINITY = math.inf
#: A number, or one of the two infinities.
Extended = int | Fraction | float
#: The least and the largest value.
Range = tuple[Extended, Extended]
EVERYTHING: Range = (-INFINITY, INFINITY)


class Quotient(NamedTuple):
    """above / below, two polynomials with integer coefficients."""

    above: Coefficients
    below: Coefficients

    def at(self, x: int) -> Rational:
        """The value; the denominator must not be 0 there."""
        bottom = value(self.below, x)
        top = value(self.above, x)
        return top if bottom == 1 else Fraction(top, bottom)

    def range(self, low: int, high: int | None) -> Range:
        """The least and the largest value on the integers from `low` to `high`."""
        if low == high:
            return (self.at(low),) * 2 if value(self.below, low) else EVERYTHING
        if len(self.below) > 1:
            bottom = Quotient(self.below, (1,)).range(low, high)
            if bottom[0] <= 0 <= bottom[1]:
                return EVERYTHING
        values: list[Extended] = [self.at(x) for x in self.turns(low, high)]
        if high is None:
            values.append(self._limit)
        return min(values), max(values)

    def floors(self, bottom: int, low: int, high: int | None) -> Range:
        """The least and the largest ⌊value / bottom⌋ on the integers from `low` to `high`."""
        least, most = self.range(low, high)
        top = floored(most, bottom)
        if high is None and most == self._limit and not isinstance(most, float):
            reached = any(self.at(x) == most for x in self.turns(low, high))
            top = top if reached else -(-most // bottom) - 1  # it stays below its limit
        return floored(least, bottom), top

    def turns(self, low: int, high: int | None) -> list[int]:
        """Where it turns from rising to falling or back, and both ends, in order."""
        # it rises from x to x + 1 where this is positive
        rise = minus(times(ahead(self.above), self.below), times(self.above, ahead(self.below)))
        turns = {low} if high is None else {low, high}
        for first, last in at_most_zero(rise, low, None if high is None else high - 1):
            turns |= {first} if last is None else {first, last + 1}
        return sorted(turns)

    @property
    def _limit(self) -> Extended:
        """Where it goes as the letter grows without end."""
        more = len(self.above) - len(self.below)
        if more < 0 or not self.above:
            return 0
        lead = Fraction(self.above[-1], self.below[-1])
        return lead if more == 0 else math.copysign(INFINITY, lead)

    def at_most_zero(self, low: int, high: int | None) -> list[Interval]:
        """The integers at which it is at most 0; it has no value where its denominator is 0."""
        if len(self.below) == 1:
            sign = 1 if self.below[0] > 0 else -1
            return at_most_zero([sign * c for c in self.above], low, high)
        found = []
        for sign in (1, -1):
            one_sided = minus((1,), [sign * c for c in self.below])
            for first, last in at_most_zero(one_sided, low, high):
                found += at_most_zero([sign * c for c in self.above], first, last)
        return sorted(found)


def quotient_of(terms: Sum, known: Mapping[Atom, Rational | Sum]) -> Quotient | None:
    """A sum as one quotient in its only letter; None where another atom is not known.

    known: the atoms that are numbers here, and what those with a closed form stand for.
    """
    above: Coefficients = ()
    below: Coefficients = (1,)
    for monomial, coefficient in terms.terms.items():
        top: list[int] = [coefficient.numerator]
        bottom: list[int] = [coefficient.denominator]
        for atom, exponent in monomial:
            part = _atom(atom, known)
            if part is None:
                return None
            for _ in range(exponent):
                top, bottom = times(top, part.above), times(bottom, part.below)
        if bottom == list(below):
            above = minus(above, [-c for c in top])
            continue
        above = minus(times(above, bottom), times([-c for c in top], below))
        below = times(below, bottom)
    return Quotient(above, below)


def _atom(atom: Atom, known: Mapping[Atom, Rational | Sum]) -> Quotient | None:
    number = known.get(atom)
    if isinstance(number, Sum):
        return quotient_of(number, known)
    if number is not None:
        return Quotient([number.numerator] if number else [], [number.denominator])
    if isinstance(atom, Symbol):
        return Quotient([0, 1], [1])
    if not isinstance(atom, Call) or atom.name != QUOTIENT:
        return None
    parts = [quotient_of(part, known) for part in atom.inner]
    above, below = parts
    if above is None or below is None:
        return None
    return Quotient(times(above.above, below.below), times(above.below, below.above))


def floored(value: Extended, bottom: int) -> Extended:
    """⌊value / bottom⌋."""
    return value if isinstance(value, float) else value // bottom
