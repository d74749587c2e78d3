"""Printers: textbook order, readable back, safe LaTeX, the same in every run."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Max, Min, Rational, ceiling, floor, sqrt

import costmodel as cm
from costmodel.core.numbers import common_divisor
from costmodel.formulas.algebra import display, expanded, factored
from costmodel.formulas.formula import formula, ratio
from costmodel.formulas.letters import symbol
from costmodel.formulas.printing.printers import fence, latex, python, text
from costmodel.metrics.metric import METRICS
from tests.formulas.reading import balanced, unsafe_commands, value_of
from tests.formulas.sampling import CATALOGUE

k, m, n, h, w, b, e, g, q, r, s, H = map(symbol, "kmnhwbegqrsH")
r1, r2, alpha = symbol("r1"), symbol("r2"), symbol("alpha", real=True)

EXAMPLES: list[tuple[Any, str, str, str]] = [
    (h * k**2 * m * n * w, "k^2·m·n·h·w", "k^{2} m n h w", "k**2*m*n*h*w"),
    (
        b * m * h * w * (n + k**2),
        "(k^2 + n)·b·m·h·w",
        r"\left(k^{2} + n\right) b m h w",
        "(k**2 + n)*b*m*h*w",
    ),
    (m * n * k**2 / g, "k^2·m·n/g", r"\frac{k^{2} m n}{g}", "k**2*m*n//g"),
    (4 * m * (k**2 + n), "4·(k^2 + n)·m", r"4 \left(k^{2} + n\right) m", "4*(k**2 + n)*m"),
    (Rational(3, 4) * n, "3·n/4", r"\frac{3 n}{4}", "3*n//4"),
    (n - 1, "n - 1", "n - 1", "n - 1"),
    (1 - alpha, "1 - alpha", r"1 - \alpha", "1 - alpha"),
    (-n, "-n", "-n", "-n"),
    (ceiling(n / q) * m, "m·⌈n/q⌉", r"m \left\lceil \frac{n}{q} \right\rceil", "m*(-(-n//q))"),
    (
        (floor((H - 1) / s) + 1) * m,
        "m·(⌊(H - 1)/s⌋ + 1)",
        r"m \left(\left\lfloor \frac{H - 1}{s} \right\rfloor + 1\right)",
        "m*(((H - 1)//s) + 1)",
    ),
    (ceiling(h / 2) ** 2, "⌈h/2⌉^2", r"\left\lceil \frac{h}{2} \right\rceil^{2}", "(-(-h//2))**2"),
    ((e + k - 1) ** 2 * n, "(k + e - 1)^2·n", r"\left(k + e - 1\right)^{2} n", "(k + e - 1)**2*n"),
    (
        k**2 * r1 * r2 + m * r1 + n * r2,
        "k^2·r1·r2 + r1·m + r2·n",
        "k^{2} r_{1} r_{2} + r_{1} m + r_{2} n",
        "k**2*r1*r2 + r1*m + r2*n",
    ),
    (Max(m, n) * h, "max(m, n)·h", r"\max\left(m, n\right) h", "max(m, n)*h"),
    (Min(m, 8), "min(m, 8)", r"\min\left(m, 8\right)", "min(m, 8)"),
    (
        common_divisor(m, 8) * n,
        "gcd(m, 8)·n",
        r"\gcd\left(m, 8\right) n",
        "math.gcd(m, 8)*n",
    ),
    (sympy.Integer(1), "1", "1", "1"),
    (Rational(1, 3), "1/3", r"\frac{1}{3}", "1//3"),
]


@pytest.mark.parametrize(
    ("expr", "as_text", "as_latex", "as_python"), EXAMPLES, ids=[row[1] for row in EXAMPLES]
)
def test_textbook_order(expr: Any, as_text: str, as_latex: str, as_python: str) -> None:
    assert text(expr) == as_text
    assert latex(expr) == as_latex
    assert python(expr) == as_python


REALS: list[tuple[Any, str, str, str]] = [
    (b / n + b / k**2, "b/n + b/k^2", r"\frac{b}{n} + \frac{b}{k^{2}}", "b/n + b/k**2"),
    (1 / n + 1 / k**2, "1/n + 1/k^2", r"\frac{1}{n} + \frac{1}{k^{2}}", "1/n + 1/k**2"),
    (
        k**2 * n / (k**2 + n),
        "k^2·n/(k^2 + n)",
        r"\frac{k^{2} n}{k^{2} + n}",
        "k**2*n/(k**2 + n)",
    ),
    (r / (k * m), "r/(k·m)", r"\frac{r}{k m}", "r/(k*m)"),
    (k * sqrt(m), "k·√m", r"k \sqrt{m}", "k*(m)**0.5"),
    (sqrt(m * n + 1) / sqrt(k), "√((m·n + 1)/k)", r"\sqrt{\frac{m n + 1}{k}}", ""),
    (
        (n - 1) / (k * (m + 1)),
        "(n - 1)/((m + 1)·k)",
        r"\frac{n - 1}{\left(m + 1\right) k}",
        "(n - 1)/((m + 1)*k)",
    ),
]


@pytest.mark.parametrize(
    ("expr", "as_text", "as_latex", "as_python"), REALS, ids=[row[1] for row in REALS]
)
def test_fractions(expr: Any, as_text: str, as_latex: str, as_python: str) -> None:
    assert text(expr) == as_text
    assert latex(expr) == as_latex
    if as_python:
        assert python(expr, integer=False) == as_python


def test_a_block_of_markdown() -> None:
    assert fence(latex(k**2 * m)) == "```math\nk^{2} m\n```\n"


def test_the_display_form_draws_out_what_is_shared() -> None:
    assert text(factored(b * k**2 * m * h * w + b * m * n * h * w)) == "(k^2 + n)·b·m·h·w"
    assert text(factored(k**2 * m * r + n * r)) == "(k^2·m + n)·r"
    assert text(factored((m + n) * k + (m + n) * k * r)) in (
        "(r + 1)·(m + n)·k",
        "(m + n)·(r + 1)·k",
    )
    assert text(factored(m * k**2 + m * n + n**2 + n * k**2)) == "(k^2 + n)·(m + n)"
    assert factored(m + n) == m + n
    assert factored((e + k - 1) ** 2 * n) == (e + k - 1) ** 2 * n


def test_quotients_as_separate_fractions() -> None:
    assert expanded((k**2 + n) * b / (k**2 * n)) == b / n + b / k**2
    assert expanded(m / (m + n)) == m / (m + n)
    assert text(expanded((m**2 + m * n) / (m * (m - n)))) == "(m + n)/(m - n)"


def test_a_long_rounded_formula_is_shown_where_it_comes_out_even() -> None:
    exact = formula("octave", "macs")
    shown = display(exact)
    assert text(shown.expr) == "(3·alpha^2 - 6·alpha + 4)·k^2·m·n·h·w/4"
    assert shown.note == "where every rounding comes out even"
    assert display(formula("basis")) == (formula("basis"), "")
    short = formula("ghost")
    assert display(short) == (short, "")
    assert text(display(ratio("ghost"), plain=True).expr) == "1/q + d^2/(k^2·m) - d^2/(k^2·q·m)"


# -- readable back -------------------------------------------------------------------------------

LETTERS = ("k", "b", "r", "m", "n", "h")
expressions = st.recursive(
    st.sampled_from([symbol(letter) for letter in LETTERS])
    | st.integers(1, 7).map(sympy.Integer)
    | st.tuples(st.integers(1, 5), st.integers(2, 6)).map(lambda p: Rational(*p)),
    lambda inner: (
        st.tuples(inner, inner).map(lambda p: p[0] + p[1])
        | st.tuples(inner, inner).map(lambda p: p[0] * p[1])
        | st.tuples(inner, inner).map(lambda p: p[0] - p[1])
        | st.tuples(inner, inner).map(lambda p: p[0] / p[1] if p[1] != 0 else p[0])
        | inner.map(lambda x: x**2)
        | inner.map(floor)
        | inner.map(ceiling)
    ),
    max_leaves=8,
)
VALUES = {"k": 3, "b": 4, "r": 13, "m": 10, "n": 24, "h": 7}


def exactly(expr: Any) -> Fraction | None:
    """The value at VALUES by SymPy; None where that divides by zero."""
    number = expr.xreplace({symbol(name): sympy.Integer(v) for name, v in VALUES.items()})
    return Fraction(int(number.p), int(number.q)) if number.is_Rational else None


@given(expressions)
def test_text_reads_back_as_the_same_number(expr: Any) -> None:
    expected = exactly(expr)
    if expected is not None:
        assert value_of(text(expr), VALUES) == expected


@given(expressions)
def test_python_reads_back_as_the_same_number(expr: Any) -> None:
    expected = exactly(expr)
    if expected is None:
        return
    fractions = {name: Fraction(value) for name, value in VALUES.items()}
    real = python(expr, integer=False)
    assert abs(eval(real, {}, fractions) - expected) < 1e-9 * (1 + abs(float(expected)))
    if expected.denominator == 1:
        result = eval(python(expr), {}, VALUES)
        assert isinstance(result, int)
        assert result == expected


@given(expressions)
def test_the_substituted_line_reads_back_as_the_same_number(expr: Any) -> None:
    expected = exactly(expr)
    if expected is None:
        return
    values = {symbol(name): Fraction(value, 1) for name, value in VALUES.items()}
    assert value_of(text(expr, values=values)) == expected


@given(expressions)
def test_collecting_changes_nothing(expr: Any) -> None:
    expected = exactly(expr)
    if expected is None:
        return
    for form in (factored(expr), expanded(expr)):
        found = exactly(form)
        assert found is None or found == expected


@given(expressions)
def test_latex_is_balanced_and_safe(expr: Any) -> None:
    source = latex(expr)
    assert balanced(source)
    assert unsafe_commands(source) == set()


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
@pytest.mark.parametrize("notation", ["fcnn", "mobilenet", "pytorch"])
def test_every_formula_is_safe_latex_in_every_notation(variant: cm.Variant, notation: str) -> None:
    own = tuple(variant.hyper)
    for key in METRICS:
        source = latex(formula(variant, key), notation, own)
        assert balanced(source)
        assert unsafe_commands(source) == set()
        assert "$" not in source


def test_the_check_of_latex_can_fail() -> None:
    assert unsafe_commands(r"\operatorname{gcd} \frac{1}{2}") == {"operatorname"}
    assert not balanced(r"\frac{1}{2")
    assert not balanced(r"\left(a")


def test_numbers_in_latex_never_run_into_one() -> None:
    values = {k: 3, m: 64, n: 128}
    assert latex(k**2 * m * n, values=values) == r"3^{2} \cdot 64 \cdot 128"
    assert latex(alpha * m, values={alpha: Fraction(1, 4), m: 8}) == (
        r"\left(\frac{1}{4}\right) \cdot 8"
    )
    assert python(alpha * m, values={alpha: Fraction(1, 4), m: 8}, integer=False) == (
        "Fraction(1, 4)*8"
    )


def test_expressions_in_plain_symbols_are_printed_alike() -> None:
    plain = sympy.symbols("k m n h w b")
    expr = plain[5] * plain[1] * plain[3] * plain[4] * (plain[0] ** 2 + plain[2])
    assert text(expr) == "(k^2 + n)·b·m·h·w"
    assert latex(expr, "mobilenet") == r"\left(D_K^{2} + N\right) b M D_F^{2}"


def test_huge_numbers_stay_exact() -> None:
    big = 10**30
    source = python(formula("standard"))
    assert eval(source, {}, {"k": 3, "m": big, "n": big + 7, "h": 5, "w": 2}) == 90 * big * (
        big + 7
    )


@pytest.mark.slow
def test_the_order_is_the_same_in_every_run() -> None:
    code = (
        "from costmodel.formulas.rows import rows; from costmodel.formulas.tables import render;"
        "print(*(render(rows(['cp','octave','tt','fft','bottleneck']), f)"
        " for f in ('text','latex','python')))"
    )
    root = Path(cm.__file__).parent.parent
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(outputs) == 1
    assert "r1" in outputs.pop()
