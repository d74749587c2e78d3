"""`timings` and `--machine`, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.timing.store.database import Store
from tests.cli.printed import refused, rows
from tests.timing import made_up
from tests.timing.made_up import MACHINE

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
LAYER = ["-k", "3", "-m", "12", "-n", "20", "--size", "17x14"]
ONE, TWO = "a_made_up_processor_1_thread", "a_made_up_processor_2_threads"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = str(tmp_path_factory.mktemp("times") / "times.sqlite")
    with Store(made) as store:
        for threads in (1, 2):
            made_up.keep(store, made_up.observed(60, MACHINE.replace(threads=threads)))
    return made


def test_the_machines_are_listed(path: str, capsys: Capture) -> None:
    found = rows(capsys, "timings", "--store", path)
    assert [row["machine"] for row in found][:2] == [ONE, TWO]
    assert [(row["layers"], row["sessions"]) for row in found][:2] == [("60", "2")] * 2
    assert found[2]["machine"].startswith("shipped/")
    assert "2 threads" in found[1]["description"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", *LAYER, "--variants", "standard,cp"],
        ["compare", *LAYER, "--time", "--variants", "standard,cp"],
        ["network", "alexnet", "--time"],
        ["predict", "--network", "alexnet"],
    ],
)
def test_every_command_that_answers_from_times_names_its_machine(
    path: str, capsys: Capture, arguments: list[str]
) -> None:
    answered = rows(capsys, *arguments, "--store", path, "--machine", TWO)
    said = {row["machine"] for row in answered if row["predicted_ms"]}
    assert said == {TWO}
    refused(capsys, [*arguments, "--store", path], "allowed are --machine")
    refused(capsys, [*arguments, "--store", path, "--machine", "mine"], "unknown machine in")


def test_export_and_import(path: str, tmp_path: Path, capsys: Capture) -> None:
    file, elsewhere = str(tmp_path / "there.csv"), str(tmp_path / "here.sqlite")
    rows(capsys, "timings", "--export", TWO, "--store", path, "-o", file)
    (own, *_) = rows(capsys, "timings", "--import", file, "--store", elsewhere, "-q")
    assert (own["machine"], own["layers"], own["sessions"]) == (TWO, "60", "2")
    call = ["predict", *LAYER, "--variants", "standard"]
    (row,) = rows(capsys, *call, "--store", elsewhere, "--machine", TWO)
    (same,) = rows(capsys, *call, "--store", path, "--machine", TWO)
    assert float(row["predicted_ms"]) == pytest.approx(float(same["predicted_ms"]), rel=1e-3)


def test_shipped_times_answer_where_they_are_asked_for(tmp_path: Path, capsys: Capture) -> None:
    nowhere = ["--store", str(tmp_path / "none.sqlite")]
    *_, last = rows(capsys, "timings", *nowhere)
    (row,) = rows(
        capsys, "predict", *LAYER, "--variants", "standard", *nowhere, "--machine", last["machine"]
    )
    assert row["machine"] == last["machine"]
    refused(capsys, ["predict", *LAYER, *nowhere], f"`--machine {last['machine']}` asks for")


def test_only_one_machine_is_exported_by_measure(path: str, capsys: Capture) -> None:
    found = rows(capsys, "measure", "--export", "--store", path, "--machine", TWO)
    assert {row["threads"] for row in found} == {"2"}
    assert len(rows(capsys, "measure", "--export", "--store", path)) == 2 * len(found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["timings", "--import", "nothing.csv"], "cannot read 'nothing.csv'"),
        (["timings", "--export", "shipped/mine"], "unknown machine with shipped times 'mine'"),
        (["measure", *LAYER, "--machine", "mine"], "--machine mine without --export"),
        (["compare", *LAYER, "--machine", "mine"], "--machine mine without --time"),
        (["network", "alexnet", "--machine", "mine"], "--machine mine without --time"),
        (["predict", *LAYER, "--input", "1x3x224x224"], "--input 1x3x224x224 without --network"),
        (["predict", "--network", "torch.nn:Identity"], "--input such as 1x3x224x224"),
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


def test_predict_takes_the_input_that_its_hint_asks_for(path: str, capsys: Capture) -> None:
    model = ["predict", "--network", "tests.timing.made_up:small_model"]
    found = rows(capsys, *model, "--input", "1x3x32x30", "--store", path, "--machine", ONE)
    assert found[-1]["layer"] == "total"
    assert float(found[-1]["predicted_ms"]) > 0
