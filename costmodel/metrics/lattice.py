"""Lattice points below a line, in closed arithmetic: the taps of a window that fall off an edge.

No loop runs over positions or taps, so an axis of 10^5 positions costs what one of 10 does.
"""

from __future__ import annotations

import math

from costmodel.core.numbers import (
    Number,
    ceil_div,
    cell_by_cell,
    equal,
    exact_div,
    is_exact,
    is_symbolic,
    largest,
    smallest,
)


def points_below(
    bound: Number, steps: tuple[Number, Number], counts: tuple[Number, Number]
) -> Number | None:
    """How many (a, b), 0 ≤ a < counts[0], 0 ≤ b < counts[1], have a·steps[0] + b·steps[1] < bound.

    Closed arithmetic for every number type where one step divides the other. Otherwise the sum of
    floors has no closed form: numbers are counted by Euclid's scheme, arrays cell by cell, and of
    symbols there is None.
    """
    first, second = steps
    if is_exact(first) and is_exact(second):
        common = math.gcd(first, second)
        if common > 1:  # multiples of it are below the bound if they are below its next multiple
            bound, first, second = ceil_div(bound, common), first // common, second // common
    if equal(first, 1) and not equal(second, 1):
        (first, second), counts = (second, first), counts[::-1]
    if equal(second, 1):
        return _wedge(bound, first, counts[0]) - _wedge(bound - counts[1], first, counts[0])
    values = (bound, first, second, *counts)
    if all(map(is_exact, values)):
        return _points(*values)
    if any(map(is_symbolic, values)):
        return None
    return cell_by_cell(_points, *values)


def _wedge(bound: Number, step: Number, count: Number) -> Number:
    """Σ max(0, bound − a·step) over 0 ≤ a < count."""
    if is_exact(bound) and bound <= 0:
        return 0
    rows = smallest(count, largest(0, ceil_div(bound, step)))
    return rows * bound - step * exact_div(rows * (rows - 1), 2)


def _points(bound: int, first: int, second: int, firsts: int, seconds: int) -> int:
    """The number of points, in Python ints and any steps."""
    reached = bound - seconds * second
    return _columns(bound, first, second, firsts) - _columns(reached, first, second, firsts)


def _columns(bound: int, first: int, second: int, firsts: int) -> int:
    """Σ max(0, ⌈(bound − a·first) / second⌉) over 0 ≤ a < firsts."""
    rows = min(firsts, max(0, -(-bound // first)))
    lowest = bound - (rows - 1) * first  # counted from the last row up, all terms are positive
    return _floor_sum(rows, second, first, lowest + second - 1)


def _floor_sum(count: int, divisor: int, step: int, start: int) -> int:
    """Σ ⌊(step·a + start) / divisor⌋ over 0 ≤ a < count, by Euclid's algorithm on the slope."""
    result, sign = 0, 1
    while count > 0:
        result += sign * (
            (step // divisor) * (count * (count - 1) // 2) + (start // divisor) * count
        )
        step, start = step % divisor, start % divisor
        # what is left are the points under a line of slope below 1: count them by rows instead
        top = step * (count - 1) + start
        rows = top // divisor
        if rows == 0:
            break
        result += sign * rows * count
        # Σ over rows r = 1 … rows of ⌈(divisor·r − start) / step⌉ points lie left of the line
        sign = -sign
        count, divisor, step, start = rows, step, divisor, divisor - start + step - 1
    return result
