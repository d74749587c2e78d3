"""A count in one letter, for questions about whole intervals of it: its range, and its pieces.

On an interval every floor, quotient, minimum and maximum has a range. What does not change there is
a number, and a minimum of which one side is always the smaller is that side; so on a short enough
interval, and beyond a large enough number, a count is a quotient of two polynomials.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.core.polynomial_terms import QUOTIENT, Atom, Call, Floor, Sum, Symbol
from costmodel.core.polynomial_text import Monomial, Rational
from costmodel.solving.rational import (
    EVERYTHING,
    INFINITY,
    Extended,
    Quotient,
    Range,
    floored,
    quotient_of,
)

_MAX_CYCLE = 64
#: What an atom is on an interval: a number, or simpler terms.
Known = dict[Atom, Rational | Sum]


class Form:
    """A count in one letter.

    count: a number, or a `Polynomial` with one symbol.
    """

    def __init__(self, count: Number) -> None:
        self.count = count
        self.sum = _sum(count)
        self._closed: Known = {}
        self._atoms = self._opened(self.sum)
        self._quotients: dict[tuple[object, ...], Quotient | None] = {}
        self._inside: dict[Sum, tuple[Atom, ...]] = {}
        #: The quotient that it is at every integer, None where a rounding stands in it.
        self.whole = self._quotient(self.sum, self._closed)

    def _opened(self, part: Sum) -> list[Atom]:
        """Its atoms, those inside another one before it; so are those of closed forms of calls."""
        found: dict[Atom, None] = {}
        for atom in part.atoms():
            if isinstance(atom, Call) and atom.closed is not None:
                form = atom.closed(*(_number(inner) for inner in atom.inner))
                if form is not None:
                    self._closed[atom] = closed = _sum(form)
                    found |= dict.fromkeys(self._opened(closed))
            found[atom] = None
        return list(found)

    def at(self, x: int) -> Rational:
        """The exact value at an integer."""
        known: dict[Atom, Number] = {}
        for atom in self._atoms:
            known[atom] = x if isinstance(atom, Symbol) else atom.value(known)
        return self.sum.value(known)

    def on(self, low: int, high: int | None) -> tuple[Range, Quotient | None]:
        """A range that holds all values from `low` to `high`, and the quotient that it is there.

        None where a rounding changes on the way.
        """
        known = dict(self._closed)
        ranges: dict[Atom, Range] = {}
        for atom in self._atoms:
            a, b = ranges[atom] = self._atom(atom, ranges, known, low, high)
            if a == b and not isinstance(a, float) and not isinstance(atom, Symbol):
                known[atom] = a
        own = self._range(self.sum, ranges, known, low, high)
        return own, self._quotient(self.sum, known)

    @cached_property
    def by_remainder(self) -> list[Form]:
        """The same of cycle·y + r in place of the letter, y from 1 up, by the remainder r.

        Roundings of the letter itself, as ⌊x/2⌋, are polynomials there; [] where there are none.
        """
        bottoms = [atom.bottom for atom in self._atoms if isinstance(atom, Floor)]
        cycle = math.lcm(*bottoms)
        if cycle == 1 or cycle > _MAX_CYCLE or not isinstance(self.count, Polynomial):
            return []
        (letter,) = self.count.free_symbols
        return [
            Form(self.count.subs(**{letter: symbol(letter) * cycle + rest}))
            for rest in range(cycle)
        ]

    # -- ranges: never too small -------------------------------------------------------------------
    def _atom(
        self, atom: Atom, ranges: Mapping[Atom, Range], known: Known, low: int, high: int | None
    ) -> Range:
        if isinstance(atom, Symbol):
            return low, INFINITY if high is None else high
        if isinstance(atom, Floor):
            quotient = self._quotient(atom.top, known)
            if quotient is not None:
                return quotient.floors(atom.bottom, low, high)
            a, b = self._range(atom.top, ranges, known, low, high)
            return floored(a, atom.bottom), floored(b, atom.bottom)
        if atom in self._closed:
            form = self._closed[atom]
            assert isinstance(form, Sum)
            return self._range(form, ranges, known, low, high)
        inner = [self._range(part, ranges, known, low, high) for part in atom.inner]
        if atom.name == QUOTIENT:
            quotient = self._quotient(Sum({((atom, 1),): 1}), known)
            return _divided(*inner) if quotient is None else quotient.range(low, high)
        if atom.name in ("min", "max"):
            return _extreme(atom, inner, known)
        if all(a == b and not isinstance(a, float) for a, b in inner):
            value = atom.rule(*(a for a, _ in inner))
            return value, value
        return (0, INFINITY) if atom.integer else EVERYTHING

    def _range(
        self, part: Sum, ranges: Mapping[Atom, Range], known: Known, low: int, high: int | None
    ) -> Range:
        whole = self._quotient(part, known)
        if whole is not None:
            return whole.range(low, high)
        # Σ (quotient of polynomials) · (product of roundings that change here)
        groups: dict[Monomial, dict[Monomial, Rational]] = {}
        for monomial, coefficient in part.terms.items():
            simple: list[tuple[Atom, int]] = []
            others: list[tuple[Atom, int]] = []
            for power in monomial:
                is_simple = self._quotient(Sum({((power[0], 1),): 1}), known) is not None
                (simple if is_simple else others).append(power)
            groups.setdefault(tuple(others), {})[tuple(simple)] = coefficient
        least: Extended = 0
        most: Extended = 0
        for factors, terms in groups.items():
            factor = self._quotient(Sum(terms), known)
            assert factor is not None
            group = factor.range(low, high)
            for atom, exponent in factors:
                for _ in range(exponent):
                    group = _times(group, ranges[atom])
            least, most = _plus(least, group[0], -INFINITY), _plus(most, group[1], INFINITY)
        return least, most

    def _quotient(self, part: Sum, known: Known) -> Quotient | None:
        """`quotient_of`, remembered by what is known of the atoms inside."""
        key = self._key(part, known)
        if key not in self._quotients:
            self._quotients[key] = quotient_of(part, known)
        return self._quotients[key]

    def _key(self, part: Sum, known: Known) -> tuple[object, ...]:
        """A sum with what is known of the atoms inside, and inside of what these stand for."""
        inside = self._inside.get(part)
        if inside is None:
            inside = self._inside[part] = tuple(a for a in part.atoms() if not a.letter)
        values = (known.get(atom) for atom in inside)
        return (part, *(self._key(v, known) if isinstance(v, Sum) else v for v in values))


def _extreme(atom: Call, inner: list[Range], known: Known) -> Range:
    """The range of a minimum or maximum, which may be one of its sides all the way."""
    smallest = atom.name == "min"
    for place, (low, high) in enumerate(inner):
        others = inner[:place] + inner[place + 1 :]
        if all(high <= a if smallest else low >= b for a, b in others):
            known[atom] = atom.inner[place]
            return low, high
    extreme = min if smallest else max
    return extreme(a for a, _ in inner), extreme(b for _, b in inner)


def _sum(count: Number) -> Sum:
    """A count as terms."""
    if isinstance(count, Polynomial):
        return count
    return Sum({(): count} if count else {})


def _number(terms: Sum) -> Number:
    """Terms as a number that the rules can take."""
    return terms.terms.get((), 0) if set(terms.terms) <= {()} else Polynomial(terms.terms)


# -- arithmetic of ranges, whose ends may be infinite ----------------------------------------------
def _divided(above: Range, below: Range) -> Range:
    if below[0] <= 0 <= below[1]:
        return EVERYTHING
    from fractions import Fraction

    a, b = (0 if isinstance(v, float) else Fraction(1) / v for v in below)
    return _times(above, (b, a))


def _plus(a: Extended, b: Extended, worst: float) -> Extended:
    infinite = [v for v in (a, b) if isinstance(v, float)]
    if infinite:
        return worst if worst in infinite else infinite[0]
    return a + b


def _times(left: Range, right: Range) -> Range:
    values = [_product(a, b) for a in left for b in right]
    return min(values), max(values)


def _product(a: Extended, b: Extended) -> Extended:
    if a == 0 or b == 0:
        return 0
    if isinstance(a, float) or isinstance(b, float):
        return math.copysign(INFINITY, (1 if a > 0 else -1) * (1 if b > 0 else -1))
    return a * b
