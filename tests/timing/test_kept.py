"""The kept model: the number of a fresh fit, in milliseconds, and never of other times."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

import costmodel as cm
from costmodel.timing import kept
from costmodel.timing.convolution import Convolution
from costmodel.timing.kept import digest_of, model_of, observed, packed, relearnt, unpacked
from costmodel.timing.learning import Learnt, learn
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.store.database import Store
from tests.timing import made_up
from tests.timing.made_up import MACHINE

pytestmark = pytest.mark.slow
ROOT = Path(cm.__file__).parent.parent


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    return learn(made_up.observed())


@pytest.fixture
def filled(store: Store) -> Store:
    made_up.keep(store, made_up.observed())
    return store


def said(predictor: Predictor, layers: list[Convolution]) -> list[object]:
    alone = predictor.totals([conv] for conv in layers)
    return [*alone, predictor.total(layers), predictor.in_a_row(layers)]


def test_a_kept_model_says_the_same_numbers(
    learnt: Learnt, layers: list[Convolution], tmp_path: Path
) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(packed(learnt.predictor, "key"))
    again = unpacked(str(path), "key", 1.0)
    assert again
    assert said(again, layers) == said(learnt.predictor, layers)  # to the last bit
    assert again.machine == MACHINE
    assert again.peaks == made_up.PEAKS
    assert again.cold == learnt.predictor.cold
    assert packed(again, "key") == path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_model_is_none(learnt: Learnt, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.npz"
    whole = packed(learnt.predictor, "key")
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert unpacked(str(path), "key", 1.0) is None
    assert unpacked(str(tmp_path / "nothing"), "key", 1.0) is None


def test_a_model_of_other_times_or_features_is_none(
    learnt: Learnt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(packed(learnt.predictor, digest_of(b"these")))
    assert unpacked(str(path), digest_of(b"these"), 1.0)
    assert unpacked(str(path), digest_of(b"those"), 1.0) is None
    monkeypatch.setattr(kept, "NAMES", (*kept.NAMES, "another"))
    assert unpacked(str(path), digest_of(b"these"), 2.0) is None


def test_no_pickle_is_ever_read(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    numpy.savez(path, facts=numpy.array([{"a": 1}], dtype=object))
    assert unpacked(str(path), "key", 1.0) is None


def test_it_is_fitted_once_and_again_where_the_times_change(filled: Store) -> None:
    first = model_of(filled, MACHINE)
    assert first.refitted
    assert not model_of(filled, MACHINE).refitted
    run = filled.runs()[0]
    filled.keep(filled.begin(run.name, MACHINE, run.cases, 3), 2, [(0, 1e-9)])
    second = model_of(filled, MACHINE)
    assert second.refitted
    conv = run.cases[0].convolutions
    assert second.predictor.total(conv).seconds < first.predictor.total(conv).seconds
    assert not model_of(filled, MACHINE).refitted


def test_the_times_are_looked_at_once_until_they_change(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    digest = Store.digest
    monkeypatch.setattr(Store, "digest", lambda *args: looked.append("") or digest(*args))
    model_of(filled, MACHINE)
    model_of(filled, MACHINE)
    before = len(looked)
    for _ in range(3):
        with Store(filled.path) as again:
            model_of(again, MACHINE)
    assert len(looked) == before
    filled.keep_peaks(MACHINE, made_up.PEAKS)
    model_of(filled, MACHINE)
    assert len(looked) == before + 1


def test_other_runs_leave_it_as_it_is(filled: Store) -> None:
    model_of(filled, MACHINE)
    run = filled.runs()[0]
    filled.keep(filled.begin("mine", MACHINE, run.cases[:3], 1), 0, [(0, 1e-9)])
    filled.keep_unseen(MACHINE, {run.cases[0]: 1.0})
    assert not model_of(filled, MACHINE).refitted
    made_up.keep(filled, made_up.observed(machine=MACHINE.replace(threads=2)))
    assert not model_of(filled, MACHINE).refitted


def test_without_a_place_for_it_it_is_fitted_every_time(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_path", lambda *_: os.path.join(filled.path, "inside", "a.npz"))
    assert relearnt(filled, MACHINE).predictor.total([]).seconds == 0
    assert model_of(filled, MACHINE).refitted


def test_a_store_that_is_only_read_is_left_as_it_is(filled: Store) -> None:
    filled.close()
    before = Path(filled.path).read_bytes()
    with Store(filled.path, create=False) as reading:
        found = model_of(reading, MACHINE)
    assert found.refitted
    assert found.predictor.cold  # learnt from networks, and not written there
    assert Path(filled.path).read_bytes() == before


_LEAN = """
import sys
sys.modules.update(dict.fromkeys(("torch", "sklearn", "scipy", "pandas", "sympy")))
import costmodel as cm
from costmodel.comparing.compare import compare
from costmodel.timing.opened import estimates
found = estimates(compare(cm.ConvLayer(3, 12, 20, (17, 14))), sys.argv[1] or None, sys.argv[2])
print(found.by_variant["basis"])
"""


def test_predicting_imports_neither_torch_nor_scikit_learn(filled: Store) -> None:
    model_of(filled, MACHINE)

    def lean(path: str, machine: str) -> subprocess.CompletedProcess[str]:
        code = [sys.executable, "-c", _LEAN, path, machine]
        return subprocess.run(code, cwd=ROOT, capture_output=True, text=True)

    own = lean(filled.path, "a_made_up_processor_1_thread")
    assert "ms" in own.stdout or "µs" in own.stdout, own.stderr
    made_up.keep(filled, made_up.observed(80), generation=2)  # so that the check can fail
    assert "scipy" in lean(filled.path, "a_made_up_processor_1_thread").stderr


def test_observed_is_what_was_kept(filled: Store) -> None:
    found, wanted = observed(filled, MACHINE), made_up.observed()
    assert list(map(dict, found.sessions)) == list(map(dict, wanted.sessions))
    assert found.peaks == wanted.peaks
