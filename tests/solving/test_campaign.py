"""A slice of the campaign: solutions against counting on random layers, and its mutants."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from benchmarks.solving import budgets, cases, certify, solved, wrong
from costmodel.solving.on_layer import Question
from costmodel.solving.solution import Solution
from costmodel.solving.spans import Between, Span

pytestmark = pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")


@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_is_wrong(seed: int) -> None:
    assert certify(seed, 250) == []


def _moved(solution: Solution, by: int) -> Solution:
    values = tuple(
        span
        if isinstance(span, Between) or span.last is None
        else Span(span.first, span.last + by * span.step, span.step)
        for span in solution.values
    )
    return replace(solution, values=values)


def _complement(solution: Solution) -> Solution:
    values = () if solution.values else (Span(1, None),)
    return replace(solution, values=values)


@pytest.mark.parametrize(
    "mutant",
    [
        lambda question: _moved(solved(question), 1),
        lambda question: _moved(solved(question), -1),
        lambda question: _complement(solved(question)),
        lambda question: solved(
            Question(
                question.asked,
                question.layer,
                tuple(replace(b, strict=not b.strict) for b in question.budgets),
            )
        ),
    ],
    ids=["an edge too far", "an edge too near", "a flipped inequality", "a strict edge dropped"],
)
def test_a_mutant_is_found(mutant: object) -> None:
    some, found = random.Random(5), 0
    for case, _ in zip(cases(21), range(12), strict=False):
        for metric in ("macs", "params"):
            found += sum(bool(wrong(case, b, mutant)) for b in budgets(case, metric, some))  # type: ignore[arg-type]
    assert found > 3
