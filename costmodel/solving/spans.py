"""Sets of integers: spans with a step, `1 to 9`, `8, 16, … to 64`, `from 3 up`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

_MANY = 3  # single integers, evenly spaced: said as one span


@dataclass(frozen=True, order=True)
class Span:
    """The integers first, first + step, … up to last, itself included; without end where None."""

    first: int
    last: int | None
    step: int = 1

    @property
    def steps(self) -> int | None:
        """How many steps there are from the first to the last; None without end."""
        return None if self.last is None else (self.last - self.first) // self.step

    def part(self, start: int, end: int | None) -> Span:
        """From the step `start` to the step `end`."""
        if end is None:
            return Span(self.first + self.step * start, self.last, self.step)
        first, last = (self.first + self.step * place for place in (start, end))
        return Span(first, last, 1 if first == last else self.step)

    def within(self, low: int, high: int | None) -> Span | None:
        """Those from `low` to `high`; None where there are none."""
        start = max(0, -((self.first - low) // self.step))
        end = self.steps
        if high is not None:
            most = (high - self.first) // self.step
            end = most if end is None else min(end, most)
        return None if end is not None and end < start else self.part(start, end)

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int) or value < self.first:
            return False
        inside = self.last is None or value <= self.last
        return inside and (value - self.first) % self.step == 0

    def __iter__(self) -> Iterator[int]:
        value = self.first
        while self.last is None or value <= self.last:
            yield value
            value += self.step

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.first:,}"
        if self.step == 1:
            return f"{self.first:,} up" if self.last is None else f"{self.first:,} to {self.last:,}"
        end = "" if self.last is None else f", {self.last:,}"
        return f"{self.first:,}, {self.first + self.step:,}, …{end}"


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same integers in few spans, in order; the spans have none in common."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: span.first):
        before = result[-1] if result else None
        touches = before and before.last is not None and before.last + span.step == span.first
        if before and touches and before.step == span.step:
            result[-1] = Span(before.first, span.last, span.step)
            continue
        result.append(span)
    return tuple(_evenly_spaced(result))


def _evenly_spaced(spans: list[Span]) -> Iterator[Span]:
    """Three single integers and more that are as far apart each become one span."""
    singles = [span.first == span.last for span in spans]
    place = 0
    while place < len(spans):
        end = place + 1
        gap = spans[end].first - spans[place].first if end < len(spans) else 0
        if singles[place]:
            while (
                end < len(spans) and singles[end] and spans[end].first - spans[end - 1].first == gap
            ):
                end += 1
        if end - place >= _MANY:
            yield Span(spans[place].first, spans[end - 1].first, gap)
            place = end
        else:
            yield spans[place]
            place += 1


def multiples(span: Span, of: int) -> Span | None:
    """The integers of a span that are multiples of a number."""
    import math

    shared = math.gcd(span.step, of)
    if span.first % shared:
        return None
    cycle = of // shared
    # first + step·i ≡ 0 (mod of)
    start = -span.first // shared * pow(span.step // shared, -1, cycle) % cycle if cycle > 1 else 0
    whole = Span(span.first + span.step * start, span.last, span.step * cycle)
    steps = whole.steps
    return None if steps is not None and steps < 0 else whole.part(0, steps)


@dataclass(frozen=True)
class Between:
    """The real numbers from `first` to `last`; open where that end is not one of them."""

    first: Fraction
    last: Fraction
    open_first: bool = False
    open_last: bool = False

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float | Fraction):
            return False
        above = value > self.first if self.open_first else value >= self.first
        return above and (value < self.last if self.open_last else value <= self.last)

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        if not (self.open_first or self.open_last):
            return f"{self.first} to {self.last}"
        left = f"above {self.first}" if self.open_first else f"from {self.first}"
        return f"{left} to {'below ' if self.open_last else ''}{self.last}"
