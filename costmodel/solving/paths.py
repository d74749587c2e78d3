"""Paths: a count with one letter unknown, with the values of the letter for which it is true.

The rules are run once with a symbol in place of the letter. What they take for granted on the way
(that channels divide, that a chain fits, that no branch is empty) tells for which values the result
holds; where a question may be answered otherwise, they are run again with the other answer, for the
values that give it. So the pieces together say what counting would say of every value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.core.numbers import Number, is_symbolic
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.core.questions import Divides, Fact, Listener, listened
from costmodel.errors import CostModelError
from costmodel.solving.domain import allowed, zeros
from costmodel.solving.spans import Span, joined

#: So few values are counted one by one instead.
_FEW = 64


@dataclass(frozen=True)
class Piece:
    """Values of the letter, and the counts there, with the letter as a symbol."""

    spans: tuple[Span, ...]
    counts: tuple[Number, ...]


class _Path(Listener):
    """One way through the rules: the answers given, and in order what was granted and asked.

    blocks: facts, and the question that was asked after them (None at the end).
    """

    def __init__(self, answers: dict[Polynomial, bool]) -> None:
        self.answers = dict(answers)
        self.blocks: list[tuple[list[Fact], Polynomial | None]] = []
        self.facts: list[Fact] = []
        self.binding = True

    def same(self, difference: Any) -> bool:
        """An answer given before; otherwise no, which is noted."""
        if not isinstance(difference, Polynomial):
            return bool(difference == 0)
        if difference not in self.answers:
            if not _never_zero(difference):
                self.blocks.append((self.facts, difference))
                self.facts = []
            self.answers[difference] = self.answers[-difference] = False
        return self.answers[difference]

    def granted(self, fact: Fact) -> None:
        """Note a fact that the binding needs."""
        if self.binding and fact not in self.facts:
            self.facts.append(fact)


def pieces(
    letter: str,
    spans: Sequence[Span],
    bind: Callable[[Number], Any],
    measure: Callable[[Any], tuple[Number, ...]],
) -> tuple[list[Piece], tuple[Number, ...] | None]:
    """The counts of every value of a letter that fits.

    Args:
        letter: its name.
        spans: the values to look at, from 1 up.
        bind: puts a value, or the letter's symbol, in place; `CostModelError` where it does not
            fit.
        measure: the counts of what was bound.

    Returns:
        The pieces, and the counts of the first path, where nothing is a special case; None where
        that fits no value.

    Raises:
        CostModelError: what fits has no closed form.
    """
    found: list[Piece] = []
    general: tuple[Number, ...] | None = None
    pending: list[tuple[dict[Polynomial, bool], list[Span]]] = [({}, list(spans))]
    while pending:
        answers, region = pending.pop()
        if _number(region) <= _FEW and answers:
            found += counted(region, bind, measure)
            continue
        path = _Path(answers)
        counts: tuple[Number, ...] | None = None
        with listened(path):
            try:
                bound = bind(symbol(letter))
                path.binding = False
                counts = measure(bound)
            except CostModelError:
                counts = None  # so it is for all values with these answers
        if not answers:
            general = counts
        before = dict(answers)
        for facts, asked in [*path.blocks, (path.facts, None)]:
            if asked is None and counts is None:
                break
            region = _kept(facts, region)
            if _number(region) <= _FEW:
                found += counted(region, bind, measure)
                break
            if asked is not None:
                zero, region = zeros(asked, region)
                if zero:
                    pending.append(({**before, asked: True, -asked: True}, zero))
                before |= {asked: False, -asked: False}
            else:
                assert counts is not None
                found.append(Piece(joined(region), counts))
    return found, general


def _kept(facts: Sequence[Fact], region: list[Span]) -> list[Span]:
    """The values of which all facts are true; what leaves few of them is asked first."""
    for fact in sorted(facts, key=_narrowness):
        if _number(region) <= _FEW:
            break
        region = allowed(fact, region)
    return region


def counted(
    spans: Sequence[Span],
    bind: Callable[[Number], Any],
    measure: Callable[[Any], tuple[Number, ...]],
) -> list[Piece]:
    """Pieces of one value each, by counting; values that do not fit are left out."""
    found = []
    for span in spans:
        for value in span:
            try:
                counts = measure(bind(value))
            except CostModelError:
                continue
            found.append(Piece((Span(value, value),), counts))
    return found


def _never_zero(difference: Polynomial) -> bool:
    lows = (difference.low, (-difference).low)
    return any(low is not None and low > 0 for low in lows)


def _number(spans: Sequence[Span]) -> float:
    """How many values there are."""
    return sum(float("inf") if span.steps is None else span.steps + 1 for span in spans)


def _narrowness(fact: Fact) -> int:
    """What leaves few values comes first."""
    if isinstance(fact, Divides):
        return 0 if is_symbolic(fact.divisor) and not is_symbolic(fact.value) else 2
    return 1
