"""Numbers for people: digits exact, prefixes right at their borders, texts that sort as numbers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.core.readable import (
    exact,
    in_text,
    percent,
    ratio,
    ratio_in_words,
    shape_text,
    si,
    sortable,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (231211008, "231,211,008"), (10**24 + 1, f"{10**24 + 1:,}")],
)
def test_exact_groups_digits_and_keeps_all_of_them(value, text):
    assert exact(value) == text


def test_a_fraction_is_a_decimal():
    assert exact(Fraction(5, 2)) == "2.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 MAC"),
        (999, "999 MAC"),
        (1000, "1.000 k MAC"),
        (27496448, "27.50 M MAC"),
        (231211008, "231.2 M MAC"),
        (999_949, "999.9 k MAC"),
        (999_950, "1.000 M MAC"),  # rounding up carries into the next prefix
        (2_569_000_000, "2.569 G MAC"),
        (-1500, "-1.500 k MAC"),
        (10**33, "1000 Q MAC"),
        (9999 * 10**30, "9999 Q MAC"),
        (1_046_529 * 10**30, "1.047·10³⁶ MAC"),
        (-(10**40), "-1.000·10⁴⁰ MAC"),
        (2**900, "8.453·10²⁷⁰ MAC"),
    ],
)
def test_si_has_four_digits(value, text):
    assert si(value, "MAC") == text


def test_si_without_a_unit():
    assert si(1234) == "1.234 k"
    assert si(12) == "12"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.115, "×0.1150 (8.7× fewer)"),
        (1.25, "×1.25 (1.25× more)"),
        (1.0, "×1 (the same)"),
        (0.0, "×0 (none)"),
        (None, "–"),
        (2e-6, "×0.000002000 (500,000× fewer)"),
        (0.9983, "×0.9983 (0.17 % fewer)"),
        (0.999996, "×1.0000 (less than 0.01 % fewer)"),
        (1.04, "×1.04 (4 % more)"),
        (7812.6, "×7813 (7,810× more)"),
        (1 / 7812.6, "×0.0001280 (7,810× fewer)"),
        (9999.6, "×10,000 (10,000× more)"),
        (999.96, "×1000 (1,000× more)"),
        (1_234_567.0, "×1,235,000 (1,230,000× more)"),
        (4.5e12, "×4.500 T (4.500 T× more)"),
    ],
)
def test_ratio_in_words(value, text):
    assert ratio_in_words(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.127, "12.7 %"),
        (1, "100 %"),
        (0, "0 %"),
        (0.0004, "0.04 %"),
        (1e-9, "less than 0.01 %"),
        (0.99999, "more than 99.99 %"),
        (0.9997, "99.97 %"),
        (Fraction(1, 3), "33.3 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, text):
    assert percent(share) == text


def test_no_ratio_is_a_dash():
    assert ratio(None) == "–"


@given(st.lists(st.integers(min_value=0, max_value=10**30), min_size=2))
def test_sorting_the_texts_sorts_the_numbers(values):
    texts = sortable(values)
    assert [text.strip() for text in texts] == [exact(value) for value in values]
    assert [v for _, v in sorted(zip(texts, values, strict=True))] == sorted(values)


def test_shapes_are_read_with_crosses_between():
    assert shape_text((56, 48)) == "56×48"
    assert shape_text(map(exact, (1024, 8))) == "1,024×8"
    assert shape_text((7,)) == "7"


@given(st.floats(min_value=1e-12, max_value=1e12))
def test_a_ratio_has_no_exponent_and_means_what_it_says(value):
    text = ratio_in_words(value)
    assert "e+" not in text
    assert "e-" not in text
    assert not text.endswith("(1× fewer)")
    if 1e-9 < value < 1e9:
        number = float(ratio(value).removeprefix("×").replace(",", ""))
        assert number == pytest.approx(value, rel=1e-3, abs=5e-5 if value >= 1e-3 else 0)


def test_labels_within_a_sentence():
    assert (in_text("MACs"), in_text("Parameters")) == ("MACs", "parameters")
