"""`costmodel formulas`: the library's table, in every notation and format."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cli.main import command_parser, main
from costmodel.formulas.alphabets import ALPHABETS
from costmodel.formulas.rows import rows
from costmodel.formulas.tables import FORMATS, render

FEW = ["standard", "basis", "cp"]


@pytest.mark.parametrize("notation", ALPHABETS)
@pytest.mark.parametrize("format", FORMATS)
def test_it_prints_the_librarys_table(
    notation: str, format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--variants", ",".join(FEW), "--notation", notation, "--format", format]
    assert main(["formulas", *arguments]) == 0
    out, err = capsys.readouterr()
    assert out == render(rows(FEW), format, notation)
    assert err == ""


@pytest.mark.slow
def test_without_arguments_it_is_everything_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formulas"]) == 0
    assert capsys.readouterr().out == render(rows(), "text", "fcnn")


def test_ratio_and_break_even_of_another_metric(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formulas", "--variants", "shared_basis", "--metric", "params"]) == 0
    assert "b < k^2·m·n/(k^2 + m·n)" in capsys.readouterr().out


def test_into_a_file(tmp_path: Path) -> None:
    target = tmp_path / "formulas.tex"
    assert main(["formulas", "--format", "latex", "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == render(rows(), "latex")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--variants", "bassis"], "unknown variant 'bassis': did you mean 'basis'?"),
        (["--notation", "french"], "unknown notation 'french': allowed are fcnn"),
        (["--format", "pdf"], "'pdf' (choose from"),
        (["--metric", "joule"], "'joule' (choose from"),
    ],
)
def test_wrong_input_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["formulas", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_help_names_what_there_is() -> None:
    text = command_parser("formulas").format_help()
    for name in (*FORMATS, *ALPHABETS):
        assert name in text
