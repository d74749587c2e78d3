"""Sets of integers: spans against plain sets."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from costmodel.solving.spans import Between, Span, joined, multiples

FAR = 200


@st.composite
def spans(draw):
    first, step = draw(st.integers(0, 20)), draw(st.integers(1, 7))
    steps = draw(st.one_of(st.none(), st.integers(0, 12)))
    return Span(first, None if steps is None else first + step * steps, step)


def members(span):
    end = FAR if span.last is None else span.last
    return set(range(span.first, min(end, FAR) + 1, span.step))


@given(spans(), st.integers(1, 12))
def test_multiples(span, of):
    found = multiples(span, of)
    assert (members(found) if found else set()) == {x for x in members(span) if x % of == 0}


@given(spans(), st.integers(-5, 40), st.one_of(st.none(), st.integers(0, 60)))
def test_within(span, low, high):
    found = span.within(low, high)
    wanted = {x for x in members(span) if x >= low and (high is None or x <= high)}
    assert (members(found) if found else set()) == wanted


@given(spans(), st.integers(-3, 60))
def test_membership(span, x):
    assert (x in span) is (x in members(span))


@given(st.sets(st.integers(1, 60)))
def test_joined_spans_are_the_same_integers_in_order(values):
    found = joined(Span(x, x) for x in values)
    assert [x for span in found for x in span] == sorted(values)
    assert all(a.last < b.first for a, b in itertools.pairwise(found))


def test_what_is_evenly_spaced_is_said_once():
    assert joined([Span(8, 8), Span(16, 16), Span(24, 24), Span(25, 25)]) == (
        Span(8, 8),
        Span(16, 16),
        Span(24, 25),
    )
    assert joined(Span(x, x) for x in (4, 8, 12, 40)) == (Span(4, 12, 4), Span(40, 40))
    assert list(map(str, (Span(1, 9), Span(3, None), Span(4, 64, 4), Span(7, 7)))) == [
        "1 to 9",
        "3 up",
        "4, 8, …, 64",
        "7",
    ]


def test_open_and_closed_ends():
    half = Between(Fraction(1, 2), Fraction(1), open_last=True)
    assert Fraction(1, 2) in half
    assert 0.75 in half
    assert 1 not in half
    assert "1/2" not in half
    assert str(half) == "from 1/2 to below 1"
