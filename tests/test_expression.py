"""Expressions: values in every number type, and errors with a caret."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from costmodel.errors import CostModelError, NotationError
from costmodel.expression import parse


@pytest.mark.parametrize(
    ("text", "env", "value"),
    [
        ("b*m*(k^2+n)", {"b": 4, "m": 6, "k": 3, "n": 10}, 4 * 6 * (9 + 10)),
        ("m/g", {"m": 12, "g": 4}, 3),
        ("ceil(n/q)", {"n": 10, "q": 4}, 3),
        ("floor(n/q)", {"n": 10, "q": 4}, 2),
        ("n//q", {"n": 10, "q": 4}, 2),
        ("floor(a*m)", {"a": Fraction(1, 4), "m": 10}, 2),
        ("-m + 2*-n", {"m": 3, "n": 5}, -13),
        ("m - n - 1", {"m": 9, "n": 5}, 3),
        ("m/2/3", {"m": 12}, 2),
        ("ceil(m)", {"m": 7}, 7),
        ("10000000000^3", {}, 10**30),
    ],
)
def test_values(text, env, value):
    assert parse(text).evaluate(env) == value


def test_one_code_path_for_arrays_and_symbols():
    expr = parse("ceil(n/q)*(m+1)")
    n, q, m = sympy.symbols("n q m", integer=True, positive=True)
    symbolic = expr.evaluate({"n": n, "q": q, "m": m})
    values = np.array([5, 8, 13])
    array = expr.evaluate({"n": values, "q": 4, "m": 6})
    for value, cell in zip(values, array, strict=True):
        assert cell == expr.evaluate({"n": int(value), "q": 4, "m": 6})
        assert cell == symbolic.subs({n: int(value), q: 4, m: 6})


def test_division_that_does_not_come_out_even_is_refused():
    with pytest.raises(CostModelError, match="10 is not divisible by 4"):
        parse("m/g").evaluate({"m": 10, "g": 4})
    with pytest.raises(CostModelError, match="divisible by 4"):
        parse("m/g").evaluate({"m": np.array([8, 10]), "g": 4})


@pytest.mark.parametrize(
    ("text", "cause", "position"),
    [
        ("m +", "a number, a name or '(' is missing", 3),
        ("(m + n", "never closed", 0),
        ("m n", "an operator is missing before 'n'", 2),
        ("m $ n", "'$' does not belong", 2),
        ("m^n", "an exponent is one digit", 2),
        ("m^22", "an exponent is one digit", 2),
        ("1" * 30, "more than 18 digits", 0),
        ("(" * 40 + "m" + ")" * 40, "levels of parentheses", 30),
        ("m+" * 400 + "m", "more than 500 characters", 0),
        ("__import__('os')", "an operator is missing before '('", 10),
    ],
)
def test_errors_point_at_the_place(text, cause, position):
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert cause in str(caught.value)
    assert caught.value.position == position


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(CostModelError, match=r"unknown name 'z' in 'm\*z': allowed are m, n"):
        parse("m*z").evaluate({"m": 1, "n": 2})


def test_names_in_reading_order():
    assert list(parse("b*(k+n)/ceil(q)").names()) == ["b", "k", "n", "q"]
