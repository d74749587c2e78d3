"""`calibrate`, as a user types it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from costmodel.timing.store.database import Store
from tests.cli.printed import refused, rows

pytestmark = pytest.mark.slow

LAYER = ["-k", "3", "-m", "12", "-n", "20", "--size", "17x14"]
Capture = pytest.CaptureFixture[str]


def test_a_calibration_is_kept_and_not_made_again(
    calibrated: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = str(tmp_path / "times.sqlite")
    shutil.copy(calibrated, path)

    def kept() -> tuple[list[int], list[list[float]]]:
        with Store(path) as store:
            (run,) = store.runs()
            return run.missing, store.samples(run)

    missing, before = kept()  # a busy machine does not get through all rounds in its budget
    rows(capsys, "calibrate", "--budget", "60", "--store", path)
    left, complete = kept()
    assert left == []
    assert all(
        len(own) == len(old) + len(missing) for old, own in zip(before, complete, strict=True)
    )
    assert all(own[: len(old)] == old for old, own in zip(before, complete, strict=True))
    (row,) = rows(capsys, "calibrate", "--budget", "5", "--store", path)
    assert kept() == ([], complete)
    assert int(row["layers"]) >= 60
    assert 0 < float(row["median_error"]) < 1
    assert 0.5 < float(row["coverage"]) <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["calibrate", "--budget", "0.1"], "the budget is 0.1 s; allowed are"),
        (["calibrate", "--budget", "nan"], "the budget is nan s; allowed are"),
    ],
)
def test_wrong_calls_are_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    refused(capsys, arguments, message)
