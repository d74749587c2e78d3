"""Predictor: seconds of convolutions, alone or in a row, on a calibrated machine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from costmodel.core.bound import BoundVariant
from costmodel.errors import InputError
from costmodel.timing.cold import Cold
from costmodel.timing.convolution import Convolution, convolutions
from costmodel.timing.machine import Machine
from costmodel.timing.model.intervals import LEVEL, Intervals, Prediction, conformal
from costmodel.timing.model.trees import Trees
from costmodel.timing.model.validation import held_out

#: The model in use, by the evidence of `validation.compare_models`.
MODEL = "both"
_FEWEST = 40  # layers to learn from


class Predictor:
    """A model of one machine's times.

    Args:
        machine: what it holds for.
        measured: seconds by convolution.
        unseen: what the model said of each of these without having seen it; None finds out, which
            takes some seconds.
        cold: what a layer costs more in a network than alone; None is nothing.

    Raises:
        InputError: too few convolutions to learn from.
    """

    def __init__(
        self,
        machine: Machine,
        measured: Mapping[Convolution, float],
        unseen: Sequence[float] | None = None,
        cold: Cold | None = None,
    ) -> None:
        if len(measured) < _FEWEST:
            raise InputError(
                f"{len(measured)} layers were measured on {machine}; allowed are at least "
                f"{_FEWEST}, which `costmodel calibrate` measures"
            )
        self.machine = machine
        self.cold = cold
        self.convolutions = list(measured)
        self.seconds = list(measured.values())
        if unseen is None:
            unseen = held_out(make, self.convolutions, self.seconds)
        self.unseen = list(map(float, unseen))
        self.intervals = Intervals(self.convolutions, self.seconds, self.unseen)
        self.model: Any = make().fit(self.convolutions, self.seconds)

    def seconds_of(self, parts: Iterable[Convolution]) -> list[float]:
        """Seconds of each convolution."""
        wanted = list(parts)
        return [float(value) for value in self.model.predict(wanted)] if wanted else []

    def total(self, parts: Iterable[Convolution], level: float = LEVEL) -> Prediction:
        """Seconds of convolutions that run one after the other, with the interval of their sum."""
        counted = Counter(parts)
        if not counted:
            return Prediction(0.0, 0.0, 0.0, level)
        each = zip(counted, self.seconds_of(counted), strict=True)
        return self.intervals.of_sum({c: (s, counted[c]) for c, s in each}, level)

    def in_a_row(self, parts: Iterable[Convolution]) -> Prediction:
        """Seconds of convolutions as a network runs them: each finds the caches cold."""
        counted = Counter(parts)
        alone = self.total(counted.elements())
        if not counted or self.cold is None:
            return alone
        dtype = self.machine.dtype
        more = sum(self.cold.seconds(conv, dtype) * times for conv, times in counted.items())
        middle, errors = alone.seconds + more, self.cold.errors
        if not errors:
            return Prediction(middle, alone.low + more, alone.high + more)
        low, high = (math.exp(error) for error in conformal(errors, LEVEL))
        return Prediction(middle, middle * min(low, 1.0), middle * max(high, 1.0))

    def variant(self, bound: BoundVariant, level: float = LEVEL) -> Prediction:
        """Seconds of a variant on a layer: the sum over its stages."""
        return self.total(convolutions(bound), level)


def make() -> Trees:
    """A new model of the kind in use."""
    return Trees(MODEL)
