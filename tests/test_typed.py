"""What is written is read as the same value; what cannot be read is one sentence."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import InputError
from costmodel.typed import (
    named,
    read_amount,
    read_axes,
    read_flag,
    read_integer,
    read_names,
    read_number,
    read_padding,
    read_pair,
    read_setting,
    read_shapes,
    read_sizes,
    read_value,
    write_axes,
    write_flag,
    write_padding,
    write_pairs,
    write_shapes,
    write_sizes,
)

INTEGERS = st.integers(-(10**18) + 1, 10**18 - 1)
SIZES = st.lists(INTEGERS, min_size=1, max_size=4).map(tuple)
WORDS = st.text(st.characters(exclude_characters=",= ", categories=("L", "N", "P")), min_size=1)


@given(INTEGERS)
def test_integers(value):
    assert read_integer(str(value)) == read_value(str(value)) == value


@given(SIZES)
def test_sizes(values):
    assert read_sizes(write_sizes(values)) == values


@given(st.one_of(INTEGERS, SIZES))
def test_axes(value):
    """One number stands for all axes, so equal ones are said once."""
    again = read_axes(write_axes(value))
    same = not isinstance(value, tuple) or len(set(value)) == 1
    assert again == ((value[0] if isinstance(value, tuple) else value) if same else value)
    assert read_padding(write_padding(value)) == again


@given(st.lists(SIZES, min_size=1).map(tuple))
def test_shapes(shapes):
    assert read_shapes(write_shapes(shapes)) == shapes


@given(st.dictionaries(WORDS, WORDS, min_size=1))
def test_pairs(values):
    assert dict(map(read_pair, read_names(write_pairs(values)))) == values


@pytest.mark.parametrize("value", [True, False])
def test_flags(value):
    assert read_flag(write_flag(value)) is value


@pytest.mark.parametrize("word", ["same", "valid"])
def test_paddings_that_are_words(word):
    assert read_padding(write_padding(word)) == word


def test_other_spellings():
    assert read_sizes("3X5") == read_sizes("3×5") == (3, 5)
    assert read_shapes("1 x 3 x 8 x 8, 1x7") == ((1, 3, 8, 8), (1, 7))
    assert read_names(" a, b,") == ["a", "b"]
    assert read_setting(" b = 4 ") == ("b", 4)
    assert read_setting("alpha=1/4") == ("alpha", "1/4")


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (read_integer, "4.0", "'4.0'; allowed are integers of up to 18 digits"),
        (read_integer, "٣", "'٣'; allowed are integers of up to 18 digits"),
        (read_integer, "9" * 19, "allowed are integers of up to 18 digits"),
        (lambda text: read_integer(text, 1), "0", "'0'; allowed are integers from 1 up"),
        (lambda text: read_integer(text, 1, 9), "10", "allowed are integers from 1 to 9"),
        (read_sizes, "3x", "'3x'; allowed are integers such as 3 or 56x56"),
        (read_sizes, "", "''; allowed are integers such as 3 or 56x56"),
        (lambda text: read_sizes(text, 0), "-1", "integers from 0 up, or one per axis such as 3x5"),
        (read_axes, "3y5", "'3y5'; allowed are integers such as 3 or 56x56"),
        (read_padding, "full", "'full'; allowed are same, valid, and integers such as 1 or 1x2"),
        (read_flag, "1", "'1'; allowed are yes and no"),
        (read_names, " ,", "' ,'; allowed are names separated by commas"),
        (read_pair, "b", "'b'; allowed is NAME=VALUE, such as b=4"),
        (read_setting, "b=", "'b='; allowed is NAME=VALUE, such as b=4"),
        (read_setting, "=4", "'=4'; allowed is NAME=VALUE, such as b=4"),
        (lambda text: named("bias", read_flag, text), "1", "bias='1'; allowed are yes and no"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(read, text, sentence):
    with pytest.raises(InputError) as refused:
        read(text)
    assert str(refused.value).endswith(sentence)


@pytest.mark.parametrize(
    ("text", "number", "share"),
    [
        ("30%", Fraction(3, 10), True),
        ("12.5 %", Fraction(1, 8), True),
        ("10M", 10**7, False),
        ("2.5k", 2500, False),
        ("0.003G", 3 * 10**6, False),
        ("1000", 1000, False),
    ],
)
def test_amounts_are_exact(text, number, share):
    assert read_amount(text) == (number, share)


@pytest.mark.parametrize("text", ["", "-3", "1e9", "ten", "5m", "1_000", "٣", "9" * 30, "%"])
def test_what_is_no_amount_is_one_sentence(text):
    with pytest.raises(InputError, match="allowed are amounts such as 30%, 10M"):
        read_amount(text)


@given(st.builds(Fraction, st.integers(-(10**17), 10**17), st.integers(1, 10**17)))
def test_real_numbers_are_exact(value):
    assert read_number(str(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.25", Fraction(1, 4)), (".5", Fraction(1, 2)), ("3.", 3), ("-2e-3", Fraction(-1, 500))],
)
def test_decimals_and_exponents(text, value):
    assert read_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("1e31", "1e-99", "1e99999999", "9" * 19, "0." + "1" * 19, "1/0", "1/" + "9" * 19),
        *("", "inf", "nan", "1_0", "\u0663", "\uff11", "1 /2", "1e1.5", "0x10", "--1", "."),
    ],
)
def test_numbers_without_a_bound_or_in_other_digits_are_refused(text):
    with pytest.raises(InputError, match="allowed are numbers of up to 18 digits"):
        read_number(text)


def test_real_numbers_have_bounds():
    assert read_number("1", 0, 1) == 1
    with pytest.raises(InputError, match=r"\'1\.01\'; allowed are numbers from 0 to 1"):
        read_number("1.01", 0, 1)
