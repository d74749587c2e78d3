"""What a command prints, as rows."""

from __future__ import annotations

import csv
import io

import pytest

from costmodel.cli.main import main


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    """The rows that a command prints."""
    assert main(list(arguments)) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
