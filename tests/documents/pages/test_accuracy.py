"""The page about accuracy: made from kept runs, its sentences worked out from them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import accuracy as script
import costmodel as cm
from costmodel.documents.pages import accuracy
from costmodel.documents.pages.accuracy import (
    BRIEF,
    FACTORS,
    SCRATCH,
    Run,
    accuracy_page,
    read,
    write,
)
from costmodel.errors import InputError
from costmodel.files import data_path

ROOT = Path(cm.__file__).parents[1]

DENSE, SVD, GHOST = ("standard", ""), ("channel_svd", "r=3"), ("ghost", "q=2")
COUNTS = {DENSE: (5000, 90000, 2.0), SVD: (900, 30000, 1.5), GHOST: (700, 20000, 2.5)}
RUNS = [
    Run(*form, way, seed, right, 200, *COUNTS[form])
    for form, way, seeds in (
        (DENSE, SCRATCH, (190, 196)),
        (SVD, FACTORS, (100, 141)),
        (SVD, BRIEF, (191, 193)),
        (SVD, SCRATCH, (180, 184)),
        (GHOST, SCRATCH, (194, 198)),
    )
    for seed, right in enumerate(seeds)
]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = tmp_path / "runs.csv"
    path.write_text(write(RUNS, {"epochs": "7"}), encoding="utf-8")
    assert read(str(path)) == (RUNS, {"epochs": "7"})
    monkeypatch.setattr(accuracy, "data_path", lambda *parts: str(path))
    made = accuracy_page()
    assert made["docs/accuracy.svg"].startswith(b"<?xml")
    assert made == accuracy_page()  # the same bytes again
    return made["docs/accuracy.md"].decode()


def test_the_sentences_are_worked_out(page: str) -> None:
    assert "The network as it is: 96.5 % (95.0–98.0) of the test's images" in page
    assert "Factors alone: 0 of 1 forms are within 1 point of that in the mean." in page
    assert "a brief training: 1 of 1 forms are within 1 point" in page
    assert "Trained from scratch: 1 of 2 forms" in page
    assert "the fewest multiplies among them, 22%, has " in page
    assert "The lowest is " in page
    assert "with 60.2 %" in page
    assert "All 2 forms have fewer multiplies, and 1 of them take more time" in page
    assert "- epochs: 7" in page


def test_a_row_has_counts_times_and_all_three_ways(page: str) -> None:
    (row,) = [line for line in page.splitlines() if line.startswith("| channel SVD")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:6] == ["`r=3`", "900", "30,000", "0.33", "0.75"]
    assert cells[6:] == ["60.2 % (50.0–70.5)", "96.0 % (95.5–96.5)", "91.0 % (90.0–92.0)"]
    (row,) = [line for line in page.splitlines() if "`q=2`" in line and line.startswith("|")]
    assert [cell.strip() for cell in row.strip("|").split("|")][6:8] == ["", ""]


def test_what_is_kept_is_of_the_network_that_the_script_builds() -> None:
    """Counts in the file are today's counts of these variants."""
    runs, _ = read(data_path("accuracy", "digits.csv"))
    plain = cm.from_torch(script.network(), input_shape=script.SHAPE)
    forms = {(run.variant, run.hyper): run for run in runs}
    assert len({(run.way, run.seed) for run in runs}) == 9
    for (variant, said), run in forms.items():
        net = plain
        if variant != cm.VARIANTS.baseline.id:
            hyper = dict(pair.split("=", 1) for pair in said.split(";") if pair)
            net = plain.replace(variant, script.WHERE, hyper=hyper)
        assert (run.params, run.macs) == (net.params, net.macs), (variant, said)
    expected = {v.id for v, _ in script.options()}
    assert {variant for variant, _ in forms} == {cm.VARIANTS.baseline.id, *expected}


def test_the_committed_page_is_what_is_generated() -> None:
    for path, content in accuracy_page().items():
        assert (ROOT / path).read_bytes() == content


def test_a_broken_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("variant,correct\nbasis,many\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds no runs .*; allowed is what"):
        read(str(path))


@pytest.mark.slow
def test_a_slice_of_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images, one epoch, two variants: the three ways are what they say."""
    whole = script.digits()
    part = script.Data(
        (whole.train[0][:192], whole.train[1][:192]), (whole.test[0][:90], whole.test[1][:90])
    )
    assert len(whole.train[1]) + len(whole.test[1]) == 1797
    monkeypatch.setattr(script, "digits", lambda: part)
    monkeypatch.setattr(script, "EPOCHS", 16)
    svd, octave = cm.VARIANTS["channel_svd"], cm.VARIANTS["octave"]
    monkeypatch.setattr(script, "options", lambda: [(svd, {"r": "ceil(n/2)"}), (octave, {})])
    monkeypatch.setattr(script, "_TIMED_ROUNDS", 1)
    seen: list[tuple[int, int]] = []
    runs = script.measure((0,), lambda *done: seen.append(done))
    ways = [(run.variant, run.way) for run in runs]
    assert ways == [
        ("standard", SCRATCH),
        ("channel_svd", FACTORS),
        ("channel_svd", BRIEF),
        ("channel_svd", SCRATCH),
        ("octave", SCRATCH),  # it has no factors
    ]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert all(run.ms > 0 and run.images == 90 for run in runs)
    assert runs[1].macs < runs[0].macs
    dense, factors = (next(r for r in runs if r.way == w) for w in (SCRATCH, FACTORS))
    assert dense.correct > 20  # it has learnt something: nine are right by chance
    assert abs(factors.correct - dense.correct) <= 45


def test_full_rank_factors_take_the_same_test() -> None:
    """The oracle can fail: at rank 1 the network is no longer what it was."""
    data = script.digits()
    torch.manual_seed(1)
    dense = script.train(script.network(), data, 3, script.RATE, 1)
    right = script.correct(dense, data)

    def at_rank(r: int | str) -> int:
        options = {"init": "weights", "input_shape": script.SHAPE, "pays": False}
        model = cm.torch.replace(dense, "channel_svd", script.WHERE, r=r, **options)
        return script.correct(model, data)

    assert at_rank("n") == right > 300
    assert at_rank(1) < right - 50
