"""Exact quotients for every number type: what a rule divides never becomes a rounded float."""

from __future__ import annotations

from typing import Any

from costmodel.core.numbers import Number, ceil_div, is_array, is_exact, is_symbolic


def share(above: Number, below: Number) -> Number:
    """`above / below`: an int where it comes out even, else a `Fraction`; arrays cell by cell."""
    if is_symbolic(above) or is_symbolic(below):
        return above / below
    if is_array(above) or is_array(below):
        import numpy

        each: Any = numpy.frompyfunc(share, 2, 1)
        return each(above, below)
    whole, rest = divmod(above, below)
    if not rest:
        return whole
    from fractions import Fraction  # most comparisons never need one

    return Fraction(above, below)


def in_bytes(bits: Number) -> Number:
    """Bits in whole bytes, rounded up."""
    return ceil_div(bits, 8)


def bits_in_bytes(count: Number, word: Number) -> Number:
    """The bytes of `count` words of `word` bits, packed, rounded up to a whole byte."""
    if is_exact(word) and word % 8 == 0:
        return count * (word // 8)
    return in_bytes(count * word)
