"""`solve`: what it prints is what the library answers, and bad questions are one sentence."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest

import costmodel as cm
from costmodel.cli.main import main

LAYER = ["-m", "64", "-n", "128", "--size", "56x48"]
SAME = cm.ConvLayer(3, 64, 128, (56, 48))


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, str]]:
    assert main(["solve", *words, *LAYER]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_a_budget(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "basis", "b", "--at-most", "macs=30%")
    found = cm.solve("basis", "b", at_most={"macs": "30%"}, layer=SAME)
    assert list(row) == [
        "variant",
        "letter",
        "first",
        "last",
        "step",
        "macs_at_first",
        "macs_at_last",
    ]
    assert [int(row["first"]), int(row["last"])] == [found.smallest, found.largest]
    assert int(row["macs_at_last"]) == cm.count("basis", SAME, b=found.largest).macs


def test_tied_letters_as_another_variant(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "tucker2", "r1=r2", "--same-as", "basis,b=4", "--metric", "params")
    most = cm.count("basis", SAME, b=4).params
    last = int(row["last"])
    costs = [cm.count("tucker2", SAME, r1=r, r2=r).params for r in (last, last + 1)]
    assert costs[0] <= most < costs[1]


def test_several_budgets_multiples_and_other_values(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--at-most", "macs=40%", "--at-most", "params=20k", "--multiple-of", "8"]
    (row,) = rows(capsys, "tucker2", "r2", "--set", "r1=24", *words)
    found = cm.solve(
        "tucker2", "r2", at_most={"macs": "40%", "params": "20k"}, multiple_of=8, layer=SAME, r1=24
    )
    assert (int(row["last"]), row["step"]) == (found.largest, "8")
    assert {"macs_at_last", "params_at_last"} <= set(row)


def test_the_table_says_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "basis", "b", "--at-most", "macs=30%", *LAYER, "--format", "table"]) == 0
    said = cm.solve("basis", "b", at_most={"macs": "30%"}, layer=SAME).to_text()
    assert said in capsys.readouterr().out


def test_without_a_budget_it_is_to_be_cheaper(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = rows(capsys, "basis", "b")
    assert int(row["last"]) == cm.break_even("basis", "b", layer=SAME).largest
    assert main(["solve", "basis", "b", *LAYER, "--format", "text"]) == 0
    said = cm.break_even("basis", "b", layer=SAME).to_text()
    assert capsys.readouterr().out == said + "\n"


def test_in_letters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "ghost", "q", "--format", "text"]) == 0
    assert "q > 1, if d < k·√m; never otherwise" in capsys.readouterr().out
    assert main(["solve", "basis", "b", "--at-most", "macs=30%"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["cheaper"], row["bound"]) == ("below", "3*k**2*n/(10*k**2 + 10*n)")
    assert row["conditions"] == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--multiple-of", "8"], "--multiple-of 8 without --at-most or --same-as"),
        (["--at-most", "macs=30%", "--same-as", "cp"], "two budgets; allowed is one of"),
        (["--at-most", "macs=30%", "--metric", "params"], "--metric params with --at-most"),
        (["--at-most", "macs=3%"], "the least is 23,568,384 MACs at b = 1"),
        (["--at-most", "mac=3%"], "unknown metric 'mac'"),
        (["--at-most", "macs=x"], "macs='x'; allowed are amounts such as 30%"),
        (["--same-as", "bases"], "unknown variant 'bases'"),
        (["--at-most", "macs=30%", "--multiple-of", "0"], "multiple_of is 0"),
    ],
)
def test_bad_questions(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "basis", "b", *words, *LAYER]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert said in captured.err


def test_half_a_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "basis", "b", "--at-most", "macs=30%", "-m", "64"]) == 2
    assert "--out-channels, --size is missing" in capsys.readouterr().err


def test_numbers_need_no_sympy() -> None:
    call = ["solve", "basis", "b", "--at-most", "macs=30%", *LAYER]
    code = (
        f"import sys; from costmodel.cli.main import main; main({call});"
        "print({'sympy', 'numpy', 'pandas', 'torch'} & {*sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"
