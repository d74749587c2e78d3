"""Ranges of a count on an interval hold every value, roundings and extremes included."""

from __future__ import annotations

import itertools

import pytest

from costmodel.core.numbers import ceil_div, largest, smallest
from costmodel.core.polynomial import symbol
from costmodel.solving.form import Form

X = symbol("x")
COUNTS = [
    # at 34 both sides are the same, and so are their ranges from there on
    4 * largest(456 * X + 7752, 684 * X),
    4 * smallest(456 * X + 7752, 684 * X),
    ceil_div(97, X) * (X - 1) + 3 * ceil_div(97, X),
    X * (X // 2 + 1) - 7 * X,
    largest(0, 5 - X) * X + smallest(X, 9) - X // 3,
    (X * X - 40 * X) * ceil_div(50, X + 2),
]


@pytest.mark.parametrize("count", COUNTS, ids=str)
def test_the_range_and_the_piece_hold_every_value(count):
    form = Form(count)
    for low, more in itertools.product(range(1, 45), (0, 1, 4, 17, None)):
        high = None if more is None else low + more
        (least, most), quotient = form.on(low, high)
        for x in range(low, (high or 150) + 1):
            value = form.at(x)
            assert value == count.subs(x=x)
            assert least <= value <= most
            assert quotient is None or quotient.at(x) == value
