"""Ratio: a float that sizes give, which rounds to a size again."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch

from costmodel.core.numbers import ceil_div
from costmodel.core.polynomial import Polynomial
from costmodel.network.read.torch.followed import (
    Followed,
    fraction_of,
    is_exact,
    plain,
    settle,
    settling,
)
from costmodel.network.read.torch.questions import Questions

#: Makes a size of a value and its polynomial.
Whole = Callable[[int, Any, Questions], Any]


@settling(
    """__floordiv__ __rfloordiv__ __mod__ __rmod__ __divmod__ __rdivmod__ __pow__ __rpow__
    as_integer_ratio conjugate hex real imag"""
)
class Ratio(Followed, torch.SymFloat):
    """A float that a size divided or scaled gives: `top / bottom`.

    Followed as long as the float is the exact quotient, or its only rounding is the last step: then
    floors, ceilings and comparisons with exact numbers are those of the quotient. What goes on from
    there settles the sizes in it.

    Args:
        value: the float at the sizes of this forward.
        top: its numerator in letters.
        bottom: an int, or the polynomial of a positive size.
        questions: where answers are kept.
        whole: what makes a size.
    """

    def __init__(
        self, value: float, top: Any, bottom: Any, questions: Questions, whole: Whole
    ) -> None:
        self.value = value
        self.top, self.bottom = top, bottom
        self.questions = questions
        self.whole = whole

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """A float to whom asks with `isinstance`."""
        return float

    @property
    def fraction(self) -> tuple[Any, Any]:
        """Top and bottom."""
        return self.top, self.bottom

    @property
    def exact(self) -> bool:
        """Whether the float is the quotient itself: nothing but a power of two below."""
        return isinstance(self.bottom, int) and self.bottom & (self.bottom - 1) == 0

    def settled(self) -> float:
        """The plain value; from now on the formula holds only where the size above is the same."""
        if isinstance(self.bottom, int):
            now = round(Fraction(self.value) * self.bottom)
            self.questions.ask(self.top - now, 0, "==")
        else:
            self.questions.refuse(f"{self.top} / ({self.bottom})")
        return self.value

    # -- rounding --------------------------------------------------------------------------------
    def __floor__(self) -> Any:
        return self._rounded(math.floor(self.value), operator.floordiv)

    def __ceil__(self) -> Any:
        return self._rounded(math.ceil(self.value), ceil_div)

    def _rounded(self, value: int, rule: Callable[[Any, Any], Any]) -> Any:
        found = rule(self.top, self.bottom)
        if isinstance(self.bottom, int):
            return self.whole(value, found, self.questions)
        self.questions.ask(found - value, 0, "==")  # no polynomial: what it is worth is settled
        return value

    def __trunc__(self) -> Any:
        return math.floor(self) if self >= 0 else math.ceil(self)

    __sym_int__ = __trunc__

    def __int__(self) -> int:
        return operator.index(math.trunc(self))

    def __round__(self, digits: Any = None) -> Any:
        if digits is not None or not isinstance(self.bottom, int):
            return round(self.settled(), digits)
        twice = 2 * self.top + self.bottom
        nearest = twice // (2 * self.bottom)
        if self.bottom % 2 == 0:
            tie = Fraction(self.value) % 1 == Fraction(1, 2)
            if self.questions.ask(twice % (2 * self.bottom), int(not tie), "=="):
                # a tie goes to the even side
                self.questions.ask(nearest - math.floor(self.value + 0.5), 0, "==")
                return round(self.value)
        return self.whole(round(self.value), nearest, self.questions)

    def is_integer(self) -> bool:
        """Whether it is a whole number."""
        if not isinstance(self.bottom, int):
            return self.settled().is_integer()
        rest = 0 if self.value.is_integer() else 1
        return self.questions.ask(self.top % self.bottom, rest, "==")

    # -- arithmetic ------------------------------------------------------------------------------
    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add, lambda a, b, c, d: (a * d + c * b, b * d))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub, lambda a, b, c, d: (a * d - c * b, b * d))

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul, lambda a, b, c, d: (a * c, b * d))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, operator.truediv, lambda a, b, c, d: (a * d, b * c))

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b / a, lambda a, b, c, d: (c * b, d * a))

    def __neg__(self) -> Ratio:
        return Ratio(-self.value, -self.top, self.bottom, self.questions, self.whole)

    def _with(self, other: Any, plainly: Any, rule: Any) -> Any:
        fraction = fraction_of(other)
        if fraction is None:
            return NotImplemented
        value = plainly(self.value, plain(other))
        if fraction and self.exact and is_exact(other):
            top, bottom = rule(self.top, self.bottom, *fraction)
            if isinstance(bottom, int) and bottom < 0:
                top, bottom = -top, -bottom
            if (bottom.low or 0) > 0 if isinstance(bottom, Polynomial) else bottom > 0:
                return Ratio(value, top, bottom, self.questions, self.whole)
        settle(other)
        self.settled()
        return value
