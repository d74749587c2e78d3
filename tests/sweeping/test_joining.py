"""Numbers of somebody's own beside the rows of a sweep."""

import random

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.sweeping.joining import front_of, joined

LAYER = cm.ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
FOUND = cm.sweep(
    "basis,cp,octave", LAYER, {"b": "1:6", "r": "3,8", "n": "12,36", "alpha": "1/4,.5"}
)


def test_rows_are_those_of_the_table_with_its_numbers():
    text = "variant,b,r,alpha,out_channels,size,error\nbasis,3,,,12,17x14,0.5\ncp,,8,,36,17x14,\n"
    text += "octave,,,0.25,36,17x14,2e-1\nbasis,99,,,12,17x14,7\n"
    table = joined(FOUND, text)
    rows = [(r["variant"], r.get("b"), r.get("r"), r["macs"], r.get("error")) for r in table.rows]
    narrow = LAYER.replace(out_channels=12)
    assert rows == [
        ("basis", 3, None, cm.count("basis", narrow, b=3).macs, 0.5),
        ("cp", None, 8, cm.count("cp", LAYER, r=8).macs, None),
        ("octave", None, None, cm.count("octave", LAYER, alpha=0.25).macs, 0.2),
    ]


@pytest.mark.parametrize(
    "keys", [("macs", "error"), ("macs", "-error"), ("params", "macs", "error")]
)
def test_the_front_is_what_no_joined_row_beats(keys):
    draw = random.Random(str(keys))
    lines = [f"basis,{b},{n},{draw.randint(1, 9) / 8}" for b in range(1, 7) for n in (12, 36)]
    table = joined(FOUND, "\n".join(["variant,b,out_channels,error", *lines]))
    assert len(table) == 12

    def place(row):
        return tuple(-row[k[1:]] if k[0] == "-" else row[k] for k in keys)

    beaten = [
        any(
            place(other) != place(row)
            and all(x <= y for x, y in zip(place(other), place(row), strict=True))
            for other in table.rows
        )
        for row in table.rows
    ]
    expected = [row for row, no in zip(table.rows, beaten, strict=True) if not no]
    found = front_of(table, keys).rows
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert [*map(place, found)] == sorted(map(place, expected))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no table; allowed is CSV"),
        ("a,b\n1,2\n1,3", "row 3 is about what a row above it is"),
        ("variant,b\nbasis,3", "and others with numbers"),
        ("error\n3", "and others with numbers"),
        ("variant,b,error\nbasis,3", "row 2 has 2 cells; allowed are 3"),
        ("variant,b,error\nbasis,3,small", "row 2: 'small'; allowed are numbers"),
    ],
)
def test_what_is_no_table_is_one_sentence(text, words):
    with pytest.raises(CostModelError) as caught:
        joined(FOUND, text.replace("a,b", "b,error"))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("key", "words"), [("eror", "did you mean 'error'"), ("variant", "which is no number")]
)
def test_a_front_of_something_else_is_one_sentence(key, words):
    table = joined(FOUND, "variant,b,error\nbasis,3,1")
    with pytest.raises(CostModelError, match=words):
        front_of(table, ["macs", key])
