"""Polynomials on the integers: signs and extremes against plain evaluation, roots against SymPy."""

from __future__ import annotations

import itertools
import random

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from costmodel.solving.integers import at_most_zero, runs, times, value
from costmodel.solving.rational import Quotient
from costmodel.solving.roots import crossings

FAR = 400
POLYNOMIALS = st.one_of(
    st.lists(st.integers(-60, 60), min_size=1, max_size=6),
    # with many integer roots, which random coefficients hardly have
    st.lists(st.integers(-4, 15), min_size=1, max_size=5).map(
        lambda roots: _product([-root, 1] for root in roots)
    ),
).map(lambda p: _trimmed(p))


def _trimmed(p):
    while p and not p[-1]:
        p = p[:-1]
    return p


def _product(factors):
    result = [1]
    for factor in factors:
        result = times(result, factor)
    return result


def inside(intervals, low, high):
    end = FAR if high is None else high
    return {x for a, b in intervals for x in range(a, (end if b is None else min(b, end)) + 1)}


@given(POLYNOMIALS, st.integers(-5, 9), st.one_of(st.none(), st.integers(0, 40)))
def test_where_a_polynomial_is_at_most_zero(p, low, more):
    high = None if more is None else low + more
    found = at_most_zero(p, low, high)
    end = FAR if high is None else high
    assert inside(found, low, high) == {x for x in range(low, end + 1) if value(p, x) <= 0}
    for (_, last), (first, _) in itertools.pairwise(found):
        assert last + 1 < first, "neighbours are one interval"


@given(POLYNOMIALS.filter(lambda p: len(p) > 1), st.integers(0, 9), st.integers(1, 60))
def test_between_two_turns_it_only_rises_or_falls(p, low, more):
    covered = set()
    for start, end, rises in runs(p, low, low + more):
        values = [value(p, x) for x in range(start, end + 1)]
        assert values == sorted(values, reverse=not rises)
        covered |= set(range(start, end + 1))
    assert covered == set(range(low, low + more + 1))


def test_it_is_exact_at_sizes_that_floats_do_not_have():
    edge = 10**40 + 12345
    assert at_most_zero([-edge, 1], 1, None) == [(1, edge)]
    assert at_most_zero([-edge * edge, 0, 1], 1, None) == [(1, edge)]
    assert at_most_zero([-edge * edge + 1, 0, 1], 1, None) == [(1, edge - 1)]


@given(
    POLYNOMIALS,
    POLYNOMIALS.filter(bool),
    st.integers(1, 9),
    st.one_of(st.none(), st.integers(0, 40)),
    st.integers(1, 5),
)
def test_the_range_of_a_quotient_holds_every_value_and_its_floor(p, q, low, more, bottom):
    quotient = Quotient(p, q)
    high = None if more is None else low + more
    values = [
        quotient.at(x) for x in range(low, (FAR if high is None else high) + 1) if value(q, x)
    ]
    if not values:
        return
    least, most = quotient.range(low, high)
    assert least <= min(values)
    assert max(values) <= most
    least, most = quotient.floors(bottom, low, high)
    assert least <= min(values) // bottom
    assert max(values) // bottom <= most
    known = {x for x in range(low, FAR) if value(q, x) and quotient.at(x) <= 0}
    found = inside(quotient.at_most_zero(low, high), low, high)
    assert found == {x for x in known if high is None or x <= high} | {x for x in found if x >= FAR}


def test_a_floor_stays_below_a_limit_that_is_never_reached():
    """(2x − 1)/x goes to 2 from below: its floor is 1 for ever."""
    assert Quotient([-1, 2], [0, 1]).floors(1, 10, None) == (1, 1)
    assert Quotient([1, 2], [0, 1]).floors(1, 10, None) == (2, 2)


@pytest.mark.parametrize("seed", range(4))
def test_crossings_are_the_roots_that_sympy_finds(seed):
    some, x = random.Random(seed), sympy.Symbol("x")
    for _ in range(40):
        p = [some.randint(-300, 300) for _ in range(some.randint(1, 3))] + [some.randint(1, 40)]
        exact = [r for r in sympy.real_roots(sympy.Poly(p[::-1], x)) if r > 0]
        units = [int(sympy.ceiling(r)) for r in exact]
        alone = [
            r
            for r, unit in zip(exact, units, strict=True)
            if sum(abs(unit - other) <= 1 for other in units) == 1
        ]
        found = crossings(p)
        for root in alone:
            (same,) = [r for r in found if abs(r.value - float(root)) < 1e-9]
            assert same.sympy == root
            assert (same.exact is not None) is root.is_Rational


def test_roots_as_text():
    (half,) = crossings([-1152, 137])
    assert half.text == "1152/137 ≈ 8.409"
    assert crossings([-1024, 1])[0].text == "1,024"
    assert crossings([-2, 0, 1])[0].text == "1.414 (rounded)"
    assert crossings([0, 5, -5])[0].sympy == 1, "0 is no positive root, and hides none"
    assert crossings([9, -6, 1]) == [], "it touches 0 and does not cross it"
