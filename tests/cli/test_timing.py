"""measure, calibrate, predict and --time, as a user types them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.timing.store.database import Store

LAYER = ["-k", "3", "-m", "12", "-n", "20", "--size", "17x14"]
Capture = pytest.CaptureFixture[str]


def rows(capsys: Capture, *arguments: str) -> list[dict[str, str]]:
    assert main(list(arguments)) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_measure_times_variants_and_keeps_them(tmp_path: Path, capsys: Capture) -> None:
    store = str(tmp_path / "times.sqlite")
    chosen = ["--variants", "standard,basis", "--set", "b=3"]
    found = rows(capsys, "measure", *LAYER, *chosen, "--rounds", "2", "--store", store)
    assert [row["variant"] for row in found] == ["standard", "basis"]
    assert [row["hyper"] for row in found] == ["", "b=3"]
    layer = cm.ConvLayer(3, 12, 20, (17, 14))
    for row, macs in zip(
        found, (cm.count("standard", layer).macs, cm.count("basis", layer, b=3).macs), strict=True
    ):
        assert int(row["macs"]) == macs
        assert 0 < float(row["min_ms"]) <= float(row["median_ms"])
        assert float(row["gmacs_per_s"]) == pytest.approx(macs / float(row["min_ms"]) / 1e6)
        assert row["rounds"] == "2"
        assert (row["device"], row["threads"], row["dtype"]) == ("cpu", "1", "float32")
        assert row["processor"]
        assert row["torch"].startswith("2.")
        assert row["protocol"] == "interleaved random rounds, minimum"
    # asking again measures again, and an export has everything
    rows(capsys, "measure", *LAYER, *chosen, "--rounds", "1", "--store", store)
    exported = rows(capsys, "measure", "--export", "--store", store)
    assert [row["rounds"] for row in exported] == ["3", "3"]


def test_an_interrupted_run_goes_on(tmp_path: Path, capsys: Capture) -> None:
    store = str(tmp_path / "times.sqlite")
    arguments = ["measure", *LAYER, "--variants", "standard", "--store", store, "--name", "mine"]
    rows(capsys, *arguments, "--rounds", "2")
    with Store(store) as kept:
        before = kept.samples(kept.runs()[0])[0]
    rows(capsys, *arguments, "--rounds", "5")
    with Store(store) as kept:
        (run,) = kept.runs()
        assert kept.samples(run)[0][:2] == before
        assert len(kept.samples(run)[0]) == 5


def test_measure_the_layers_of_a_network(tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "small.csv"
    table.write_text(
        "name,kind,in_channels,out_channels,kernel,height,width\n"
        "a,conv,3,8,3,12,11\nb,conv,8,16,1,12,11\nc,conv,8,16,1,12,11\n"
    )
    store = str(tmp_path / "times.sqlite")
    found = rows(capsys, "measure", "--network", str(table), "--rounds", "1", "--store", store)
    assert [(row["in_channels"], row["kernel"]) for row in found] == [("3", "3x3"), ("8", "1x1")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["measure"], "--in-channels, --out-channels, --size is missing; allowed"),
        (["measure", *LAYER, "--network", "resnet18"], "exclude each other"),
        (["measure", *LAYER, "--rounds", "0"], "--rounds 0; allowed"),
        (["measure", *LAYER, "--device", "tpu"], "unknown device 'tpu'"),
        (["measure", *LAYER, "--dtype", "int4"], "unknown dtype 'int4'"),
        (["measure", *LAYER, "--threads", "999"], "threads is 999; allowed are 1 to"),
        (["measure", *LAYER, "--variants", "winograd"], "winograd is an algorithm of standard"),
        (["measure", "-m", "999999", "-n", "999998", "--size", "999x998"], "of memory; allowed"),
        (["calibrate", "--budget", "0.1"], "the budget is 0.1 s; allowed are"),
        (["calibrate", "--budget", "nan"], "the budget is nan s; allowed are"),
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
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


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
    import subprocess
    import sys

    code = (
        "import sys; from costmodel.cli.main import main; main(sys.argv[1:]);"
        "assert not {'torch', 'sklearn', 'sqlite3'} & set(sys.modules)"
    )
    root = Path(cm.__file__).parent.parent
    result = subprocess.run(
        [sys.executable, "-c", code, "compare", *LAYER], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
