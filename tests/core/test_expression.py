"""Expressions: values in every number type, and errors with a caret."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from costmodel.core.expression import parse
from costmodel.errors import CostModelError, NotationError


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


@pytest.mark.parametrize(
    ("text", "env", "value"),
    [
        ("min(m, n)", {"m": 12, "n": 5}, 5),
        ("max(m, n, 13)", {"m": 12, "n": 5}, 13),
        ("gcd(m, 8)", {"m": 12}, 4),
        ("gcd(m, n, 4)", {"m": 12, "n": 30}, 2),
        ("max(m, n)^2*min(m, n)", {"m": 3, "n": 5}, 75),
        ("ceil(min(m, n)/gcd(m, n))", {"m": 10, "n": 15}, 2),
    ],
)
def test_functions_of_several_values(text, env, value):
    assert parse(text).evaluate(env) == value
    arrays = {name: np.array([number, 2 * number]) for name, number in env.items()}
    assert parse(text).evaluate(arrays)[0] == value
    symbols = {name: sympy.Symbol(name, integer=True, positive=True) for name in env}
    symbolic = parse(text).evaluate(symbols)
    assert symbolic.free_symbols == set(symbols.values())
    assert symbolic.subs({symbols[name]: number for name, number in env.items()}) == value


def test_a_common_divisor_of_symbols_is_that_of_the_numbers_they_become():
    m = sympy.Symbol("m", integer=True, positive=True)
    divisor = parse("gcd(m, 8)").evaluate({"m": m})
    assert [divisor.subs(m, number) for number in (3, 12, 40)] == [1, 4, 8]
    assert str(divisor) == "gcd(m, 8)"


@pytest.mark.parametrize(
    ("text", "cause", "position"),
    [
        ("max(m)", "max() needs two values or more", 0),
        ("2*gcd(m)", "gcd() needs two values or more", 2),
        ("ceil(m, n)", "',' separates the values of min, max and gcd only", 6),
        ("(m, n)", "',' separates the values of min, max and gcd only", 2),
        ("min(m, n", "never closed", 3),
        ("min(m, )", "a number, a name or '(' is missing", 7),
        ("m, n", "an operator is missing before ','", 1),
    ],
)
def test_errors_of_functions_point_at_the_place(text, cause, position):
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert cause in str(caught.value)
    assert caught.value.position == position


def test_division_by_zero_and_powers_of_powers_are_refused():
    for text in ("m/(m-3)", "m//(m-3)", "ceil(m/(m-3))", "floor(m/(m-3))"):
        with pytest.raises(CostModelError, match="3 is divided by 0"):
            parse(text).evaluate({"m": 3})
    with pytest.raises(CostModelError, match="a number of more than 900 bits"):
        parse("((((9^9)^9)^9)^9)^9").evaluate({})
