"""The problem of a plan in integers: what each option of each decision adds to each sum."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from costmodel.core.numbers import Number
from costmodel.planning.limits import Limit

# Real numbers count in steps of this share of the largest of them.
_BITS = 40


@dataclass(frozen=True)
class Sum:
    """What each option of each decision adds to one sum, in integers.

    parts: per decision, one integer per option. unit: how much one is. rounded: how much the sum
    may differ from the one of the numbers as they were, 0 where it is exact.
    """

    parts: tuple[tuple[int, ...], ...]
    unit: Fraction
    rounded: Fraction

    def real(self, value: int) -> Number:
        """A sum of these integers in the unit of the numbers that they stand for."""
        number = value * self.unit
        return number.numerator if number.denominator == 1 else number


def summed(parts: Sequence[Sequence[Number]], near: Callable[[Fraction], int] = round) -> Sum:
    """Numbers as integers: exactly where they are exact, else rounded to equal steps.

    near: how real numbers are rounded: `math.ceil` is the safe side of a budget, `math.floor` that
    of a floor.
    """
    numbers = [number for part in parts for number in part]
    if all(type(number) is int for number in numbers):  # as a rule, and there are many
        return Sum(tuple(map(tuple, parts)), Fraction(1), Fraction(0))
    if any(isinstance(number, float) for number in numbers):
        unit = Fraction(max(map(abs, numbers), default=1.0) or 1.0) / 2**_BITS
        rows = tuple(tuple(near(Fraction(x) / unit) for x in part) for part in parts)
        return Sum(rows, unit, unit * len(parts) / (2 if near is round else 1))
    unit = Fraction(1, math.lcm(*(Fraction(number).denominator for number in numbers)))
    rows = tuple(tuple(int(number / unit) for number in part) for part in parts)
    return Sum(rows, unit, Fraction(0))


def within(sum_: Sum, limit: Limit, base: Number) -> tuple[tuple[tuple[int, ...], ...], int]:
    """A limit on a total as one on a sum of integers: the parts, and the most that they may be.

    base: the total with the first option of every decision.
    """
    room = (limit.value - Fraction(base)) / sum_.unit
    if limit.most:
        return sum_.parts, math.floor(room)
    return tuple(tuple(-x for x in part) for part in sum_.parts), math.floor(-room)
