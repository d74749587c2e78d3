"""Which values of a letter a statement is true of: bounds, equalities, divisors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.core.questions import Divides, Fact, Sign, Zero
from costmodel.errors import CostModelError
from costmodel.solving.form import Form
from costmodel.solving.signs import at_most_zero
from costmodel.solving.spans import Span, joined

#: So many values are tried one by one where no algebra tells which of them divide.
_MAX_TRIED = 100_000
_MAX_CYCLE = 1024
_MAX_DIVIDED = 10**12

Parts = tuple[list[Span], list[Span]]


def split(count: Number, spans: Iterable[Span], strict: bool = False) -> Parts:
    """The values of some spans at which a count is at most 0 (below it with `strict`); the others.

    count: a number, or a polynomial with one symbol, which is at least 1 in all spans.
    """
    if strict:
        return split(-count, spans)[::-1]
    inside: list[Span] = []
    outside: list[Span] = []
    for span in spans:
        if not isinstance(count, Polynomial):
            (inside if count <= 0 else outside).append(span)
            continue
        form, low, high = along(count, span)
        start = low
        for first, last in at_most_zero(form, low, high):
            if start < first:
                outside.append(span.part(start - low, first - 1 - low))
            inside.append(span.part(first - low, None if last is None else last - low))
            if last is None:
                break
            start = last + 1
        else:
            if high is None or start <= high:
                outside.append(span.part(start - low, None if high is None else high - low))
    return inside, outside


def along(count: Polynomial, span: Span) -> tuple[Form, int, int | None]:
    """The count by the place on a span: the letter itself, or of a coarser one its steps from 1."""
    if span.step == 1:
        return Form(count), span.first, span.last
    (letter,) = count.free_symbols
    value = (symbol(letter) - 1) * span.step + span.first
    steps = span.steps
    return Form(count.subs(**{letter: value})), 1, None if steps is None else steps + 1


def zeros(count: Number, spans: Iterable[Span]) -> Parts:
    """The values at which a count is 0, and the others."""
    at_most, above = split(count, spans)
    zero, below = split(-count, at_most)
    return zero, below + above


def allowed(fact: Fact, spans: list[Span]) -> list[Span]:
    """The values of some spans of which a fact is true."""
    match fact:
        case Sign(count, strict):
            return split(-count, spans, strict)[0]
        case Zero(count):
            return zeros(count, spans)[0]
        case Divides(divisor, count):
            return list(joined(kept for span in spans for kept in _divided(divisor, count, span)))


# -- divisors --------------------------------------------------------------------------------------
def _divided(divisor: Number, count: Number, span: Span) -> Iterator[Span]:
    """The values of a span at which a count is a multiple of a divisor."""
    quotient = count / divisor
    if isinstance(quotient, int) or (isinstance(quotient, Polynomial) and quotient.integer):
        yield span
        return
    above, below = (_coefficients(side, span) for side in (count, divisor))
    if above is not None and below is not None:
        scale = math.lcm(*(Fraction(c).denominator for c in (*above, *below)))
        top, bottom = ([int(c * scale) for c in side] for side in (above, below))
        if len(bottom) <= 1 and (len(top) <= 2 or abs(bottom[0]) <= _MAX_CYCLE):
            yield from _remainders(top, abs(bottom[0]) if bottom else 0, span)
            return
        if len(top) == 1 and abs(top[0]) <= _MAX_DIVIDED and scale == 1:
            near = split(divisor - abs(top[0]), [span])[0]
            near = split(-abs(top[0]) - divisor, near)[0]
            for part in _divisors(abs(top[0])):
                for sign in (part, -part):
                    yield from zeros(divisor - sign, near)[0]
            return
    yield from _tried(divisor, count, span)


def _coefficients(count: Number, span: Span) -> list[Number] | None:
    """The coefficients of a polynomial of degree 1 and more by the letter, from the constant up."""
    if not isinstance(count, Polynomial):
        return [count]
    if any(not atom.letter for atom in count.atoms()):
        return None
    powers = {sum(e for _, e in monomial): c for monomial, c in count.terms.items()}
    return [powers.get(power, 0) for power in range(max(powers) + 1)]


def _remainders(p: list[int], divisor: int, span: Span) -> Iterator[Span]:
    """The values of a span at which an integer polynomial is a multiple of a divisor."""
    if divisor == 0:
        return

    def at(place: int) -> int:
        x = span.first + span.step * place
        return sum(c * x**power for power, c in enumerate(p))

    if len(p) <= 2:
        slope, start = (p[1] if len(p) == 2 else 0) * span.step, at(0)
        shared = math.gcd(slope, divisor)
        if start % shared:
            return
        cycle = divisor // shared
        places = [-start // shared * pow(slope // shared, -1, cycle) % cycle if cycle > 1 else 0]
    else:
        cycle = divisor
        places = [place for place in range(cycle) if at(place) % divisor == 0]
        if len(places) == cycle:
            cycle, places = 1, [0]
    for place in places:
        if span.steps is None or place <= span.steps:
            last = None if span.steps is None else place + (span.steps - place) // cycle * cycle
            first = span.first + span.step * place
            if last == place:
                yield Span(first, first)
            else:
                end = None if last is None else span.first + span.step * last
                yield Span(first, end, span.step * cycle)


def _divisors(number: int) -> list[int]:
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return sorted({*small, *(number // d for d in small)})


def _tried(divisor: Number, count: Number, span: Span) -> Iterator[Span]:
    steps = span.steps
    if steps is None or steps > _MAX_TRIED:
        raise CostModelError(
            f"which of the values {span} make {count} divisible by {divisor} has no closed form; "
            f"allowed are up to {_MAX_TRIED} values to try"
        )
    above, below = Form(count), Form(divisor)
    for x in itertools.islice(span, steps + 1):
        bottom = below.at(x)
        if bottom and above.at(x) % bottom == 0:
            yield Span(x, x)
