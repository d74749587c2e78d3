"""Fields read untrusted text: what is not allowed is one sentence, and nothing else gets in."""

import pytest

from costmodel.errors import CostModelError
from costmodel.fields import (
    Choice,
    Flag,
    Integer,
    NamedSizes,
    OptionalInteger,
    OptionalReal,
    Several,
    Sizes,
    Text,
    Texts,
)

INTEGER = Integer("m", 64, "Channels in", low=1, high=1000)
SIZES = Sizes("padding", "same", "Padding", low=0, high=9, words=("same", "valid"))


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (INTEGER, "17", 17),
        (OptionalInteger("b", None), "", None),
        (OptionalInteger("b", None), "4", 4),
        (OptionalReal("alpha", None), "0.25", "0.25"),
        (Flag("bias"), "yes", True),
        (Choice("look", "a", options=("a", "b")), "b", "b"),
        (Several("show", (), options=("a", "b", "c")), "c,a", ("a", "c")),
        (Several("show", (), options=("a", "b", "c")), "", ()),
        (SIZES, "valid", "valid"),
        (SIZES, "1x2", "1x2"),
        (SIZES, " 3×5 ", "3×5"),
        (NamedSizes("at"), "H=320,alpha=1/2", {"H": "320", "alpha": "1/2"}),
        (Text("stages", "", most=9), "m, n ->", "m, n ->"),
        (Texts("also"), "a*=basis,b=4; b=cp;;b=cp", ("a*=basis,b=4", "b=cp")),
        (Texts("also"), "", ()),
    ],
)
def test_reads_what_it_writes(field, text, value):
    assert field.read(text) == value
    again = field.write(value)
    assert again is None or field.read(again) == value


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        (INTEGER, "0", "Channels in is '0'; allowed are integers from 1 to 1,000"),
        (INTEGER, "1001", "Channels in is '1001'; allowed are integers from 1 to 1,000"),
        (INTEGER, "1e3", "Channels in is '1e3'; allowed are integers from 1 to 1,000"),
        (INTEGER, "٣", "Channels in is '٣'; allowed are integers from 1 to 1,000"),
        (INTEGER, "9" * 5000, "allowed are integers from 1 to 1,000"),
        (OptionalInteger("b", None), "x", "allowed are integers from 1 to 1,000,000, or nothing"),
        (NamedSizes("at"), "H=", "allowed are up to 8 NAME=NUMBER"),
        (Texts("also", most=2), "a;b;c", "allowed are up to 2 texts of 200 characters with ;"),
        (Texts("also", length=3), "a;abcd", "allowed are up to 60 texts of 3 characters with ;"),
        (OptionalReal("alpha", None), "nan", "allowed are decimals from 0 to 1, or nothing"),
        (OptionalReal("alpha", None), "2", "allowed are decimals from 0 to 1, or nothing"),
        (Flag("bias"), "1", "bias is '1'; allowed are yes and no"),
        (Choice("look", "a", options=("basis", "b")), "bases", "did you mean 'basis'"),
        (Choice("over", "", options=("", "b", "m")), "x", "unknown over 'x': allowed are b, m"),
        (Several("show", (), options=("a",)), "a,z", "unknown show 'z'"),
        (SIZES, "10", "Padding is '10'; allowed are 'same', 'valid', integers from 0 to 9"),
        (SIZES, "1x2x3x4", "such as 3 or 3x5"),
        (SIZES, "__import__('os')", "such as 3 or 3x5"),
        (Text("stages", "", most=9), "m" * 10, "allowed are up to 9 characters, not 10"),
    ],
)
def test_refuses_the_rest_in_one_sentence(field, text, sentence):
    with pytest.raises(CostModelError) as refused:
        field.read(text)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300
