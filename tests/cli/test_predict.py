"""`predict`, and `--time` of the commands that count."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main
from tests.cli.printed import refused, rows

pytestmark = pytest.mark.slow

LAYER = ["-k", "3", "-m", "12", "-n", "20", "--size", "17x14"]
Capture = pytest.CaptureFixture[str]


def test_predict(calibrated: Path, capsys: Capture) -> None:
    found = rows(capsys, "predict", *LAYER, "--variants", "standard,cp", "--store", str(calibrated))
    for row in found:
        low, middle, high = (float(row[k]) for k in ("low_ms", "predicted_ms", "high_ms"))
        assert 0 < low <= middle <= high
        assert "GMAC/s" in row["why"]
    assert "of the time" in found[1]["why"]  # which of its four convolutions


def test_time_in_a_comparison(calibrated: Path, tmp_path: Path, capsys: Capture) -> None:
    store = str(tmp_path / "times.sqlite")
    shutil.copy(calibrated, store)
    arguments = [*LAYER, "--variants", "standard,basis,winograd", "--set", "b=3"]
    rows(
        capsys, "measure", *LAYER, "--variants", "standard,basis", "--set", "b=3", "--rounds", "2",
        "--store", store,
    )  # fmt: skip
    standard, basis, winograd = rows(capsys, "compare", *arguments, "--time", "--store", store)
    assert list(standard)[:5] == ["variant", "params", "macs", "params_ratio", "macs_ratio"]
    assert float(standard["macs_speedup"]) == float(standard["time_speedup"]) == 1
    assert float(basis["macs_speedup"]) == pytest.approx(1 / float(basis["macs_ratio"]))
    real = float(standard["measured_ms"]) / float(basis["measured_ms"])
    assert float(basis["time_speedup"]) == pytest.approx(real)
    assert winograd["predicted_ms"] == ""
    assert "algorithm" in winograd["why"]


def test_time_of_a_network(calibrated: Path, capsys: Capture) -> None:
    assert (
        main(["network", "mobilenet", "--time", "--store", str(calibrated), "--format", "json"])
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    total, alone = found[-1], sum(row["predicted_ms"] or 0 for row in found[:-1])
    assert found[-1]["layer"] == "total"
    assert total["predicted_ms"] >= alone * 0.999  # caches are cold in a network
    assert total["low_ms"] <= total["predicted_ms"] <= total["high_ms"]
    assert int(total["macs"]) == 568740352


def test_counting_needs_no_torch_and_no_store(calibrated: Path) -> None:
    code = (
        "import sys; from costmodel.cli.main import main; main(sys.argv[1:]);"
        "assert not {'torch', 'sklearn', 'sqlite3'} & set(sys.modules)"
    )
    root = Path(cm.__file__).parent.parent
    result = subprocess.run(
        [sys.executable, "-c", code, "compare", *LAYER], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict"], "is missing; allowed are a whole layer, or --network"),
        (["predict", *LAYER], "no times are kept in"),
        (["compare", *LAYER, "--time"], "no times are kept in"),
        (["network", "resnet18", "--time", "--view", "kinds"], "--view layers"),
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
