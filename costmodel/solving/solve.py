"""Solving on one layer, as it is asked for: budgets and letters as people type them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, InputError
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.solving.budget import Budget, Other, at_most, cheaper_than, same_as
from costmodel.solving.letters import read_letters
from costmodel.solving.on_layer import Question
from costmodel.solving.solution import Solution


def budgets_of(
    within: Mapping[str, object] | None, other: Other | None, metric: str
) -> tuple[Budget, ...]:
    """The budgets of a call: amounts by metric, or what another variant costs.

    Raises `InputError` for both or none of them.
    """
    if (within is None) is (other is None):
        what = "no budget" if within is None else "two budgets, at_most and same_as"
        raise InputError(f"{what}; allowed is one of at_most and same_as")
    return at_most(within) if within is not None else (same_as(metric, other or ""),)


def solve_on_layer(
    variant: Variant | str,
    letters: str | Sequence[str],
    layer: ConvLayer,
    budgets: tuple[Budget, ...],
    *,
    multiple_of: int = 1,
    settings: Settings = DEFAULTS,
    hyper: Mapping[str, Number] | None = None,
) -> Solution:
    """The values that meet some budgets.

    Raises `CostModelError` where none does, with the least that can be reached.
    """
    asked = read_letters(VARIANTS.of(variant), letters, hyper or {})
    if isinstance(multiple_of, bool) or not isinstance(multiple_of, int) or multiple_of < 1:
        raise InputError(f"multiple_of is {multiple_of!r}; allowed are integers from 1 up")
    question = Question(asked, layer, budgets, settings, multiple_of)
    solution = question.solve()
    if solution.never:
        wanted = " and ".join(map(solution.wanted, range(len(budgets))))
        least = question.least()
        raise CostModelError(
            f"{asked.variant.id}: no {asked.text} that fits the layer has {wanted}"
            + (f"; the least is {least}" if least else "")
            + "; allowed are budgets that some value meets"
        )
    return solution


def break_even_on_layer(
    variant: Variant | str,
    letters: str | Sequence[str],
    layer: ConvLayer,
    metric: str = "macs",
    than: Other | None = None,
    *,
    settings: Settings = DEFAULTS,
    hyper: Mapping[str, Number] | None = None,
) -> Solution:
    """The values at which a variant costs less than another one; None is the standard layer.

    Raises `CostModelError` where the metric does not depend on the letter, or is none.

    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> print(break_even_on_layer("basis", "b", layer).where)
    b = 1 to 8
    """
    asked = read_letters(VARIANTS.of(variant), letters, hyper or {})
    return Question(asked, layer, (cheaper_than(metric, than),), settings).solve()
