"""Calibrate: measure a designed set of layers within a budget; and the model that comes of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from costmodel.errors import InputError
from costmodel.table import Table
from costmodel.timing.cold import fitted
from costmodel.timing.convolution import of_layer
from costmodel.timing.machine import Machine
from costmodel.timing.measure.design import design
from costmodel.timing.measure.networks import measure_networks
from costmodel.timing.measure.peaks import measure_peaks
from costmodel.timing.measure.protocol import rounds
from costmodel.timing.model.intervals import LEVEL, coverage
from costmodel.timing.model.predictor import Predictor, make
from costmodel.timing.model.validation import CANDIDATES, compare_models, held_out
from costmodel.timing.store.database import Store

#: Name of the runs that a machine is calibrated by.
CALIBRATION = "calibration"
#: Seconds that measuring may take unless it is told otherwise; fitting comes on top.
BUDGET = 145.0
_LAYERS = 3000
ROUNDS = 6  # more layers teach a model more than more rounds of fewer ones
_FEWEST_LAYERS, _FEWEST_ROUNDS = 60, 3
_OVERRUN = 1.1  # of the share of the budget that rounds have
_COLD = 0.12  # of the budget, for whole networks
_VISIT = 9e-3  # seconds, building and warming up included; the first round corrects it

_COLUMNS = (
    "machine",
    "layers",
    "rounds",
    "seconds",
    "median_error",
    "within_10",
    "coverage",
)

#: Called with (visits done, visits in all).
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Calibration:
    """What calibrating a machine has shown.

    layers, rounds, seconds: what was measured, and how long that took. coverage: how often 90 %
    intervals hold on layers that were not seen. models: the table of models against each other,
    None where it was not asked for. median_error, within_10: of the model in use, on such layers.
    """

    machine: Machine
    layers: int
    rounds: int
    seconds: float
    median_error: float
    within_10: float
    coverage: float
    models: Table | None = None

    def to_table(self) -> Table:
        """One row: what was measured, and how well unseen layers are predicted."""
        cells = {name: getattr(self, name) for name in _COLUMNS if name != "machine"}
        return Table(_COLUMNS, [{"machine": str(self.machine), **cells}])


def calibrate(
    store: Store,
    machine: Machine,
    budget: float = BUDGET,
    *,
    seed: int = 0,
    compare: bool = False,
    progress: Progress | None = None,
) -> Calibration:
    """Measure a set of layers, find out how well a model predicts them, and keep both.

    A calibration that was interrupted goes on; one that is complete is not measured again.

    Args:
        budget: seconds of measuring; fewer layers are taken where it is short.
        compare: also fit the other models, for the table.

    Raises:
        InputError: a budget too short for a model.
    """
    import numpy

    layers = (1 - _COLD) * budget / (ROUNDS * _VISIT)
    if not layers >= _FEWEST_LAYERS:  # also where it is not a number
        least = math.ceil(_FEWEST_LAYERS * ROUNDS * _VISIT / (1 - _COLD))
        raise InputError(f"the budget is {budget:g} s; allowed are {least} s and more")
    start = time.monotonic()
    begun = store.find(CALIBRATION, machine)
    cases = list(begun.cases) if begun else design(int(min(layers, _LAYERS)), seed)
    run = store.begin(CALIBRATION, machine, cases, ROUNDS, seed)
    done, last, longest = len(run.done), start, 0.0
    for turn, times in rounds(cases, machine, run.missing, run.seed, progress):
        store.keep(run, turn, times)
        done += 1
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        # a slow machine gets fewer rounds, as long as another one would end too late
        if done >= _FEWEST_ROUNDS and now - start + longest > _OVERRUN * (1 - _COLD) * budget:
            break
    if store.peaks(machine) is None:
        store.keep_peaks(machine, measure_peaks(machine))
    measured = store.summaries(run)
    convolutions = [of_layer(case.layer) for case in measured]
    seconds = [summary.minimum for summary in measured.values()]
    unseen = held_out(make, convolutions, seconds)
    store.keep_unseen(machine, dict(zip(measured, map(float, unseen), strict=True)))
    if store.cold(machine) is None:
        model = make().fit(convolutions, seconds)
        samples = measure_networks(
            machine, lambda parts: float(model.predict(parts).sum()), budget * _COLD
        )
        store.keep_cold(machine, fitted(samples))
    took = time.monotonic() - start
    errors = numpy.abs(unseen / numpy.array(seconds) - 1)
    return Calibration(
        machine,
        len(measured),
        done,
        took,
        float(numpy.median(errors)),
        float((errors <= 0.1).mean()),
        coverage(convolutions, seconds, list(unseen), LEVEL),
        compare_models(convolutions, seconds, CANDIDATES) if compare else None,
    )


def calibrated(store: Store, machine: Machine | None = None) -> Predictor:
    """The model of a calibrated machine; None is the one that was calibrated last.

    Raises:
        InputError: that machine, or any, is not calibrated in this store.
    """
    runs = [run for run in store.runs() if run.name == CALIBRATION]
    runs = [run for run in runs if machine is None or run.machine == machine]
    if not runs:
        which = f"{machine} is not" if machine else "no machine is"
        raise InputError(
            f"{which} calibrated in {store.path!r}; `costmodel calibrate` measures this one"
        )
    run = runs[-1]
    measured = store.summaries(run)
    unseen = store.unseen(run.machine)
    known = all(case in unseen for case in measured)
    return Predictor(
        run.machine,
        {of_layer(case.layer): summary.minimum for case, summary in measured.items()},
        [unseen[case] for case in measured] if known else None,
        store.cold(run.machine),
    )
