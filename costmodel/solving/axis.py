"""The values of a letter by integers from 1 up, which is what the algebra is about.

An integer letter is its own place. A real one, a share of the channels, matters only where a
rounding changes: these are multiples of 1/parts, and every second place is one of them; the places
between stand for all the numbers between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from costmodel.core.hyper import Hyper
from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.core.polynomial_terms import Floor, Sum
from costmodel.errors import CostModelError
from costmodel.solving.spans import Between, Span, multiples


@dataclass(frozen=True)
class Axis:
    """The values of one letter.

    spans: its places. value: place · scale + shift.
    """

    letter: str
    spans: tuple[Span, ...]
    shift: Number = 0
    scale: Number = 1

    @property
    def real(self) -> bool:
        """Whether the letter is a real number."""
        return self.scale != 1

    def at(self, place: Number) -> Number:
        """The letter's value at a place: a number, or of the letter's symbol a polynomial."""
        return place * self.scale + self.shift

    def runs(self, span: Span) -> Iterator[Span]:
        """A span of places as parts that are one interval of values each."""
        if self.real and span.step != 1:
            yield from (Span(place, place) for place in span)
        else:
            yield span

    def values(self, runs: Iterable[Span]) -> tuple[Span | Between, ...]:
        """Places as values of the letter."""
        if not self.real:
            return tuple(Span(s.first + self.shift, _end(s, self.shift), s.step) for s in runs)
        return tuple(map(self._between, runs))

    def _between(self, run: Span) -> Between:
        """A run of neighbouring places; those with an even number are between two roundings."""
        assert run.last is not None
        opens, closes = run.first % 2 == 0, run.last % 2 == 0
        first = self.at(run.first - 1 if opens else run.first)
        last = self.at(run.last + 1 if closes else run.last)
        return Between(Fraction(first), Fraction(last), opens, closes)

    def check(self, counts: Iterable[Number], spans: Iterable[Span]) -> None:
        """Refuse counts that change between two roundings, which have no list of intervals."""
        between = any(
            span.first % 2 == 0 or (span.step % 2 == 1 and span.first != span.last)
            for span in spans
        )
        bare = any(
            atom.letter
            for count in counts
            if isinstance(count, Polynomial)
            for monomial in count.terms
            for atom, _ in monomial
        )
        if self.real and between and bare:
            raise CostModelError(
                f"a cost that changes with every real number {self.letter} has no closed form; "
                "allowed are costs in which it is rounded"
            )


def integer_axis(letter: str, declared: Hyper, of: int) -> Axis:
    """The values of an integer letter that are multiples of a number."""
    shift = min(0, declared.low - 1)
    values = multiples(Span(declared.low, declared.high), of)
    spans = (
        () if values is None else (Span(values.first - shift, _end(values, -shift), values.step),)
    )
    return Axis(letter, spans, shift)


def real_axis(letter: str, declared: Hyper, seen: Callable[[Number], Iterable[Number]]) -> Axis:
    """The values of a real letter.

    seen: the sizes that a symbol in its place gives, in which the roundings are found.
    """
    low, high = Fraction(declared.low), Fraction(declared.high or declared.low)
    parts = math.lcm(low.denominator, high.denominator)
    for count in seen(symbol(letter, integer=False)):
        if isinstance(count, Polynomial):
            for terms in _rounded(count):
                parts = math.lcm(parts, _parts(terms, letter))
    scale = Fraction(1, 2 * parts)
    places = Span(1, int((high - low) / scale) + 1)
    return Axis(letter, (places,), low - scale, scale)


def _rounded(count: Sum) -> Iterator[Sum]:
    """What stands inside floors, and what has to be an integer itself."""
    yield count
    yield from (atom.top for atom in count.atoms() if isinstance(atom, Floor))


def _parts(terms: Sum, letter: str) -> int:
    """Into how many parts 1 is cut by the places at which ⌊slope·letter + rest⌋ changes."""
    slope, rest = Fraction(0), Fraction(0)
    for monomial, coefficient in terms.terms.items():
        if not monomial:
            rest = Fraction(coefficient)
        elif all(atom.letter for atom, _ in monomial):
            if sum(exponent for _, exponent in monomial) > 1:
                return 1
            slope = Fraction(coefficient)
    return max(1, abs(slope.numerator) * rest.denominator)


def _end(span: Span, shift: int) -> int | None:
    return None if span.last is None else span.last + shift
