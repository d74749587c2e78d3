"""Budgets as a person types them, for points of a front: short, and leading back to the point."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil

from costmodel.planning.front import Front

_DIGITS = 15  # after the point, of a percentage


def budget_text(front: Front, index: int) -> str:
    """The shortest share of the network ("49.4%") within which the plan at a point is the best.

    Shares are rounded up, so that the plan is within; where none is short enough, or the network
    has none of the first measure, it is the total itself.
    """
    total, whole = front.totals(index)[0], front.measures.totals[front.first]
    if whole:
        share = 100 * Fraction(total) / Fraction(whole)
        for digits in range(_DIGITS + 1):
            text = _percent(ceil(share * 10**digits), digits)
            if front.place(text) == index:
                return text
    return str(total)


def stops(front: Front, most: int) -> Mapping[int, str]:
    """At most so many points, spread evenly over the first measure, with their budgets as text.

    The first and the last are among them; where there are no more, they are all of the points.
    """
    if len(front) <= most:
        return {at: budget_text(front, at) for at in range(len(front))}
    costs = front.frontier.costs
    low, high = int(costs[0]), int(costs[-1])
    wanted = (low + (high - low) * step // (most - 1) for step in range(most))
    places = dict.fromkeys(map(front.frontier.within, wanted))
    return {at: budget_text(front, at) for at in places if at is not None}


def _percent(number: int, digits: int) -> str:
    """An integer of so many digits after the point, as a percentage."""
    sign, text = "-" * (number < 0), str(abs(number)).rjust(digits + 1, "0")
    after = text[len(text) - digits :].rstrip("0") if digits else ""
    return f"{sign}{text[: len(text) - digits]}{'.' * bool(after)}{after}%"
