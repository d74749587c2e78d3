"""`measure`, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel as cm
from costmodel.timing.store.database import Store
from tests.cli.printed import refused, rows

pytestmark = pytest.mark.slow

LAYER = ["-k", "3", "-m", "12", "-n", "20", "--size", "17x14"]
Capture = pytest.CaptureFixture[str]


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


def test_settings_by_default_are_said_too(tmp_path: Path, capsys: Capture) -> None:
    store = ["--store", str(tmp_path / "times.sqlite"), "--rounds", "1"]
    chosen = ["--variants", "cp,octave"]
    found = rows(capsys, "measure", *LAYER, *chosen, *store)
    layer = cm.ConvLayer(3, 12, 20, (17, 14))
    for row in found:
        hyper = cm.count(row["variant"], layer).hyper
        assert row["hyper"] == ",".join(f"{name}={value}" for name, value in hyper.items())
        assert "=" in row["hyper"]
    # what is typed and is the same is the same case: another round of it
    again = ["--set", f"octave.alpha={cm.count('octave', layer).hyper['alpha']}"]
    rows(capsys, "measure", *LAYER, *chosen, *again, *store)
    assert [row["rounds"] for row in rows(capsys, "measure", "--export", *store[:2])] == ["2", "2"]


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
