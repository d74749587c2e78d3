"""`sweep`: rows that are the library's, reductions, and one sentence for what has no effect."""

import csv
import io
import os

import pytest

from costmodel import ConvLayer, count
from costmodel.cli.main import main
from costmodel.typed import read_sizes

CALL = ["sweep", "-m", "24", "-n", "36", "--size", "17x14", "--variants", "grouped"]


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_rows_are_single_counts(capsys):
    call = [
        "sweep",
        "-m",
        "24",
        "--variants",
        "basis,tucker2",
        "--over",
        "n=12,36",
        "--over",
        "size=9,17x14",
        "--over",
        "b=1:7:3",
        "--over",
        "tucker2.r1=m/4,5",
    ]
    assert main([*call, "--metrics", "macs,params"]) == 0
    found = rows(capsys.readouterr().out)
    assert len(found) == 2 * 2 * (3 + 2)
    for row in found:
        layer = ConvLayer(3, 24, int(row["out_channels"]), read_sizes(row["size"]))
        letters = {name: int(row[name]) for name in ("b", "r1", "r2") if row[name]}
        counts = count(row["variant"], layer, hyper=letters)
        assert (int(row["macs"]), int(row["params"])) == (counts.macs, counts.params)
    assert list(found[0])[-2:] == ["macs", "params"]


def test_conditions_and_columns(capsys):
    assert main([*CALL, "--over", "g=1:12", "--where", "macs < 2e6", "--where", "g != 12",
                 "--columns", "g,macs"]) == 0  # fmt: skip
    out = capsys.readouterr().out
    layer = ConvLayer(3, 24, 36, (17, 14))
    expected = [(g, count("grouped", layer, g=g).macs) for g in (1, 2, 3, 4, 6, 12)]
    kept = [f"{g},{macs}" for g, macs in expected if macs < 2e6 and g != 12]
    assert out.splitlines() == ["g,macs", *kept]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--front", "macs,params", "--columns", "g,macs"], "g,macs\n12,154224\n"),
        (["--least", "macs", "--top", "2", "--columns", "g"], "g\n12\n6\n"),
        (["--count"], "points,rows,misfits,outside\n12,6,6,0\n"),
        (["--group", "variant", "--quantiles", "0.5", "--metrics", "params"],
         "variant,rows,params_min,params_q0.5,params_max\ngrouped,6,648,1944,7776\n"),
    ],
)  # fmt: skip
def test_reductions(capsys, options, expected):
    assert main([*CALL, "--over", "g=1:12", *options]) == 0
    assert capsys.readouterr().out == expected


def test_a_file_is_what_standard_output_is(tmp_path, capsys):
    assert main([*CALL, "--over", "g=1:12"]) == 0
    out = capsys.readouterr().out
    assert main([*CALL, "--over", "g=1:12", "-o", str(tmp_path / "a.csv")]) == 0
    assert (tmp_path / "a.csv").read_text() == out
    assert main([*CALL, "--over", "g=1:12", "-o", str(tmp_path / "a.md")]) == 0
    assert (tmp_path / "a.md").read_text().count("\n") == 2 + 6
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.md"]


def test_without_variants_those_with_the_letters_are_swept(capsys):
    call = ["sweep", "-m", "24", "-n", "36", "--size", "17x14", "--columns", "variant"]
    assert main([*call, "--over", "tucker2.r1=5,7"]) == 0
    assert capsys.readouterr().out == "variant\ntucker2\ntucker2\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing varies; allowed is --over"),
        (["--over", "gg=1"], "unknown axis 'gg': did you mean 'g'"),
        (["--over", "g=1:3", "--over", "g=2"], "given twice"),
        (["--over", "g=3:1"], "'3:1'; allowed are values with commas"),
        (["--over", "g=1:3", "--set", "g=2"], "g in --set and in --over"),
        (["--over", "m=6,12"], "--in-channels 24 and in --over"),
        (["--over", "g=1", "--top", "3"], "--top 3 without --least"),
        (["--over", "g=1", "--where", "mac<3"], "did you mean 'macs'"),
        (["--over", "g=1", "--where", "macs"], "allowed is one comparison"),
        (["--over", "g=1", "--where", "macs<1.5"], "1.5 is no integer"),
        (["--over", "g=1", "--where", "macs<__import__"], "unknown name"),
        (["--over", "g=1", "--front", "macs,macs"], "different metrics"),
        (["--over", "g=1", "--group", "kernel"], "allowed are 'variant' and what varies"),
        (["--over", "g=1", "--resume"], "--resume without a file"),
        (["--over", "g=1", "--format", "parquet"], "parquet on standard output"),
        (["--over", "g=1", "--scheduler", "nonsense"], "no Dask scheduler answers at 'nonsense'"),
        (["--over", "g=1", "-o", "a.xlsx"], "suffix '.xlsx'"),
    ],
)
def test_what_cannot_be_is_one_sentence(capsys, options, message):
    assert main([*CALL, *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_missing_size_is_named(capsys):
    assert main(["sweep", "--over", "m=8,16", "--size", "9"]) == 2
    assert "--out-channels is missing" in capsys.readouterr().err


def test_sizes_of_one_number_have_as_many_axes_as_said(capsys):
    call = ["sweep", "-m", "6", "-n", "10", "--over", "size=9,11", "--variants", "standard"]
    assert main([*call, "--dims", "1", "--columns", "size,macs"]) == 0
    assert capsys.readouterr().out == "size,macs\n9,1620\n11,1980\n"
    assert main([*call, "--columns", "size"]) == 0
    assert capsys.readouterr().out == "size\n9x9\n11x11\n"


def test_what_is_picked_by_is_a_column(capsys):
    assert main([*CALL, "--over", "g=1:12", "--least", "activations"]) == 0
    (row,) = rows(capsys.readouterr().out)
    layer = ConvLayer(3, 24, 36, (17, 14))
    assert int(row["activations"]) == count("grouped", layer, g=1).activations


def test_a_front_with_a_column_of_ones_own(tmp_path, capsys):
    path = tmp_path / "own.csv"
    path.write_text("variant,g,accuracy\ngrouped,1,0.9\ngrouped,2,0.92\ngrouped,3,0.8\n")
    call = [*CALL, "--over", "g=1:6", "--front", "macs,-accuracy", "--join", str(path)]
    assert main(call) == 0
    found = [(row["g"], row["accuracy"]) for row in rows(capsys.readouterr().out)]
    assert found == [("3", "0.8"), ("2", "0.92")]
    assert main([*CALL, "--over", "g=1:6", "--join", str(path)]) == 2
    assert "without --front; allowed is --front macs,-accuracy" in capsys.readouterr().err
