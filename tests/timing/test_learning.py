"""What another run adds is in the intervals, because a model is judged by the other session."""

from __future__ import annotations

from dataclasses import replace

import pytest

from costmodel.errors import InputError
from costmodel.timing.learning import Observed, learn
from costmodel.timing.measure.design import design
from costmodel.timing.model.intervals import coverage
from tests.timing import made_up

pytestmark = pytest.mark.slow


def held(found: Observed, elsewhere: dict) -> float:
    """How often intervals hold single samples of layers that were not in the calibration."""
    predictor = learn(found).predictor
    said = predictor.totals(case.convolutions for case in elsewhere)
    inside = [
        interval.low <= time <= interval.high
        for interval, times in zip(said, elsewhere.values(), strict=True)
        for time in times
    ]
    return sum(inside) / len(inside)


def test_intervals_hold_in_another_run() -> None:
    # on the law exactly, but for what a run is slower than another one: by up to 30 %
    cases = [case for case in design(520, seed=3)[300:] if case.layer]
    found = made_up.observed(300, shift=1.3)
    third = made_up.session(cases, seed=9, shift=1.2)
    one_run = replace(found, sessions=found.sessions[:1])
    assert held(found, third) >= 0.85
    assert held(one_run, third) < 0.8, "a single run knows nothing of another one"


def test_the_figures_are_honest_about_the_other_session() -> None:
    learnt = learn(made_up.observed(200, shift=1.3))
    assert learnt.apart
    assert 0.8 <= coverage(learnt.errors) <= 0.97
    low = [min(own) for _, own in learnt.errors]
    high = [max(own) for _, own in learnt.errors]
    assert sum(a < 0 < b for a, b in zip(low, high, strict=True)) > 0.8 * len(low)
    alone = learn(replace(made_up.observed(80), sessions=made_up.observed(80).sessions[:1]))
    assert not alone.apart


def test_everything_that_was_measured_is_learnt_from() -> None:
    found = made_up.observed(90)
    more = made_up.session(design(150, seed=3)[90:], seed=4)
    learnt = learn(replace(found, sessions=[*found.sessions, more, more]))
    assert len(learnt.measured) == len(learnt.unseen) == 150
    assert learnt.measured == {
        case: min(seconds for own in (*found.sessions, more) for seconds in own.get(case, ()))
        for case in learnt.measured
    }
    assert learnt.predictor.cold
    assert {name for name, *_ in learnt.predictor.cold.networks} == set(made_up.NETWORKS)


def test_too_few_layers_are_one_sentence() -> None:
    with pytest.raises(InputError, match=r"39 layers were measured .* allowed are at least 40"):
        learn(made_up.observed(39))
