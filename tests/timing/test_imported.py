"""Times of another device: taken in whole, once, and as good as measured here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from costmodel.errors import InputError
from costmodel.timing.convolution import of_layer
from costmodel.timing.imported import take_in
from costmodel.timing.kept import model_of, observed
from costmodel.timing.measure.design import design
from costmodel.timing.sessions import numbers, sessions
from costmodel.timing.store.database import Store
from costmodel.timing.store.exchange import read, written
from tests.timing import made_up
from tests.timing.made_up import MACHINE

pytestmark = pytest.mark.slow


def test_a_file_answers_as_the_machine_that_wrote_it(store: Store) -> None:
    text = written(made_up.observed(100)).to_csv()
    (found,) = read(text, "it").values()
    learnt = take_in(store, found)
    assert written(observed(store, MACHINE)).to_csv() == text
    kept = model_of(store, MACHINE)
    assert not kept.refitted
    layers = [of_layer(case.layer) for case in design(30, seed=8)]
    assert kept.predictor.seconds_of(layers) == learnt.predictor.seconds_of(layers)
    assert kept.predictor.peaks == found.peaks
    assert kept.predictor.cold
    assert store.unseen(MACHINE) == learnt.unseen


def test_the_same_times_twice_are_taken_in_once(store: Store) -> None:
    found = made_up.observed(60)
    take_in(store, found)
    take_in(store, found)
    assert [numbers(run.name) for run in store.runs()] == [(1, 1), (1, 2)]
    other = made_up.observed(60, shift=1.1)
    take_in(store, other)
    assert [numbers(run.name) for run in sessions(store, MACHINE)] == [(2, 1), (2, 2)]
    assert observed(store, MACHINE).sessions == other.sessions


def test_rounds_may_differ_from_layer_to_layer(store: Store) -> None:
    found = made_up.observed(50)
    uneven = [
        {case: seconds[: 1 + place % 2] for place, (case, seconds) in enumerate(own.items())}
        for own in found.sessions
    ]
    take_in(store, replace(found, sessions=uneven))
    assert observed(store, MACHINE).sessions == uneven


def test_too_few_layers_leave_nothing_behind(store: Store) -> None:
    with pytest.raises(InputError, match="39 layers were measured"):
        take_in(store, made_up.observed(39))
    assert store.runs() == []
