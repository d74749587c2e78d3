"""What a command prints: its rows, or one sentence."""

from __future__ import annotations

import csv
import io

import pytest

from costmodel.cli.main import main


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    """The rows that a command prints."""
    assert main(list(arguments)) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def refused(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    """Exit code 2, nothing printed, and one line with this sentence."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert len(captured.err.splitlines()) == 1 + arguments[0].startswith("--")  # the hint
