"""`-o FILE`: its suffix decides the format, unless `--format` says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.cli.main import command_names, command_parser, main
from costmodel.cli.options import SUFFIXES
from costmodel.table import FORMATS

COMPARE = ["compare", "-m", "12", "-n", "20", "--size", "17x14", "--variants", "standard,basis"]
FORMULAS = ["formulas", "--variants", "standard,basis"]
OPTIONS = {name: command_parser(name)._option_string_actions for name in command_names()}
WITH_FILES = [
    name for name, options in OPTIONS.items() if {"--output", "--format"} <= options.keys()
]


def written(tmp_path: Path, name: str, *arguments: str) -> bytes:
    target = tmp_path / name
    assert main([*arguments, "-o", str(target)]) == 0
    return target.read_bytes()


@pytest.mark.parametrize("command", WITH_FILES)
def test_every_format_of_every_command_has_a_suffix_of_its_own(command: str) -> None:
    names = {*(OPTIONS[command]["--format"].choices or ())}
    if "table" in names:
        names -= {"text"}  # a .txt is the table where a command has both
    ends = [end for name in names for end in SUFFIXES[name]]
    assert len(ends) >= 5
    assert len(ends) == len(set(ends))


@pytest.mark.parametrize(
    ("command", "format"),
    [("compare", name) for name in FORMATS]
    + [("formulas", name) for name in OPTIONS["formulas"]["--format"].choices or ()],
)
def test_a_file_holds_what_its_suffix_says(tmp_path: Path, command: str, format: str) -> None:
    call = COMPARE if command == "compare" else FORMULAS
    expected = written(tmp_path, "plain", *call, "--format", format)
    for end in SUFFIXES[format]:
        assert written(tmp_path, f"rows{end}", *call) == expected
        assert written(tmp_path, f"ROWS.2{end.upper()}", *call) == expected
    assert len({written(tmp_path, f"a{end}", *call) for end in (".csv", ".md", ".tex")}) == 3


def test_the_format_that_is_typed_wins(tmp_path: Path) -> None:
    expected = written(tmp_path, "rows.csv", *COMPARE)
    for name in ("rows.md", "rows.xlsx", "rows"):
        assert written(tmp_path, name, *COMPARE, "--format", "csv") == expected
    assert written(tmp_path, "rows", *COMPARE) == expected  # no suffix: the command's own


def test_documents_take_mathematics_by_suffix(tmp_path: Path) -> None:
    call = ["network", "alexnet", "--formula", "N"]
    assert written(tmp_path, "a.tex", *call).startswith(b"\\[\n\\begin{aligned}")
    assert written(tmp_path, "a.md", *call).startswith(b"```math\n")


@pytest.mark.parametrize(
    ("call", "name"), [(COMPARE, "rows.xlsx"), (FORMULAS, "a.parquet"), (["measure"], "t.pdf")]
)
def test_a_suffix_that_no_format_has_is_refused_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], call: list[str], name: str
) -> None:
    target = tmp_path / name
    assert main([*call, "-o", str(target)]) == 2
    error = capsys.readouterr().err
    assert f"no format has the suffix '{target.suffix}'; allowed are " in error
    assert len(error.splitlines()) == 1
    assert not target.exists()
