"""Limits: how large a number may become, said before it is worked out.

A few words can ask for more than any machine has: squares of squares double with every step, and
`(m + n)^9` to the ninth has thousands of terms. So whatever is typed is measured first: an `Extent`
is an upper bound on what a number is once it is written out, and follows from the extents of the
operands alone.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NamedTuple

from costmodel.core.numbers import Number, Symbolic, is_array
from costmodel.errors import LimitError

#: Bits of any number: 271 digits, so that counts and their ratios are still within a float's range.
MAX_BITS = 900
#: Products in a sum that is written out, of what stands above a line or below it.
MAX_TERMS = 1000
#: Letters in one such product.
MAX_DEGREE = 64


class Extent(NamedTuple):
    """How large a number is at most, written out as one quotient of two sums of products.

    bits, bits_below: of its largest coefficients above and below the line. terms, below: products
    there. degree: letters in the longest product, as long as fractions by single products are left
    apart.
    """

    bits: int = 0
    terms: int = 1
    degree: int = 0
    below: int = 1
    bits_below: int = 0

    def plus(self, other: Extent) -> Extent:
        """Of a sum: over one line, each side is multiplied by what stands below the other."""
        return Extent(
            max(self.bits + other.bits_below, other.bits + self.bits_below) + 1,
            self.terms * other.below + other.terms * self.below,
            max(self.degree, other.degree)
            if self.below == other.below == 1
            else self.degree + other.degree,
            self.below * other.below,
            self.bits_below + other.bits_below,
        )

    def times(self, other: Extent) -> Extent:
        """Of a product."""
        return Extent(
            self.bits + other.bits,
            self.terms * other.terms,
            self.degree + other.degree,
            self.below * other.below,
            self.bits_below + other.bits_below,
        )

    def over(self, other: Extent) -> Extent:
        """Of a quotient."""
        bits, terms, degree, below, bits_below = other
        return self.times(Extent(bits_below, below, degree, terms, bits))

    def power(self, exponent: int) -> Extent:
        """Of a power: as many products as there are ways to choose its factors."""
        return Extent(
            self.bits * exponent,
            math.comb(self.terms + exponent - 1, exponent) if exponent else 1,
            self.degree * exponent,
            math.comb(self.below + exponent - 1, exponent) if exponent else 1,
            self.bits_below * exponent,
        )

    def check(self) -> None:
        """Raise `LimitError` where it is beyond a limit."""
        for size, limit, what in (
            (max(self.bits, self.bits_below), MAX_BITS, "bits"),
            (max(self.terms, self.below), MAX_TERMS, "terms once it is written out"),
            (self.degree, MAX_DEGREE, "letters in one product"),
        ):
            if size > limit:
                # the size itself may be too long to be read
                raise LimitError(f"a number of more than {limit} {what}; allowed are {limit}")


_LETTER = Extent(0, 1, 1)
_RULES: dict[str, Callable[[Extent, Extent], Extent]] = {
    "+": Extent.plus,
    "-": Extent.plus,
    "*": Extent.times,
    "/": Extent.over,
}


def extent(value: Number) -> Extent:
    """The extent of a number of any kind; of an array that of its largest cell.

    Raises `LimitError` where what stands inside a floor or a minimum is beyond a limit.
    """
    if isinstance(value, int):
        return Extent(value.bit_length())
    if isinstance(value, Symbolic):
        return value.extent
    if is_array(value):
        if value.dtype != object:
            return Extent(64)  # what such a cell can hold
        return Extent(max((extent(cell).bits for cell in value.flat), default=0))
    if hasattr(value, "free_symbols"):
        return _of_sympy(value)
    return _of_ratio(value)


def check_operation(sign: str, a: Number, b: Number) -> None:
    """Raise `LimitError` where `a + b`, `a - b`, `a * b` or `a / b` would be beyond a limit."""
    if isinstance(a, int) and isinstance(b, int) and a.bit_length() + b.bit_length() <= MAX_BITS:
        return  # most are
    _RULES[sign](extent(a), extent(b)).check()


def check_power(base: Number, exponent: int) -> None:
    """Raise `LimitError` where a power would be beyond a limit."""
    extent(base).power(exponent).check()


def check_product(values: Iterable[Number]) -> None:
    """Raise `LimitError` where a product would be beyond a limit."""
    bits, others = 0, []
    for value in values:
        if isinstance(value, int):
            bits += value.bit_length()
        else:
            others.append(value)
    if bits > MAX_BITS or others:
        functools.reduce(Extent.times, map(extent, others), Extent(bits)).check()


def check(value: Number) -> None:
    """Raise `LimitError` where a number is beyond a limit; nothing of it is written out."""
    extent(value).check()


def _of_ratio(value: Number) -> Extent:
    if isinstance(value, Fraction):
        return Extent(value.numerator.bit_length(), bits_below=value.denominator.bit_length())
    return Extent()  # a float: as long as it is


@functools.lru_cache(maxsize=4096)
def _of_sympy(value: Any) -> Extent:
    """A SymPy expression by its structure; SymPy itself is not imported."""
    if value.is_Rational:
        return _of_ratio(Fraction(int(value.p), int(value.q)))
    if value.is_Add:
        return functools.reduce(Extent.plus, map(_of_sympy, value.args))
    if value.is_Mul:
        return functools.reduce(Extent.times, map(_of_sympy, value.args))
    if value.is_Pow and value.exp.is_Integer:
        power = _of_sympy(value.base).power(abs(int(value.exp)))
        return Extent().over(power) if value.exp.is_negative else power
    for inner in value.args:  # of a floor, a minimum: one letter, whatever stands in it
        check(inner)
    return _LETTER
