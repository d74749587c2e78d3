"""Table: exact cells, and every renderer."""

import csv
import io
import json
from fractions import Fraction

import pytest

from costmodel.errors import InputError
from costmodel.table import FORMATS, Column, Table
from costmodel.typed import read_cell

BIG = 2**70 + 1
TABLE = Table(
    ("name", "count", "ratio", "note"),
    [
        {"name": "a|b", "count": 1234567, "ratio": 0.25, "note": None},
        {"name": 'say "hi", x', "count": BIG, "ratio": Fraction(1, 3), "note": "50%_$"},
    ],
    notes=("count: things.",),
)


def test_csv_keeps_every_digit_and_quotes_text():
    rows = list(csv.reader(io.StringIO(TABLE.to_csv())))
    assert rows == [
        ["name", "count", "ratio", "note"],
        ["a|b", "1234567", "0.25", ""],
        ['say "hi", x', str(BIG), repr(1 / 3), "50%_$"],
    ]
    assert "\r" not in TABLE.to_csv()


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\n", "'=", "''@"])
def test_no_text_becomes_a_formula_of_a_spreadsheet(first):
    typed = f"{first}HYPERLINK(0)"
    text = Table(("name", "hyper"), [{"name": typed, "hyper": {typed: 3}}]).to_csv()
    (_, cells) = csv.reader(io.StringIO(text, newline=""))
    assert all(cell.startswith("'") for cell in cells)
    assert [read_cell(cell) for cell in cells] == [typed, f"{typed}=3"]


def test_a_carriage_return_within_a_text_starts_no_line_that_could_be_one():
    text = Table(("name", "n"), [{"name": "a\r=1+1", "n": 3}]).to_csv()
    assert text == 'name,n\n"a\r=1+1",3\n'


def test_numbers_and_other_texts_are_no_formulas():
    row = {"a": -3, "b": -2.5e-30, "c": Fraction(-1, 3), "d": "-4.5", "e": "a=b", "f": "'tis"}
    text = Table(tuple(row), [row]).to_csv()
    (_, cells) = csv.reader(io.StringIO(text, newline=""))
    assert cells == ["-3", "-2.5e-30", repr(-1 / 3), "-4.5", "a=b", "'tis"]
    assert list(map(read_cell, cells)) == cells


def test_json_keeps_every_digit():
    for rows in (
        json.loads(TABLE.to_json()),
        [json.loads(line) for line in TABLE.to_jsonl().splitlines()],
    ):
        assert rows[1]["count"] == BIG
        assert rows[0]["note"] is None
        assert rows[1]["ratio"] == 1 / 3


def test_dataframe_is_exact():
    frame = TABLE.to_dataframe()
    assert list(frame.columns) == list(TABLE.names)
    assert frame["count"][1] == BIG
    small = Table(("n",), [{"n": 3}, {"n": None}]).to_dataframe()
    assert str(small["n"].dtype) == "Int64"  # a missing cell does not make floats of the others


def test_parquet_round_trip_and_its_limit():
    import pandas

    table = Table(("n", "t"), [{"n": 2**62 + 1, "t": "x"}])
    frame = pandas.read_parquet(io.BytesIO(table.to_parquet()))
    assert frame["n"][0] == 2**62 + 1
    with pytest.raises(InputError, match=f"column 'count' holds {BIG}; Parquet allows"):
        TABLE.to_parquet()


def test_text_is_aligned_and_grouped():
    lines = TABLE.to_text().splitlines()
    assert lines[2].split() == ["a|b", "1,234,567", "0.25"]
    assert "1,180,591,620,717,411,303,425" in lines[3]
    assert lines[-1] == "count: things."
    assert lines[0].index("ratio") + 5 == lines[2].index("0.25") + 4


def test_markdown_escapes_and_aligns():
    lines = TABLE.to_markdown().splitlines()
    assert lines[1] == "|---|---:|---:|---|"
    assert lines[2] == "| a\\|b | 1,234,567 | 0.25 |  |"
    assert Table(("a",), [{"a": "<b>\n"}]).to_markdown().splitlines()[2] == "| &lt;b&gt;  |"


def test_latex_escapes():
    assert r"50\%\_\$" in TABLE.to_latex()
    assert "1{,}234{,}567" in TABLE.to_latex()


def test_html_escapes():
    assert "&lt;b&gt;" in Table(("a",), [{"a": "<b>"}])._repr_html_()


def test_columns_can_be_chosen_and_unknown_ones_are_named():
    assert TABLE.select(["ratio", "name"]).to_csv().splitlines()[0] == "ratio,name"
    with pytest.raises(InputError, match="unknown column 'cout': did you mean 'count'"):
        TABLE.select(["cout"])


def test_columns_say_what_they_hold():
    count = Column("count", "Count", "MAC", "things, each once")
    table = Table(("name", count), TABLE.rows)
    assert table.names == ("name", "count")
    assert table.columns == (Column("name", "name"), count)
    assert table.select(["count"]).columns == (count,)
    assert count.note == "count: things, each once"
    assert table.to_csv() == TABLE.select(table.names).to_csv()  # files have the key alone


def test_settings_are_a_mapping_until_they_are_rendered():
    settings = {"r1": 32, "alpha": Fraction(1, 4)}
    table = Table(("hyper",), [{"hyper": settings}, {"hyper": {}}])
    text = "r1=32;alpha=1/4"
    assert table.column("hyper")[0] is settings
    assert table.to_csv() == f'hyper\n{text}\n""\n'
    assert json.loads(table.to_json()) == [{"hyper": text}, {"hyper": ""}]
    assert list(table.to_dataframe()["hyper"]) == [text, ""]
    for rendered in (table.to_text(), table.to_markdown(), table.to_latex(), table._repr_html_()):
        assert text in rendered


def test_every_format_renders_an_empty_table():
    for name, render in FORMATS.items():
        assert bool(render(Table(("a", "b"), []))) == (name != "jsonl")


def test_a_terminal_is_not_steered_and_a_line_stays_one():
    text = Table(["name"], [{"name": "a\x1b[31mb\nc\u202ed"}]).to_text()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"a\x1b[31mb\nc\u202ed" in text


def test_cells_of_markdown_hold_no_mathematics_and_no_entities():
    text = Table(["name"], [{"name": "$x$ ~~y~~ &lt;"}]).to_markdown()
    assert text.splitlines()[-1] == r"| \$x\$ \~\~y\~\~ &amp;lt; |"
