"""Predictor: seconds of convolutions, alone or in a row, on a calibrated machine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from costmodel.core.bound import BoundVariant
from costmodel.timing.cold import Cold
from costmodel.timing.convolution import Convolution, convolutions
from costmodel.timing.machine import Machine
from costmodel.timing.model.intervals import LEVEL, Intervals, Prediction, conformal
from costmodel.timing.model.trees import Trees
from costmodel.timing.roofline import Peaks

#: Different convolutions of a row, and how often each runs.
_Parts = tuple[tuple[Convolution, int], ...]
_MOST_KEPT = 20_000  # rows; some hundred bytes each


@dataclass(frozen=True, eq=False)
class Predictor:
    """A model of one machine's times.

    machine: what it holds for. model: seconds of a convolution. intervals: how wrong it may be.
    cold: what a layer costs more in a network than alone; None is nothing. peaks: of the machine,
    None where they were not measured.
    """

    machine: Machine
    model: Trees
    intervals: Intervals
    cold: Cold | None = None
    peaks: Peaks | None = None
    #: Predictions made, since of a comparison in which one number changes most rows are the same.
    _made: dict[tuple[_Parts, float], Prediction] = field(
        default_factory=dict, init=False, repr=False
    )

    def seconds_of(self, parts: Iterable[Convolution]) -> list[float]:
        """Seconds of each convolution."""
        wanted = list(parts)
        return [float(value) for value in self.model.predict(wanted)] if wanted else []

    def total(self, parts: Iterable[Convolution], level: float = LEVEL) -> Prediction:
        """Seconds of convolutions that run one after the other, with the interval of their sum."""
        return self.totals([parts], level)[0]

    def totals(
        self, rows: Iterable[Iterable[Convolution]], level: float = LEVEL
    ) -> list[Prediction]:
        """The same of many rows at once, which takes little longer than one."""
        asked: list[_Parts] = [tuple(Counter(parts).items()) for parts in rows]
        found = {parts: made for parts in asked if (made := self._made.get((parts, level)))}
        new = [parts for parts in dict.fromkeys(asked) if parts not in found]
        distinct = list(dict.fromkeys(conv for parts in new for conv, _ in parts))
        seconds = dict(zip(distinct, self.seconds_of(distinct), strict=True))
        if len(self._made) > _MOST_KEPT:
            self._made.clear()
        for parts in new:
            timed = {conv: (seconds[conv], times) for conv, times in parts}
            found[parts] = self._made[parts, level] = (
                self.intervals.of_sum(timed, level) if timed else Prediction(0.0, 0.0, 0.0, level)
            )
        return [found[parts] for parts in asked]

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

    def chance(
        self, one: Iterable[Convolution], other: Iterable[Convolution], cold: bool = False
    ) -> float:
        """How likely some convolutions take less time than others, from 0 to 1.

        Equal convolutions err alike, on both sides too; different ones independently of each other.

        Args:
            cold: as a network runs them, see `in_a_row`.
        """
        first, second = Counter(one), Counter(other)
        more = {conv: second[conv] - first[conv] for conv in {**first, **second}}
        differing = {conv: times for conv, times in more.items() if times}
        seconds = dict(zip(differing, self.seconds_of(differing), strict=True))
        least = 0.0
        if cold and self.cold is not None:
            dtype, waits = self.machine.dtype, self.cold.seconds
            least = -sum(waits(conv, dtype) * times for conv, times in differing.items())
        return self.intervals.above(
            {conv: (seconds[conv], times) for conv, times in differing.items()}, least
        )

    def variant(self, bound: BoundVariant, level: float = LEVEL) -> Prediction:
        """Seconds of a variant on a layer: the sum over its stages."""
        return self.total(convolutions(bound), level)
