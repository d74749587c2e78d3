"""`published`: rows, the choice of them, and exit code 1 where a figure no longer comes out."""

from __future__ import annotations

import csv
import io

import pytest

from costmodel.checks.published import tables
from costmodel.checks.published.computations import compute
from costmodel.checks.published.figures import sources
from costmodel.checks.published.tables import COLUMNS
from costmodel.cli.main import main


def test_a_figure_that_is_no_longer_explained_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["published", "mobilenet-5"]) == 0
    monkeypatch.setattr(tables, "compute", lambda how: compute(how) + 10**6)  # a fault
    assert main(["published", "mobilenet-5"]) == 1
    assert "4 no longer as recorded" in capsys.readouterr().err
    # hidden by --only, it still counts
    assert main(["published", "mobilenet-5", "--only", "exact"]) == 1


def test_columns_and_choice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["published", "octconv-1", "--only", "differs"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert list(row) == [column.key for column in COLUMNS]
    assert (row["table"], row["row"], row["computed"]) == ("octconv-1", "alpha=7/8", "34.375")
    assert main(["published", "--list"]) == 0
    listed = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [entry["table"] for entry in listed] == list(sources())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mobilnet-5"], "unknown published table 'mobilnet-5': did you mean 'mobilenet-5'"),
        (["--only", "wrong"], "unknown verdict 'wrong'"),
    ],
)
def test_wrong_calls(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["published", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
