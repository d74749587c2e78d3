"""One protocol for ints, fractions, arrays, SymPy expressions and polynomials."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from costmodel.core.numbers import (
    as_integer,
    ceil_div,
    common_divisor,
    differ,
    equal,
    exact_div,
    floor_div,
    holds,
    is_array,
    is_exact,
    is_symbolic,
    largest,
    plain,
    product,
    share,
    smallest,
    unevaluated,
)
from costmodel.core.polynomial import symbol
from costmodel.errors import CostModelError

LETTERS = sympy.symbols("a b", integer=True, positive=True)
A, B = symbol("a"), symbol("b")

#: Every function of two numbers, and what it is of ints.
FUNCTIONS = [
    (floor_div, lambda a, b: a // b),
    (ceil_div, lambda a, b: -(-a // b)),
    (share, Fraction),
    (smallest, min),
    (largest, max),
    (common_divisor, math.gcd),
    (lambda *values: product(values), operator.mul),
    (lambda *values: sum(values), operator.add),
]
PAIRS = [(7, 3), (3, 7), (12, 4), (5, 5), (1, 9)]


@pytest.mark.parametrize(("function", "rule"), FUNCTIONS)
def test_every_kind_gives_the_same_numbers(function, rule):
    of_arrays = function(*np.array(PAIRS).T)
    of_symbols, of_polynomials = function(*LETTERS), function(A, B)
    for index, (a, b) in enumerate(PAIRS):
        expected = rule(a, b)
        assert function(a, b) == expected
        assert of_arrays[index] == expected
        at = dict(zip(LETTERS, map(sympy.Integer, (a, b)), strict=True))
        assert sympy.sympify(of_symbols).xreplace(at) == expected
        assert of_polynomials.subs(a=a, b=b) == expected
        for mixed in (function(A, b), function(a, B)):  # an int where the other does not matter
            assert (mixed.subs(a=a, b=b) if is_symbolic(mixed) else mixed) == expected


@given(st.integers(-99, 99), st.integers(1, 20))
def test_rounding_of_negative_numbers_and_fractions(a, b):
    assert ceil_div(a, b) == math.ceil(Fraction(a, b))
    assert ceil_div(a, -b) == math.ceil(Fraction(a, -b))
    assert ceil_div(Fraction(a, 3), b) == math.ceil(Fraction(a, 3 * b))
    ratio = symbol("r", integer=False)
    assert ceil_div(ratio + a, b).subs(r=Fraction(1, 3)) == math.ceil((Fraction(1, 3) + a) / b)


def test_a_number_is_of_one_kind():
    kinds = {
        is_exact: [3, True, Fraction(1, 2), 10**40],
        is_array: [np.arange(3), np.array(4), np.int64(5)],
        is_symbolic: [LETTERS[0], LETTERS[0] + 1, sympy.Integer(3), A, A / B],
    }
    for kind, values in kinds.items():
        for value in values:
            assert [test(value) for test in kinds] == [test is kind for test in kinds], value


def test_an_exact_quotient_is_no_rounded_number():
    assert exact_div(12, 4) == 3
    assert exact_div(3, Fraction(1, 2)) == 6
    assert exact_div(Fraction(3, 2), 3) == Fraction(1, 2)
    assert list(exact_div(np.array([4, 6]), 2)) == [2, 3]
    with pytest.raises(CostModelError, match="7 is not divisible by 2"):
        exact_div(7, 2)
    with pytest.raises(CostModelError, match="not every one of"):
        exact_div(np.array([4, 5]), 2)
    for divide in (exact_div, floor_div, ceil_div):
        for value in (7, np.array([4, 5]), *LETTERS, A):
            with pytest.raises(CostModelError, match="is divided by 0"):
                divide(value, 0)


def test_a_share_is_an_int_or_a_fraction():
    assert share(6, 4) == Fraction(3, 2)
    assert type(share(6, 3)) is int
    assert list(share(np.array([6, 7]), 3)) == [2, Fraction(7, 3)]
    assert share(10**40 + 1, 10) * 10 == 10**40 + 1


def test_what_is_known_of_comparisons():
    assert holds(3 < 4)
    assert holds(np.array([1, 5]) > 4)  # in any cell
    assert holds(LETTERS[0] > 0)
    assert holds(A > 0)
    for unknown in (LETTERS[0] > 1, A > 1, A < 7, 3 > 4):
        assert not holds(unknown)
    assert equal(3, Fraction(3))
    assert not any(equal(value, 3) for value in (4, np.array(3), LETTERS[0], A))
    assert differ(3, 4)
    assert differ(np.array([3, 4]), 3)
    assert not any(differ(value, 3) for value in (3, *LETTERS, A))
    with pytest.raises(CostModelError, match="depends on symbols"):
        bool(A > 1)


def test_extremes_leave_out_what_is_beaten():
    assert smallest(A, 1) == 1
    assert largest(A, A + B, B) == A + B
    assert str(largest(A, 3, 5)) == "max(a, 5)"
    assert smallest(B, A, A) == smallest(A, B)


def test_the_numbers_of_sympy_are_plain():
    assert type(plain(sympy.Integer(3))) is int
    assert plain(sympy.Rational(3, 2)) == Fraction(3, 2)
    assert type(plain(Fraction(4, 2))) is int
    for value in (LETTERS[0], A, sympy.sqrt(2), sympy.Float(0.5), 2.5):
        assert plain(value) is value


def test_a_function_of_symbols_waits_for_all_of_them():
    def steps(a, b):
        if is_symbolic(a) or is_symbolic(b):
            return unevaluated("steps", steps, a, b)
        return len(range(0, a, b))

    for made in (steps(*LETTERS).subs(LETTERS[0], 7), steps(A, B).subs(a=7)):
        assert is_symbolic(made)
        assert str(made) == "steps(7, b)"
    at = dict(zip(LETTERS, (7, 2), strict=True))
    assert steps(A, B).subs(a=7, b=2) == steps(*LETTERS).subs(at) == 4
    closed = unevaluated("steps", steps, *LETTERS, closed=lambda a, b: ceil_div(a, b))
    assert closed.subs(at) == 4
    assert closed.doit() == sympy.ceiling(LETTERS[0] / LETTERS[1])
    assert closed.is_integer
    assert closed.is_positive is None
    assert unevaluated("steps", steps, *LETTERS, positive=True).is_positive


@pytest.mark.parametrize(
    "value", [0, -1, True, 2.0, "3", None, np.array([1, 0]), np.array([1.5]), sympy.Rational(1, 2)]
)
def test_what_is_no_size_is_one_sentence(value):
    with pytest.raises(CostModelError, match=r"^side (is|holds) .* integers from 1 up$"):
        as_integer(value, "side", 1, CostModelError)


def test_sizes_stay_what_they_are():
    for value in (7, *LETTERS, A):
        assert as_integer(value, "side", 1, CostModelError) is value
    assert type(as_integer(sympy.Integer(3), "side", 1, CostModelError)) is int


@pytest.mark.parametrize("kind", ["int8", "int32", "uint16", "int64", "uint64", object])
def test_arrays_of_sizes_are_widened(kind):
    """Products of sizes leave the range of every machine word, and would wrap without a word."""
    widened = as_integer(np.array([2, 3], dtype=kind), "side", 1, CostModelError)
    assert widened.tolist() == [2, 3]
    assert {type(cell) for cell in widened} == {int}


def test_an_array_that_divides_by_zero_is_refused():
    with pytest.raises(CostModelError, match="divided by 0"):
        exact_div(np.array([6, 4]), np.array([3, 0]))


def test_a_maximum_that_was_found_before_is_not_looked_for_again(monkeypatch):
    sympy = pytest.importorskip("sympy")
    a, b = sympy.symbols("a_asked b_asked", integer=True, positive=True)
    first = largest(a * b, a + b)
    smaller = smallest(a * b, a + b)
    monkeypatch.setattr(sympy, "Max", None)
    assert largest(a * b, a + b) == first != smaller
    monkeypatch.undo()
    assert first.subs({a: 3, b: 5}) == 15
    assert smaller.subs({a: 3, b: 5}) == 8
    # equal numbers of two kinds are not taken for each other
    assert largest(a - a, 2).is_Integer
    assert largest(a - a, 2.0).is_Float
