"""The times that come with the project: described, complete, and as good as they are said to be."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import costmodel as cm
from costmodel import files
from costmodel.documents.pages.timing import PATH, timing_page
from costmodel.errors import InputError
from costmodel.timing.convolution import CLASSES
from costmodel.timing.learning import learn
from costmodel.timing.measure.design import design
from costmodel.timing.model import forest
from costmodel.timing.roofline import points
from costmodel.timing.store import shipped
from costmodel.timing.store.shipped import Evidence, Shipped, load, model_of, names, ship
from tests.timing import made_up

ROOT = Path(cm.__file__).parent.parent


@pytest.fixture(scope="module", params=names())
def found(request: pytest.FixtureRequest) -> Shipped:
    return load(request.param)


def test_there_is_a_machine() -> None:
    assert names()


def test_every_fact_of_the_machine_is_there(found: Shipped) -> None:
    machine, peaks = found.observed.machine, found.observed.peaks
    assert all((machine.processor, machine.device, machine.threads, machine.torch, machine.dtype))
    assert peaks
    assert peaks.rate > peaks.bandwidth > 1e6
    assert len(found.observed.sessions) >= 2, "apart, so that intervals know another run"


def test_every_class_has_layers(found: Shipped) -> None:
    kinds = [case.convolutions[0].kind for case in found.measured]
    assert set(kinds) == set(CLASSES)
    assert len(kinds) > 1000
    assert len(found.unseen) == len(kinds)


@pytest.mark.slow
def test_unseen_layers_are_predicted_as_well_as_the_page_says(found: Shipped) -> None:
    apart = sorted(
        abs(found.unseen[case] / summary.minimum - 1) for case, summary in found.measured.items()
    )
    models = {row["model"]: row for row in found.evidence.models}
    used = list(models.values())[-1]
    assert apart[len(apart) // 2] <= 1.3 * used["median_error"]
    assert used["median_error"] < models["MACs × constant"]["median_error"] / 5
    assert 0.85 <= found.evidence.holds[""] <= 0.95


def test_intervals_hold_on_layers_that_another_program_has_timed(found: Shipped) -> None:
    rows = found.evidence.elsewhere
    layers = sum(row["layers"] for row in rows)
    assert layers >= 300
    assert len(rows) >= 2
    assert min(row["minutes_later"] for row in rows) >= 1
    assert sum(row["layers"] * row["intervals_hold"] for row in rows) / layers >= 0.85


def test_networks_are_predicted_by_other_families(found: Shipped) -> None:
    cold = model_of(found.name).cold
    assert cold
    apart = sorted(abs(math.exp(error) - 1) for error in cold.errors)
    assert len(apart) >= 10
    assert apart[len(apart) // 2] <= 0.15


@pytest.mark.slow
def test_the_shipped_model_is_a_fresh_fit_of_the_shipped_times(
    found: Shipped, whole_forest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forest, "TREES", whole_forest)
    kept, fresh = model_of(found.name), learn(found.observed).predictor
    layers = [case.convolutions[0] for case in design(60, seed=21)]
    assert kept.seconds_of(layers) == pytest.approx(fresh.seconds_of(layers), rel=1e-6)
    for one, other in zip(
        kept.totals([conv] for conv in layers), fresh.totals([conv] for conv in layers), strict=True
    ):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-4)


@pytest.mark.slow
def test_writing_and_reading_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Shipped
) -> None:
    for module in (shipped, files):
        monkeypatch.setattr(module, "data_path", lambda *parts: str(tmp_path.joinpath(*parts)))
    evidence = Evidence(5.0, models=({"model": "one"},), repeated={"layers": 3})
    learnt = ship("mine", made_up.observed(60), evidence)
    assert names() == ["mine"]
    again = load("mine")
    assert list(again.measured) == list(learnt.measured)
    assert again.evidence.models == evidence.models
    assert again.evidence.repeated == evidence.repeated
    assert again.evidence.ended == 5.0
    assert again.unseen == pytest.approx(learnt.unseen, rel=1e-4)
    layers = [case.convolutions for case in design(20, seed=21)]
    assert model_of("mine").totals(layers) == learnt.predictor.totals(layers)
    with pytest.raises(InputError, match="'mien': did you mean 'mine'"):
        load("mien")
    # a model of other times is not believed
    path = tmp_path / "timings" / "mine.csv"
    path.write_bytes(path.read_bytes().replace(b",3,", b",5,", 1))
    monkeypatch.setattr(shipped, "learn", lambda observed: pytest.fail("fitted anew"))
    with pytest.raises(pytest.fail.Exception, match="fitted anew"):
        model_of("mine")


def test_the_roofline_is_near_what_was_measured(found: Shipped) -> None:
    assert found.observed.peaks
    table = points(found.measured, found.observed.peaks)
    assert len(table) == len(found.measured)
    plain = [row for row in table.rows if row["class"] in ("pointwise", "depthwise", "vector")]
    beyond = sum(row["share"] > 1.3 for row in plain)  # caches are faster than memory
    assert beyond < len(plain) / 3


def test_the_committed_page_is_fresh() -> None:
    assert (ROOT / PATH).read_bytes() == timing_page()[PATH]
