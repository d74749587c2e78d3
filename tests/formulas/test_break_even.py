"""Break-even: equal cost at the bound, cheaper on the side that is named, and the limit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy

import costmodel as cm
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import EVEN, divisible, is_zero
from costmodel.formulas.break_even import BreakEven, break_even, break_evens
from costmodel.formulas.formula import ratio
from costmodel.formulas.layers import general_layer
from costmodel.formulas.letters import symbol
from costmodel.formulas.printing.printers import text
from tests.formulas.sampling import CATALOGUE

FOUND = [(v, b) for v in CATALOGUE for b in break_evens(v)]


def cases(pairs: list[tuple[cm.Variant, BreakEven]]) -> list[Any]:
    return [pytest.param(v, b, id=f"{v.id}-{b.letter}") for v, b in pairs]


ALL = cases(FOUND)
LIMITED = cases([(v, b) for v, b in FOUND if b.limit is not None])

# Sizes at which every bound of the catalogue is a positive number.
SIZES = {"k": 3, "m": 60, "n": 120, "d": 8, "h": 56, "w": 48}
OTHERS = {"g": 2, "r": 40, "r1": 20, "r2": 30, "r3": 25, "e1": 40, "L": 2, "a": 16, "c": 4}


def numbers(expr: Any, **more: Any) -> dict[Any, Any]:
    values = {**SIZES, **OTHERS, **more}
    return {s: sympy.sympify(values.get(s.name, 2)) for s in expr.free_symbols}


def test_most_hyper_parameters_have_a_break_even() -> None:
    assert len(FOUND) >= 40


@pytest.mark.parametrize(("variant", "found"), ALL)
def test_at_the_bound_both_cost_the_same(variant: cm.Variant, found: BreakEven) -> None:
    excess = divisible(ratio(variant)).xreplace({found.letter: found.bound}) - 1
    assert is_zero(sympy.numer(sympy.together(excess)))


@pytest.mark.parametrize(("variant", "found"), ALL)
def test_it_is_cheaper_on_the_side_that_is_named(variant: cm.Variant, found: BreakEven) -> None:
    share = divisible(ratio(variant))
    bound = found.bound.xreplace(numbers(found.bound))
    assert bound >= 0
    below, above = bound * Fraction(99, 100), bound * Fraction(101, 100) + Fraction(1, 100)
    cheap, dear = (below, above) if found.relation == "<" else (above, below)
    values = numbers(share)
    assert share.xreplace({**values, found.letter: sympy.sympify(cheap)}) < 1
    if bound:  # nothing is below 0
        assert share.xreplace({**values, found.letter: sympy.sympify(dear)}) > 1


@pytest.mark.parametrize(("variant", "found"), LIMITED)
def test_the_bound_goes_to_its_limit(variant: cm.Variant, found: BreakEven) -> None:
    assert found.limit is not None
    assert found.limit_in is not None
    far = {found.limit_in.name: 10**9}
    bound = found.bound.xreplace(numbers(found.bound, **far)).evalf()
    limit = found.limit.xreplace(numbers(found.limit)).evalf()
    assert found.limit_in not in found.limit.free_symbols
    assert abs(bound / limit - 1) < 1e-3


@pytest.mark.parametrize(
    ("id", "letter", "condition", "limit"),
    [
        ("basis", "b", "b < k^2·n/(k^2 + n)", "b < k^2"),
        ("decoupled", "t", "t < k^2·m/(k^2 + m)", "t < k^2"),
        ("channel_svd", "r", "r < k^2·m·n/(k^2·m + n)", "r < k^2·m"),
        ("channel_svd_in", "r", "r < k^2·m·n/(k^2·n + m)", "r < m"),
        ("spatial_svd", "r", "r < k·m·n/(m + n)", "r < k·m"),
        ("separable_basis", "r", "r < k^2·n/(2·k + n)", "r < k^2"),
        ("cp", "r", "r < k^2·m·n/(2·k + m + n)", "r < k^2·m"),
        ("tucker2", "r1", "r1 < (k^2·m - r2)·n/(k^2·r2 + m)", "r1 < k^2·n"),
        ("inverted_residual", "e", "e < k^2·n/(k^2 + m + n)", "e < k^2"),
        ("grouped", "g", "g > 1", None),
        ("structured", "T", "T < k^2", None),
        ("winograd", "e", "e > 1", None),
        ("octave", "alpha", "alpha > 0", None),
        ("ghost", "d", "d < k·√m", None),
        (
            "bottleneck",
            "r",
            "r < (√((4·k^4·m·n + (m + n)^2·g)·g) - (m + n)·g)/(2·k^2)",
            "r < k^2·m",
        ),
    ],
)
def test_textbook_bounds(id: str, letter: str, condition: str, limit: str | None) -> None:
    found = break_even(id, letter)
    assert text(found.condition) == condition
    shown = None if found.limit_condition is None else text(found.limit_condition)
    assert shown == limit


def test_the_letters_of_the_layer_can_be_solved_for_too() -> None:
    found = break_even("depthwise_separable", "n")
    assert text(found.condition) == "n > k^2/(k^2 - 1)"
    assert found.limit is None


def test_parameters_have_a_break_even_of_their_own() -> None:
    assert text(break_even("shared_basis", "b", "params").condition) == "b < k^2·m·n/(k^2 + m·n)"


def test_any_metric_has_one() -> None:
    assert text(break_even("basis", "b", "bytes_moved").condition) == "b < k^2·n/(k^2 + 2·h·w + n)"
    assert text(break_even("channel_svd", "r", "weight_bytes").condition) == (
        "r < k^2·m·n/(k^2·m + n)"
    )
    with pytest.raises(CostModelError, match="no break-even of Activations in b: its cost is nev"):
        break_even("basis", "b", "activations")
    with pytest.raises(CostModelError, match="the standard layer has no Biases"):
        break_even("basis", "b", "biases")


def test_three_dimensions() -> None:
    k, m, n = map(symbol, "kmn")
    found = break_even("cp", "r", layer=general_layer(VARIANTS["cp"], 3))
    assert found.bound == k**3 * m * n / (3 * k + m + n)


def test_roundings_are_taken_off_and_said_so() -> None:
    assert break_even("ghost", "q").note == EVEN
    assert break_even("basis", "b").note == ""


def test_of_two_bounds_the_one_next_to_the_default_is_meant() -> None:
    # the tile of an FFT must be larger than the window: the other root lies below it
    found = break_even("fft", "a")
    values = numbers(found.bound, k=3, c=4)
    assert found.relation == ">"
    assert 4 < found.bound.xreplace(values).evalf() < 5


@pytest.mark.parametrize(
    ("id", "letter", "sentence"),
    [
        ("basis", "q", "unknown letter of basis 'q'.*allowed are b, k, n"),
        ("dilated", "d", "dilated: the ratio of MACs does not depend on d"),
        ("standard", "k", "unknown letter of standard 'k'.*allowed are none"),
        ("fire", "e1", "never that of the standard layer at a value above 0"),
    ],
)
def test_why_there_is_none(id: str, letter: str, sentence: str) -> None:
    with pytest.raises(CostModelError, match=sentence) as caught:
        break_even(id, letter)
    assert "\n" not in str(caught.value)


def test_no_closed_form_is_an_error_and_no_guess() -> None:
    cubic = cm.define("cubic", "m, a b c m i j -> a b c | a b c, n a b c -> n", a=2, b=2, c=2)
    same = cm.Variant(
        "same",
        "m, p m i j -> p | p, n p -> n",
        hyper={"b": cm.Hyper(2, "bases")},
        where={"p": "b^3"},
    )
    try:
        assert break_even(cubic, "a").relation == "<"
        with pytest.raises(CostModelError, match="degree 3 in b; allowed are 1 and 2"):
            break_even(same, "b")
    finally:
        VARIANTS.remove("cubic")
