"""Polynomials with integer coefficients on the integers: where one is at most 0, and its extremes.

Exact at any size and any degree, without a root being computed: between two sign changes of its
forward difference p(x + 1) − p(x), a polynomial of one degree less, p rises or falls all the way,
and one bisection finds where it crosses 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

#: From the constant up; no zeros at the end.
Coefficients = Sequence[int]
#: The integers from the first to the second, both included; None is no end.
Interval = tuple[int, int | None]


def value(p: Coefficients, x: int) -> int:
    """p(x)."""
    result = 0
    for coefficient in reversed(p):
        result = result * x + coefficient
    return result


def times(p: Coefficients, q: Coefficients) -> list[int]:
    """p·q."""
    result = [0] * (len(p) + len(q) - 1) if p and q else []
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return result


def minus(p: Coefficients, q: Coefficients) -> list[int]:
    """p − q."""
    size = max(len(p), len(q))
    padded = ([*side, *[0] * (size - len(side))] for side in (p, q))
    return _trimmed([a - b for a, b in zip(*padded, strict=True)])


def ahead(p: Coefficients) -> list[int]:
    """p(x + 1) as a polynomial in x."""
    result = [0] * len(p)
    for power, coefficient in enumerate(p):
        for lower in range(power + 1):
            result[lower] += coefficient * math.comb(power, lower)
    return result


def _trimmed(p: list[int]) -> list[int]:
    while p and not p[-1]:
        p.pop()
    return p


def at_most_zero(p: Coefficients, low: int, high: int | None) -> list[Interval]:
    """The integers from `low` to `high` at which p is at most 0, as intervals in order."""
    if len(p) <= 1:
        return [(low, high)] if not p or p[0] <= 0 else []
    if len(p) == 2:
        constant, slope = p
        edge = -constant // slope if slope > 0 else -(constant // slope)
        first, last = (low, edge) if slope > 0 else (max(low, edge), high)
        if slope > 0 and high is not None:
            last = min(edge, high)
        return [(first, last)] if last is None or first <= last else []
    found: list[Interval] = []
    for start, end, rises in runs(p, low, high):
        if end is None:  # beyond every root
            if p[-1] < 0:
                _add(found, (start, None))
            continue
        inside = _crossing(p, start, end, rises)
        if inside is not None:
            _add(found, inside)
    return found


def runs(p: Coefficients, low: int, high: int | None) -> Iterator[tuple[int, int | None, bool]]:
    """Intervals on which p only rises or only falls, with whether it rises; ends are shared.

    An interval without end begins beyond every root.
    """
    if high is None:
        middle = max(low, _beyond(p))
        yield from runs(p, low, middle)
        yield middle, None, p[-1] > 0
        return
    if low == high:
        yield low, high, True
        return
    start = low
    for first, last in at_most_zero(minus(ahead(p), p), low, high - 1):
        assert last is not None
        if start < first:
            yield start, first, True
        yield first, last + 1, False
        start = last + 1
    if start < high:
        yield start, high, True


def _beyond(p: Coefficients) -> int:
    """An integer beyond every root of p and of its differences: Cauchy's bound and the degree."""
    return max(abs(c) for c in p) // abs(p[-1]) + 2 + len(p)


def _crossing(p: Coefficients, start: int, end: int, rises: bool) -> Interval | None:
    """Where p is at most 0, of integers between which it rises, or falls."""
    at_start, at_end = value(p, start) <= 0, value(p, end) <= 0
    if at_start == at_end:
        return (start, end) if at_start else None
    inside, outside = (start, end) if rises else (end, start)
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if value(p, middle) <= 0:
            inside = middle
        else:
            outside = middle
    return (start, inside) if rises else (inside, end)


def _add(found: list[Interval], interval: Interval) -> None:
    """Put an interval behind the others; one that it touches becomes longer."""
    if found and found[-1][1] is not None and interval[0] <= found[-1][1] + 1:
        found[-1] = found[-1][0], interval[1]
    else:
        found.append(interval)
