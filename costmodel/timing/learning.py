"""Learning: from what the sessions of a machine have measured to a model with intervals.

Sessions make two groups, the first and the second of each pair. A model of one group, which has not
seen a layer, is judged by every sample of that layer in the other group: what another run, another
way of timing and an unseen layer add is a part of each error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.errors import InputError
from costmodel.network.read.library import available, load
from costmodel.timing.case import Case
from costmodel.timing.cold import Cold, Sample, fitted
from costmodel.timing.convolution import Convolution
from costmodel.timing.machine import BYTES, Machine
from costmodel.timing.model.intervals import Errors, Intervals
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.model.trees import Trees
from costmodel.timing.model.validation import held_out
from costmodel.timing.roofline import Peaks

FEWEST = 40  # layers to learn from
_GROUPS = 2
_ByConvolution = dict[Convolution, tuple[list[float], list[float]]]


@dataclass(frozen=True)
class Observed:
    """What was measured on a machine.

    sessions: of each, seconds by case, one number per round. networks: seconds of whole networks.
    peaks: None where they were not measured.
    """

    machine: Machine
    sessions: Sequence[Mapping[Case, Sequence[float]]]
    networks: Mapping[str, float]
    peaks: Peaks | None = None


@dataclass(frozen=True, eq=False)
class Learnt:
    """A model, and what it says of layers that it has not seen.

    unseen: seconds by case, said by a model of all sessions without the layer. measured: the least
    seconds by case. errors: of each layer, judged by the other group. apart: whether there were two
    groups.
    """

    predictor: Predictor
    measured: dict[Case, float]
    unseen: dict[Case, float]
    errors: list[Errors]
    apart: bool


def learn(observed: Observed) -> Learnt:
    """Fit a model to everything, and find out how wrong such a model is.

    Raises:
        InputError: too few layers.
        MissingDependencyError: scikit-learn is not installed.
    """
    by_conv = _samples(observed.sessions)
    if len(by_conv) < FEWEST:
        raise InputError(
            f"{len(by_conv)} layers were measured on {observed.machine}; allowed are at least "
            f"{FEWEST}, which `costmodel calibrate` measures"
        )
    convolutions = list(by_conv)
    seconds = [min(one + other) for one, other in by_conv.values()]
    model = Trees().fit(convolutions, seconds)
    unseen = held_out(Trees, convolutions, seconds).tolist()
    groups = list(zip(*by_conv.values(), strict=True))
    apart = all(sum(map(bool, group)) >= FEWEST for group in groups)
    errors = _errors(convolutions, groups) if apart else _of_one(by_conv, unseen)
    real, said = (dict(zip(convolutions, own, strict=True)) for own in (seconds, unseen))
    cases = {case: case.convolutions[0] for own in observed.sessions for case in own}
    return Learnt(
        Predictor(
            observed.machine, model, Intervals(errors), _cold(observed, model), observed.peaks
        ),
        {case: real[conv] for case, conv in cases.items()},
        {case: said[conv] for case, conv in cases.items()},
        errors,
        apart,
    )


def _errors(
    convolutions: Sequence[Convolution], groups: Sequence[Sequence[list[float]]]
) -> list[Errors]:
    """Of every layer: its samples in each group against a model of the other one without it."""
    errors: list[list[float]] = [[] for _ in convolutions]
    for samples, others in (groups, groups[::-1]):
        least = [min(times, default=math.nan) for times in others]
        said = held_out(Trees, convolutions, least)
        for own, times, seconds in zip(errors, samples, said, strict=True):
            own += [math.log(time / seconds) for time in times]
    return [(conv.kind, own) for conv, own in zip(convolutions, errors, strict=True)]


def _of_one(by_conv: _ByConvolution, unseen: Sequence[float]) -> list[Errors]:
    """The same where there is one group: nothing is known of another run."""
    return [
        (conv.kind, [math.log(time / seconds) for own in samples for time in own])
        for (conv, samples), seconds in zip(by_conv.items(), unseen, strict=True)
    ]


def _samples(sessions: Sequence[Mapping[Case, Sequence[float]]]) -> _ByConvolution:
    """Seconds by convolution, those of the one group and those of the other."""
    found: _ByConvolution = {}
    for place, session in enumerate(sessions):
        for case, seconds in session.items():
            (conv,) = case.convolutions
            found.setdefault(conv, ([], []))[place % _GROUPS].extend(seconds)
    return found


def _cold(observed: Observed, model: Trees) -> Cold | None:
    """What a cold cache costs, from the networks that were timed and are known here."""
    known, samples = set(available()), []
    for name, seconds in observed.networks.items():
        if name in known:
            convs = network_convolutions(name)
            sizes = tuple(conv.values * BYTES[observed.machine.dtype] for conv in convs)
            samples.append(Sample(name, seconds, float(model.predict(convs).sum()), sizes))
    return fitted(samples) if samples else None


def network_convolutions(name: str) -> list[Convolution]:
    """The convolutions and linear layers of a shipped network, in the order in which they run."""
    cases = [Case(op.layer) for op in load(name).ops if op.layer is not None]
    return [conv for case in cases for conv in case.convolutions]
