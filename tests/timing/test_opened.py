"""Whose times answer: those of the machine that was named, and that is said."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.comparing.compare import compare
from costmodel.errors import InputError
from costmodel.timing.case import Case
from costmodel.timing.comparison import Timed, with_time
from costmodel.timing.convolution import convolutions
from costmodel.timing.model.intervals import Prediction
from costmodel.timing.opened import estimates, open_times
from costmodel.timing.store.database import Store
from tests.timing import made_up
from tests.timing.made_up import MACHINE, law

pytestmark = pytest.mark.slow
LAYER = cm.ConvLayer(3, 12, 20, (17, 14))
ONE, TWO = "a_made_up_processor_1_thread", "a_made_up_processor_2_threads"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = tmp_path_factory.mktemp("times") / "times.sqlite"
    with Store(str(made)) as store:
        made_up.keep(store, made_up.observed())
        slower = made_up.observed(machine=MACHINE.replace(threads=2), shift=3.0)
        slower.sessions[0].update({c: [3 * t for t in s] for c, s in slower.sessions[0].items()})
        made_up.keep(store, slower)
    return str(made)


def test_every_thread_count_has_its_own_times(path: str) -> None:
    one, two = (open_times(path, name) for name in (ONE, TWO))
    assert (one.name, two.name) == (ONE, TWO)
    conv = convolutions(compare(LAYER).baseline.bound)
    assert two.predictor.total(conv).seconds > 2 * one.predictor.total(conv).seconds
    assert "2 threads" in two.note
    with pytest.raises(InputError, match=f"allowed are --machine {ONE}, --machine {TWO}"):
        open_times(path)
    with pytest.raises(InputError, match=f"'{ONE[:-1]}': did you mean"):
        open_times(path, ONE[:-1])


def test_another_machine_than_this_one_is_said(tmp_path: Path) -> None:
    alone = str(tmp_path / "times.sqlite")
    with Store(alone) as store:
        made_up.keep(store, made_up.observed(80))
    opened = open_times(alone)
    assert opened.name == ONE
    assert "a model was fitted" in opened.said[0]
    assert f"the times are of {ONE}, the only machine in" in opened.said[1]
    assert open_times(alone, ONE).said == ()  # kept by then, and asked for


def test_every_row_names_its_machine(path: str) -> None:
    comparison = compare(LAYER, ["standard", "basis", "winograd"], b=3)
    table = with_time(comparison, Timed(open_times(path, TWO)))
    assert table.column("machine") == [TWO] * 3
    assert table.names[-1] == "machine"


def test_what_was_measured_is_found_whatever_was_typed(path: str) -> None:
    with Store(path) as store:
        typed = Case(LAYER, "basis", (("b", 3),))
        store.keep(store.begin("mine", MACHINE, [typed], 1), 0, [(0, 0.125)])
    comparison = compare(LAYER, ["standard", "basis"], b=3)
    (standard, basis) = with_time(comparison, Timed(open_times(path, ONE))).rows
    assert basis["measured_ms"] == 125
    assert standard["measured_ms"] is None
    other = with_time(compare(LAYER, ["basis"], b=4), Timed(open_times(path, ONE)))
    assert other.rows[0]["measured_ms"] is None


def test_estimates_are_the_numbers_of_the_command(path: str) -> None:
    comparison = compare(LAYER)
    found = estimates(comparison, path, ONE)
    rows = with_time(comparison, Timed(open_times(path, ONE))).rows
    assert {r["variant"]: r["predicted_ms"] for r in rows if r.get("predicted_ms")} == {
        id: 1e3 * said.seconds for id, said in found.by_variant.items()
    }
    assert "winograd" not in found.by_variant
    middle = [case.convolutions[0] for case in made_up.observed().sessions[0]][::7]
    predictor = found.opened.predictor
    near = [predictor.total([conv]).seconds / law(conv) for conv in middle]
    assert 0.9 < sorted(near)[len(near) // 2] < 1.1


def test_a_prediction_is_the_same_for_every_level_company_and_time_it_is_asked_for(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = open_times(path, ONE).predictor
    rows = [convolutions(counts.bound) for counts in compare(LAYER).counts.values()]
    fresh = [replace(kept).total(row) for row in rows]  # of predictors that remember nothing
    first = kept.totals(rows)
    # NumPy's last digit depends on how many are worked out at once
    assert list(map(_three, first)) == [pytest.approx(_three(each), rel=1e-12) for each in fresh]
    assert kept.totals([*rows[::-1], [], *rows]) == [*first[::-1], kept.total([]), *first]
    narrow = kept.totals(rows, level=0.5)
    assert all(a.high < b.high for a, b in zip(narrow, first, strict=True))
    monkeypatch.setattr("costmodel.timing.model.predictor._MOST_KEPT", 0)
    for part in (rows[:3], rows[1:4]):
        again = [replace(kept).total(row).seconds for row in part]
        assert [each.seconds for each in kept.totals(part)] == pytest.approx(again, rel=1e-12)


def _three(said: Prediction) -> tuple[float, float, float]:
    return said.low, said.seconds, said.high


def test_without_times_of_its_own_estimates_are_shipped_ones(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "none.sqlite")
    found = estimates(compare(LAYER), nowhere)
    assert found.opened.name.startswith("shipped/")
    assert "shipped with the project: not of this machine" in found.opened.note
    assert not Path(nowhere).exists()
    with pytest.raises(InputError, match=r"no times are kept in .*asks for shipped times"):
        estimates(compare(LAYER), nowhere, ONE)
    assert open_times(nowhere, found.opened.name).path is None


_LEAN = """
import sys
sys.modules.update(dict.fromkeys(("torch", "sklearn", "scipy", "pandas", "sympy")))
from costmodel.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "-m", "12", "-n", "20", "--size", "17x14"],
        ["compare", "-m", "12", "-n", "20", "--size", "17x14", "--time"],
        ["network", "resnet18", "--time"],
    ],
)
def test_answers_need_neither_torch_nor_scikit_learn(path: str, arguments: list[str]) -> None:
    open_times(path, ONE)  # fitted and kept
    done = subprocess.run(
        [sys.executable, "-c", _LEAN, *arguments, "--store", path, "--machine", ONE],
        cwd=Path(cm.__file__).parent.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f",{ONE}\n" in done.stdout
