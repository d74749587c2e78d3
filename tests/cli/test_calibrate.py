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


def test_a_calibration_goes_on_and_is_not_made_again(
    calibrated: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = str(tmp_path / "times.sqlite")
    shutil.copy(calibrated, path)

    def kept() -> dict[str, list[list[float]]]:
        with Store(path) as store:
            return {run.name: store.samples(run) for run in store.runs()}

    before = kept()
    assert list(before) == ["calibration 1.1", "calibration 1.2"]
    (row,) = rows(capsys, "calibrate", "--budget", "5", "--store", path)
    assert kept() == before
    assert int(row["layers"]) >= 60
    assert int(row["sessions"]) == 2
    assert row["machine"].endswith("_1_thread")
    assert 0 < float(row["median_error"]) < 2
    assert 0.5 < float(row["coverage"]) <= 1
    (fresh,) = rows(capsys, "calibrate", "--budget", "5", "--store", path, "--fresh")
    assert list(kept())[2:] == ["calibration 2.1", "calibration 2.2"]
    assert {name: kept()[name] for name in before} == before
    assert fresh["sessions"] == "2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["calibrate", "--budget", "0.1"], "the budget is 0.1 s; allowed are"),
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
