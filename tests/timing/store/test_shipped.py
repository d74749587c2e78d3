"""The times that come with the project: described, complete, and as good as they are said to be."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import costmodel as cm
from costmodel import files
from costmodel.documents.pages.timing import PATH, timing_page
from costmodel.errors import InputError
from costmodel.timing.cold import Cold
from costmodel.timing.convolution import CLASSES
from costmodel.timing.machine import Machine
from costmodel.timing.model.intervals import coverage
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.roofline import Peaks, points
from costmodel.timing.store import shipped
from costmodel.timing.store.shipped import Shipped, load, names, ship
from costmodel.timing.summary import Summary

ROOT = Path(cm.__file__).parent.parent


@pytest.fixture(scope="module", params=names())
def found(request: pytest.FixtureRequest) -> Shipped:
    return load(request.param)


def test_there_is_a_machine() -> None:
    assert names()


def test_every_fact_of_the_machine_is_there(found: Shipped) -> None:
    machine = found.machine
    assert all((machine.processor, machine.device, machine.threads, machine.torch, machine.dtype))
    assert found.peaks.rate > found.peaks.bandwidth > 1e6
    assert found.cold.seconds_per_byte >= 0


def test_counts_are_the_engine_s(found: Shipped) -> None:
    table = found.to_table()
    assert len(table) == len(found.measured) > 1000
    assert set(table.column("class")) == set(CLASSES)
    for case, macs in list(zip(found.measured, table.column("macs"), strict=True))[::50]:
        assert cm.count("standard", case.layer).macs == macs


def test_unseen_layers_are_predicted_as_well_as_promised(found: Shipped) -> None:
    real = [summary.minimum for summary in found.measured.values()]
    said = [found.unseen[case] for case in found.measured]
    apart = sorted(abs(s / r - 1) for s, r in zip(said, real, strict=True))
    assert apart[len(apart) // 2] <= 0.06
    assert sum(value <= 0.1 for value in apart) / len(apart) >= 0.7
    convs = [case.convolutions[0] for case in found.measured]
    assert 0.85 <= coverage(convs, real, said, repeats=5) <= 0.95


def test_networks_are_predicted_by_other_families(found: Shipped) -> None:
    apart = sorted(abs(math.exp(error) - 1) for error in found.cold.errors)
    assert len(apart) >= 10
    assert apart[len(apart) // 2] <= 0.1


def test_models_are_compared_with_what_a_flop_count_implies(found: Shipped) -> None:
    rows = {row["model"]: row for row in found.models}
    first, *_, last = rows.values()
    assert first["model"] == "MACs × constant"
    assert last["median_error"] < first["median_error"] / 5


@pytest.mark.slow
def test_a_predictor_is_made_from_them_without_fitting_again(found: Shipped) -> None:
    few = list(found.measured)[:200]
    predictor = Predictor(
        found.machine,
        {case.convolutions[0]: found.measured[case].minimum for case in few},
        [found.unseen[case] for case in few],
    )
    (conv,) = few[3].convolutions
    said = predictor.total([conv])
    assert said.low < found.measured[few[3]].minimum < said.high


def test_writing_and_reading_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Shipped
) -> None:
    for module in (shipped, files):
        monkeypatch.setattr(module, "data_path", lambda *parts: str(tmp_path.joinpath(*parts)))
    case = next(iter(found.measured))
    made = Shipped(
        "mine",
        Machine("a processor", torch="0"),
        Peaks(3e9, 2e9, 1e-6),
        Cold(1e-10, 2**20, (("a", 0.5, 0.25),)),
        {case: Summary(3, 0.001, 0.002, 0.0005)},
        {case: 0.0015},
        ({"model": "one"},),
    )
    ship(made)
    assert names() == ["mine"]
    assert load("mine") == made
    with pytest.raises(InputError, match="'mien': did you mean 'mine'"):
        load("mien")


def test_the_roofline_is_above_what_was_measured(found: Shipped) -> None:
    table = points(found.measured, found.peaks)
    assert len(table) == len(found.measured)
    plain = [row for row in table.rows if row["class"] in ("pointwise", "depthwise", "vector")]
    beyond = sum(row["share"] > 1.3 for row in plain)  # caches are faster than memory
    assert beyond < len(plain) / 3


def test_the_committed_page_is_fresh() -> None:
    assert (ROOT / PATH).read_bytes() == timing_page()[PATH]
