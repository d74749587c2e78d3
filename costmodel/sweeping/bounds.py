"""Limits of what is computed: whether machine words hold it is decided before a kernel starts.

Limits of a polynomial follow from those of the sizes in it, in Python ints. They may be wider than
the values themselves, never narrower.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from costmodel.core.polynomial_terms import Atom, Floor, Sum, Symbol
from costmodel.core.polynomial_text import Monomial, Rational, Terms

#: Names of the calls that every kernel can compute; another rule is called cell by cell.
DIVIDED, LEAST, GREATEST, DIVISOR, EQUAL = "divided", "min", "max", "gcd", "equal"
#: The largest integer of a machine word.
WORD = 2**63 - 1


class Range(NamedTuple):
    """From `low` to `high`, both included; None is not known."""

    low: int | None
    high: int | None

    @property
    def size(self) -> int | None:
        """The largest absolute value, at least 1."""
        return None if self.low is None or self.high is None else max(1, -self.low, self.high)


UNKNOWN = Range(None, None)


class Bounds:
    """Limits of sums and atoms, given those of the sizes by name; each is worked out once."""

    def __init__(self, sizes: Mapping[str, Range]) -> None:
        self.sizes = dict(sizes)
        self._atoms: dict[Atom, Range] = {}
        self._sums: dict[Sum, Range] = {}

    def of(self, value: Sum) -> Range:
        """The limits of a sum."""
        if value not in self._sums:
            self._sums[value] = self._sum(value)
        return self._sums[value]

    def within_word(self, *values: Sum) -> bool:
        """Whether int64 holds these, and all that is computed on the way, in any order.

        Every product and sum of parts is at most the sum of the absolute values of all terms.
        """
        inner = {part for value in values for atom in value.atoms() for part in atom.inner}
        return all(self._reached(value) <= WORD for value in inner.union(values))

    def decided(self, name: str, values: tuple[Sum, ...]) -> Sum | None:
        """Which of several values the least or greatest is, where the limits say it."""
        if name not in (LEAST, GREATEST):
            return None
        sign = 1 if name == LEAST else -1
        for value in values:
            others = (Sum(_difference(other, value, sign)) for other in values if other != value)
            lows = [self.of(other).low for other in others]
            if all(low is not None and low >= 0 for low in lows):
                return value
        return None

    def _reached(self, value: Sum) -> float:
        total: float = 0
        for monomial, coefficient in value.terms.items():
            part = abs(math.ceil(abs(coefficient)))
            for atom, exponent in monomial:
                size = self._atom(atom).size
                if size is None:
                    return math.inf
                part *= size**exponent
            total += part
        return total

    def _sum(self, value: Sum) -> Range:
        low = high = 0
        for monomial, coefficient in value.terms.items():
            part = Range(1, 1)
            for atom, exponent in monomial:
                limits = self._atom(atom)
                for _ in range(exponent):
                    part = _times(part, limits)
            if part.low is None or part.high is None:
                return UNKNOWN
            ends = part.low * coefficient, part.high * coefficient
            low, high = low + math.floor(min(ends)), high + math.ceil(max(ends))
        return Range(low, high)

    def _atom(self, atom: Atom) -> Range:
        if atom not in self._atoms:
            self._atoms[atom] = self._of_atom(atom)
        return self._atoms[atom]

    def _of_atom(self, atom: Atom) -> Range:
        match atom:
            case Symbol():
                return self.sizes[atom.name]
            case Floor():
                top = self.of(atom.top)
                return _over(top, Range(atom.bottom, atom.bottom))
        return self._call(atom.name, [self.of(part) for part in atom.inner])

    def _call(self, name: str, parts: list[Range]) -> Range:
        lows = [part.low for part in parts if part.low is not None]
        highs = [part.high for part in parts if part.high is not None]
        if name == EQUAL:
            return Range(0, 1)
        if len(lows) < len(parts) or len(highs) < len(parts):
            return UNKNOWN
        match name:
            case "divided":
                return _over(*parts)
            case "min":
                return Range(min(lows), min(highs))
            case "max":
                return Range(max(lows), max(highs))
            case "gcd":
                positive = min(lows) >= 1
                return Range(int(positive), min(highs) if positive else max(map(abs, lows + highs)))
        return UNKNOWN


def _difference(one: Sum, other: Sum, sign: int) -> Terms:
    terms: dict[Monomial, Rational] = {m: sign * c for m, c in one.terms.items()}
    for monomial, coefficient in other.terms.items():
        terms[monomial] = terms.get(monomial, 0) - sign * coefficient
    return {m: c for m, c in terms.items() if c}


def _times(one: Range, other: Range) -> Range:
    ends = [a * b for a in one for b in other if a is not None and b is not None]
    if len(ends) < 4:
        return UNKNOWN
    return Range(min(ends), max(ends))


def _over(top: Range, bottom: Range) -> Range:
    """Of the floor of a quotient; of 0 as divisor, which a guard forbids, it is 0."""
    if top.low is None or top.high is None or bottom.low is None or bottom.high is None:
        return UNKNOWN
    if bottom.low < 1:
        most = max(abs(top.low), abs(top.high))
        return Range(-most, most)
    ends = [a // b for a in (top.low, top.high) for b in (bottom.low, bottom.high)]
    return Range(min(ends), max(ends))
