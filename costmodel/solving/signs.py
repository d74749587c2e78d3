"""Where a count is at most 0, and how small it gets: exactly, on integers, roundings included.

Which intervals have to be looked at is found by halving: where the range of the count is on one
side of 0, or the count is a quotient of polynomials, nothing else has to be known. So a cost that
crosses its budget once is solved in a few dozen steps, however many roundings are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from costmodel.core.polynomial_text import Rational
from costmodel.errors import CostModelError
from costmodel.solving.form import Form
from costmodel.solving.integers import Interval

_MAX_INTERVALS = 100_000
_LARGEST = 1 << 200  # beyond it nothing is looked for
_FEW = 3


def at_most_zero(form: Form, low: int, high: int | None) -> list[Interval]:
    """The integers from `low` to `high` at which a count is at most 0, as intervals in order.

    Raises `CostModelError` where it crosses 0 so often that no list of intervals is an answer.
    """
    if form.whole is not None:
        return form.whole.at_most_zero(low, high)
    found: list[Interval] = []
    for piece in _pieces(form, low, high):
        if found and found[-1][1] is not None and piece[0] == found[-1][1] + 1:
            found[-1] = found[-1][0], piece[1]
        else:
            found.append(piece)
    return found


def _pieces(form: Form, low: int, high: int | None) -> Iterator[Interval]:
    """Intervals at which it is at most 0, from left to right."""
    pending: list[Interval] = [(low, high)]
    for _ in range(_MAX_INTERVALS):
        if not pending:
            return
        start, end = pending.pop()
        if end is not None and end - start < _FEW:
            yield from ((x, x) for x in range(start, end + 1) if form.at(x) <= 0)
            continue
        (least, most), quotient = form.on(start, end)
        if most <= 0:
            yield start, end
        elif least > 0:
            continue
        elif quotient is not None:
            yield from quotient.at_most_zero(start, end)
        elif end is None and (inside := _to_the_end(form, start)) is not None:
            if inside:
                yield start, None
        elif start > _LARGEST:
            break
        else:
            middle = _middle(start, end)
            pending += [(middle + 1, end), (start, middle)]
    raise CostModelError(
        "a cost that crosses its budget too often to be listed, or beyond every size; allowed are "
        "other budgets or metrics"
    )


def _to_the_end(form: Form, start: int) -> bool | None:
    """Whether it is at most 0 from here on, for every remainder of the letter; None: not yet."""
    answers = set()
    parts = form.by_remainder
    if start < len(parts):
        return None
    for rest, part in enumerate(parts):
        (least, most), _ = part.on(-((rest - start) // len(parts)), None)
        if least <= 0 < most:
            return None
        answers.add(most <= 0)
    return answers.pop() if len(answers) == 1 else None


def least(form: Form, intervals: Iterable[Interval]) -> tuple[Rational, int] | None:
    """The least value, and the first integer with it; None where none is found.

    So it is where a value is approached without end, or the count turns too often.
    """
    best: tuple[Rational, int] | None = None
    pending = list(reversed(list(intervals)))
    for _ in range(_MAX_INTERVALS):
        if not pending:
            return best
        start, end = pending.pop()
        if start > _LARGEST:
            return None
        value = form.at(start)
        if best is None or value < best[0]:
            best = value, start
        (low, _), quotient = form.on(start, end)
        if start == end or low >= best[0]:
            continue
        if quotient is not None and end is not None:
            found = min((quotient.at(x), x) for x in quotient.turns(start, end))
            best = min(best, found)
            continue
        middle = _middle(start, end)
        pending += [(middle + 1, end), (start, middle)] if middle < (end or middle + 1) else []
    return None


def _middle(start: int, end: int | None) -> int:
    return 2 * max(start, 8) if end is None else (start + end) // 2
