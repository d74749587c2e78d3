"""Bounds in letters hold wherever their conditions do: compared with counting at random sizes."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sympy

import costmodel as cm
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError
from costmodel.formulas import cases
from costmodel.formulas.algebra import EVEN, has_rounding
from costmodel.formulas.break_even import break_even, break_evens
from costmodel.formulas.formula import formula
from costmodel.formulas.layers import general_layer
from costmodel.formulas.letters import hyper_symbols, symbol
from costmodel.formulas.printing.printers import text
from costmodel.formulas.signs import ANY, Sign, below_zero, sign_of
from costmodel.formulas.solution import LetterSolution
from tests.formulas.sampling import CATALOGUE

METRICS = ("macs", "bytes_moved")
FOUND = [
    pytest.param(v, metric, letter, id=f"{v.id}-{letter}-{metric}")
    for v in CATALOGUE
    for metric in METRICS
    for letter in v.hyper
]
SIZES = 40


def solved(variant: cm.Variant, letter: str, metric: str) -> LetterSolution | None:
    try:
        return break_even(variant, letter, metric)
    except CostModelError as error:
        if "does not depend on" not in str(error):
            raise
        return None


def sizes(variant: cm.Variant, some: random.Random) -> dict[Any, Any]:
    """Random sizes for every letter, those that fit: small windows, few and many channels."""
    own = hyper_symbols(variant)
    values = {symbol(name): some.choice((1, 2, 3, 5, 8, 13, 40, 64)) for name in "kmnhwdHWD"}
    for name, declared in variant.hyper.items():
        if declared.real:
            values[own[name]] = sympy.Rational(some.randint(1, 8), 8)
        else:
            high = declared.high or some.choice((4, 12, 90))
            values[own[name]] = some.randint(declared.low, max(high, declared.low))
    return values


def possible(variant: cm.Variant, values: dict[Any, Any]) -> bool:
    """Whether derived sizes are what sizes can be."""
    env = {s.name: int(v) if v == int(v) else Fraction(str(v)) for s, v in values.items()}
    env |= {"i": env["k"], "j": env["k"], "taps": env["k"] ** 2}
    for name, expr in variant.derived.items():
        try:
            env[name] = expr.evaluate(env)
        except CostModelError:
            return False
        if env[name] < 0:
            return False
    return not (variant.id == "fft" and env["u"] < 1)


def said(found: LetterSolution, values: dict[Any, Any]) -> bool:
    """Whether a solution says that a value is within the budget."""
    return any(
        bool(case.when.xreplace(values)) and bool(found.inequality(case).xreplace(values))
        for case in found.cases
    )


def disagreements(variant: cm.Variant, found: LetterSolution, metric: str, seed: int = 1) -> int:
    """At how many random sizes it says something else than the count."""
    some, wrong = random.Random(seed), 0
    cost, base = (formula(v, metric, general_layer(variant)) for v in (variant, VARIANTS.baseline))
    if has_rounding(cost):
        from costmodel.formulas.algebra import divisible

        cost = divisible(cost)  # where every rounding comes out even
    for _ in range(SIZES):
        values = sizes(variant, some)
        if not possible(variant, values):
            continue
        if (bound := found.bound) is not None:  # most sizes lie far from the bound
            near = bound.xreplace(values)
            if (
                near.is_real
                and near > 1
                and some.random() < 0.5
                and not variant.hyper.get(found.letter.name, cm.Hyper(1, "", real=True)).real
            ):
                values[found.letter] = max(
                    variant.hyper[found.letter.name].low,
                    int(sympy.ceiling(near)) + some.choice((-1, 0, 1)),
                )
                if not possible(variant, values):
                    continue
        cheaper = cost.xreplace(values) < base.xreplace(values)
        wrong += bool(cheaper) is not said(found, values)
    return wrong


@pytest.mark.parametrize(("variant", "metric", "letter"), FOUND)
def test_it_says_what_the_formula_says(variant: cm.Variant, metric: str, letter: str) -> None:
    found = solved(variant, letter, metric)
    if found is not None:
        assert disagreements(variant, found, metric) == 0


@pytest.mark.slow
def test_nearly_every_letter_has_an_answer() -> None:
    assert sum(len(break_evens(v)) for v in CATALOGUE) >= 40


@pytest.mark.parametrize("id, letter", [("basis", "b"), ("resnext", "g"), ("bottleneck", "r")])
def test_a_flipped_inequality_is_found(id: str, letter: str) -> None:
    found = break_even(id, letter)
    side = {"below": "above", "above": "below"}
    flipped = tuple(replace(case, cheaper=side[case.cheaper]) for case in found.cases)
    assert disagreements(VARIANTS[id], replace(found, cases=flipped), "macs") > 0


@pytest.mark.parametrize(
    "id, letter",
    [("resnext", "g"), ("ghost", "q"), ("winograd", "e"), ("shuffle_unit", "g")],
)
def test_a_dropped_condition_is_found(id: str, letter: str) -> None:
    found = break_even(id, letter)
    bare = tuple(replace(case, when=sympy.true) for case in found.cases if case.bounds)
    assert disagreements(VARIANTS[id], replace(found, cases=bare), "macs") > 0


@pytest.mark.parametrize("id, letter", [("basis", "b"), ("cp", "r"), ("channel_svd", "r")])
def test_an_edge_that_is_off_by_one_is_found(id: str, letter: str) -> None:
    found = break_even(id, letter)
    moved = tuple(
        replace(case, bounds=tuple(bound + 1 for bound in case.bounds)) for case in found.cases
    )
    assert disagreements(VARIANTS[id], replace(found, cases=moved), "macs") > 0


# -- what was false: bounds without their conditions -----------------------------------------------
@pytest.mark.parametrize(
    ("id", "letter", "metric", "sentence"),
    [
        ("ghost", "q", "macs", "q > 1, if d < k·√m; never otherwise"),
        ("winograd", "e", "macs", "e > 1, if k > 1; never otherwise"),
        ("shuffle_unit", "g", "macs", "g > (m + n)·r/((m·n - r)·k^2), if r < m·n; never"),
        ("resnext", "g", "macs", "if (m + n)·r < k^2·m·n; never otherwise"),
        ("resnext", "g", "bytes_moved", "if (4·h·w + m + n)·r < k^2·m·n; never otherwise"),
        ("bottleneck", "g", "bytes_moved", "if (4·h·w + m + n)·r < k^2·m·n; never otherwise"),
        ("shuffle_unit", "g", "bytes_moved", "if (k^2 + 4·h·w)·r < k^2·m·n; never otherwise"),
        ("spatial_bottleneck", "q", "macs", "if k^2 + n < k^2·s^2·n; never otherwise"),
        ("fft", "a", "macs", "if c < 2·k^2; never otherwise"),
        ("fire", "e1", "macs", "if k > 1; always, if k = 1 and (k^2·n + m)·q < k^2·m·n; never"),
    ],
)
def test_bounds_that_gained_conditions(id: str, letter: str, metric: str, sentence: str) -> None:
    assert sentence in break_even(id, letter, metric).to_text()


def test_never_and_always() -> None:
    activations = break_even("basis", "b", "activations")
    assert activations.never
    assert activations.cheaper == "never"
    assert activations.bound is None
    assert activations.to_text().endswith(": never")
    assert activations.to_latex() == r"b \in \varnothing"
    assert not break_even("basis", "b").never
    assert not break_even("basis", "b").always


def test_cases_in_latex() -> None:
    assert break_even("ghost", "q").to_latex() == (
        r"\begin{cases} q > 1 & \text{if } d < k \sqrt{m} \end{cases}"
    )
    assert break_even("basis", "b").to_latex() == r"b < \frac{k^{2} n}{k^{2} + n}"


# -- signs -----------------------------------------------------------------------------------------
def test_signs_are_those_of_all_positive_integers() -> None:
    k, m, n = map(symbol, "kmn")
    one = lambda letter: sympy.Integer(1)  # noqa: E731
    assert sign_of(k * m + 1, one) == Sign(1, 1)
    assert sign_of(k - 1, one) == Sign(0, 1)
    assert sign_of(1 - k * m * n, one) == Sign(-1, 0)
    assert sign_of(k * m - n, one) == ANY
    assert sign_of(-k / (m + n), one) == Sign(-1, -1)
    assert sign_of(sympy.sqrt(m) + k, one).low >= 0
    assert sign_of(sympy.Integer(0), one) == Sign(0, 0)
    assert text(below_zero(k**2 * m - n**2 * m)) == "k < n"
    assert text(below_zero(1 - k)) == "k > 1"


def test_a_wrong_sign_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle of the signs: where each is taken to be positive, bounds are wrong."""
    monkeypatch.setattr(cases, "sign_of", lambda expr, low: Sign(1, 1))
    excess = formula("resnext") - formula("standard")
    letter = hyper_symbols(VARIANTS["resnext"])["g"]
    low = lambda s: sympy.Integer(1)  # noqa: E731
    wrong = cases.Inequality(sympy.expand(excess), letter, low).cases()
    monkeypatch.undo()
    found = replace(break_even("resnext", "g"), cases=wrong)
    assert disagreements(VARIANTS["resnext"], found, "macs") > 0


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
        ("fire", "q", "q < k^2·m·n/(k^2·n - k^2·e1 + e1 + m)", "q < m"),
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
    if (id, letter) != ("winograd", "e"):
        assert found.when == sympy.true, "unconditional ones stay as short as they are"
    shown = None if found.limit_condition is None else text(found.limit_condition)
    assert shown == limit


def test_the_letters_of_the_layer_can_be_solved_for_too() -> None:
    found = break_even("depthwise_separable", "n")
    assert text(found.condition) == "n > k^2/(k^2 - 1)"
    assert text(found.when) == "k > 1"
    assert found.limit is None


def test_parameters_have_a_break_even_of_their_own() -> None:
    assert text(break_even("shared_basis", "b", "params").condition) == "b < k^2·m·n/(k^2 + m·n)"


def test_any_metric_has_one() -> None:
    assert text(break_even("basis", "b", "bytes_moved").condition) == "b < k^2·n/(k^2 + 2·h·w + n)"
    assert text(break_even("channel_svd", "r", "weight_bytes").condition) == (
        "r < k^2·m·n/(k^2·m + n)"
    )
    with pytest.raises(CostModelError, match="has no Biases"):
        break_even("basis", "b", "biases")


def test_three_dimensions() -> None:
    k, m, n = map(symbol, "kmn")
    found = break_even("cp", "r", layer=general_layer(VARIANTS["cp"], 3))
    assert found.bound == k**3 * m * n / (3 * k + m + n)


def test_roundings_are_taken_off_and_said_so() -> None:
    ghost = break_even("ghost", "q")
    assert ghost.note == EVEN
    assert "Mod(n, q)" in str(ghost.conditions)
    assert break_even("basis", "b").note == ""
    assert break_even("basis", "b").conditions == sympy.true


def test_a_tile_is_larger_than_the_window() -> None:
    """The other root lies below the window's side, where there is no tile."""
    found = break_even("fft", "a")
    bound = found.bound.xreplace({symbol("k"): 3, symbol("c"): 4})
    assert found.cheaper == "above"
    assert 4 < bound.evalf() < 5


@pytest.mark.parametrize(
    ("id", "letter", "sentence"),
    [
        ("basis", "q", "unknown letter of basis 'q'.*allowed are b, k, n"),
        ("dilated", "d", "dilated: macs does not depend on d; allowed are letters"),
        ("standard", "k", "unknown letter of standard 'k'.*allowed are none"),
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
        with pytest.raises(CostModelError, match=r"degree 3 in b.*a layer of numbers has"):
            break_even(same, "b")
        layer = cm.ConvLayer(3, 64, 128, (56, 56))
        assert cm.break_even(same, "b", layer=layer).largest == 4, "64·(9·64 + 128) is less"
    finally:
        VARIANTS.remove("cubic")


# -- other budgets ---------------------------------------------------------------------------------
def test_budgets_in_letters() -> None:
    share = cm.solve("basis", "b", at_most={"macs": "30%"})
    assert str(share.condition) == "b <= 3*k**2*n/(10*k**2 + 10*n)"
    assert share.relation == "≤"
    amount = cm.solve("basis", "b", at_most={"params": "10k"})
    assert str(amount.bound) == "10000/(m*(k**2 + n))"
    both = cm.solve("tucker2", ("r1", "r2"), same_as=("basis", {"b": 4}), metric="params")
    values = {"k": 3, "m": 64, "n": 128}
    assert sympy.floor(both.bound.subs(values)) == 52
    assert "for r1 = r2" in both.to_text()
    than = cm.break_even("cp", "r", than="basis")
    assert str(than.bound) == "b*m*(k**2 + n)/(2*k + m + n)"
    with pytest.raises(CostModelError, match="r is a letter of cp and of channel_svd; allowed is"):
        cm.break_even("cp", "r", than="channel_svd")
    with pytest.raises(CostModelError, match="multiples of 8 in letters"):
        cm.solve("basis", "b", at_most={"macs": "30%"}, multiple_of=8)


def test_a_row_for_each_case() -> None:
    rows = break_even("fire", "e1").to_table().rows
    assert [row["cheaper"] for row in rows] == ["above", "always"]
    assert rows[0]["conditions"] == "k > 1"
    assert break_even("basis", "b", "activations").to_table().rows[0]["cheaper"] == "never"
