"""Prediction intervals from errors that the model made on layers and in runs not seen before.

Conformal: an interval is made of quantiles of held-out errors of the same class, so that it holds
as often as it states whatever the distribution of the errors is, as long as the layer is one like
those of the calibration. An error compares what a model says that was made of one run, without the
layer, with a single sample of that layer in another run: the difference between two runs and two
ways of timing is a part of it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.timing.convolution import CLASSES, Convolution

#: How often a stated interval is meant to hold.
LEVEL = 0.9
_FEWEST = 20  # layers of a class; with fewer, it has the errors of all classes
_DRAWS = 1000
_REST = ""
_ROUNDING = 1e-9  # (1 − 0.9) / 2 · 100 is a little below 5


@dataclass(frozen=True)
class Prediction:
    """Seconds, and the interval that holds the true time in `level` of all cases."""

    seconds: float
    low: float
    high: float
    level: float = LEVEL

    def __str__(self) -> str:
        low, middle, high = (in_units(value) for value in (self.low, self.seconds, self.high))
        return f"{middle} [{low} – {high}]"


def in_units(seconds: float) -> str:
    """Three significant digits with the unit that suits: `1.23 ms`."""
    units = ((1.0, "s"), (1e3, "ms"), (1e6, "µs"))
    factor, unit = next((u for u in units if seconds * u[0] >= 1), units[-1])
    value = seconds * factor
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{digits}f} {unit}"


#: Held-out errors of one layer: its class, and log(measured / predicted) of every sample.
Errors = tuple[str, Sequence[float]]


class Intervals:
    """Held-out errors by class.

    Args:
        errors: of each layer.
    """

    def __init__(self, errors: Sequence[Errors]) -> None:
        import numpy

        by_class: dict[str, list[float]] = {}
        self.layers: dict[str, int] = {_REST: len(errors)}
        for kind, own in errors:
            by_class.setdefault(kind, []).extend(own)
            self.layers[kind] = self.layers.get(kind, 0) + 1
        self.errors: dict[str, Any] = {
            # as they are kept, so that a model is the same before and after
            kind: numpy.sort(numpy.array(own, dtype="f4"))
            for kind, own in by_class.items()
        }
        self._join()

    def _join(self) -> None:
        import numpy

        every = [own for kind, own in self.errors.items() if kind != _REST]
        self.errors[_REST] = numpy.sort(numpy.concatenate(every)) if every else numpy.zeros(1, "f4")

    @property
    def arrays(self) -> dict[str, Any]:
        """Everything there is to keep, by name: the errors one class after another."""
        import numpy

        own = [self.errors.get(kind, numpy.zeros(0, "f4")) for kind in CLASSES]
        return {
            "errors": numpy.concatenate(own),
            "errors_each": numpy.array(list(map(len, own)), dtype="i4"),
            "errors_layers": numpy.array(
                [self.layers.get(kind, 0) for kind in (_REST, *CLASSES)], dtype="i4"
            ),
        }

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Intervals:
        """The inverse of `arrays`; raises `KeyError` where one is missing."""
        made, start = cls([]), 0
        for kind, count in zip(CLASSES, arrays["errors_each"].tolist(), strict=True):
            if count:
                made.errors[kind] = arrays["errors"][start : start + count]
            start += count
        layers = arrays["errors_layers"].tolist()
        made.layers = dict(zip((_REST, *CLASSES), layers, strict=True))
        made._join()
        return made

    def _class(self, kind: str) -> str:
        return kind if self.layers.get(kind, 0) >= _FEWEST else _REST

    def around(self, kind: str, seconds: float, level: float = LEVEL) -> Prediction:
        """The interval of one convolution."""
        known = self._class(kind)
        low, high = conformal(self.errors[known], level, self.layers[known])
        return Prediction(seconds, seconds * math.exp(low), seconds * math.exp(high), level)

    def of_sum(
        self,
        parts: Mapping[Convolution, tuple[float, int]],
        level: float = LEVEL,
    ) -> Prediction:
        """The interval of a sum of convolutions.

        Args:
            parts: the seconds of each, and how often it runs. Equal ones err alike, different ones
                independently of each other.
        """
        import numpy

        middle = sum(seconds * times for seconds, times in parts.values())
        if len(parts) == 1:
            (conv,) = parts
            return self.around(conv.kind, middle, level)
        ends = [(1 - level) / 2, (1 + level) / 2]
        low, high = map(float, numpy.quantile(self._drawn(parts), ends))
        return Prediction(middle, min(low, middle), max(high, middle), level)

    def above(self, parts: Mapping[Convolution, tuple[float, int]], least: float = 0.0) -> float:
        """How likely a sum of convolutions, some of them taken away, is above some seconds.

        Args:
            parts: as for `of_sum`; how often each runs is below 0 where it is taken away.
        """
        sums = self._drawn(parts)
        return float((sums > least).mean() + (sums == least).mean() / 2)

    def _drawn(self, parts: Mapping[Convolution, tuple[float, int]]) -> Any:
        """Sums of convolutions, each with an error drawn for it; the same draws for the same."""
        import numpy

        rng = numpy.random.default_rng(0)
        sums = numpy.zeros(_DRAWS)
        for conv, (seconds, times) in parts.items():
            errors = self.errors[self._class(conv.kind)]
            drawn = errors[rng.integers(len(errors), size=_DRAWS)]
            sums += seconds * times * numpy.exp(drawn, dtype=float)
        return sums


def conformal(errors: Sequence[float], level: float, layers: int | None = None) -> tuple[Any, Any]:
    """The two quantiles of sorted errors that one more of the same kind lies between.

    With n errors, the k-th smallest is exceeded from below by a new one with probability
    k / (n + 1); with too few of them for the level, the extremes.

    Args:
        layers: how many of the errors are independent of each other, where they come in groups.
    """
    count, outside = len(errors), (1 - level) / 2
    n = layers or count
    each = count / n
    low = max(math.floor(outside * (n + 1) * each + _ROUNDING), 1)
    high = min(math.ceil((1 - outside) * (n + 1) * each - _ROUNDING), count)
    return errors[min(low, count) - 1], errors[high - 1]


def coverage(errors: Sequence[Errors], level: float = LEVEL, repeats: int = 20) -> float:
    """How often intervals hold on layers that neither the model nor the interval has seen.

    The errors of half of the layers make the intervals, the other half's are looked at; the mean
    over random halves.
    """
    places: list[int] = list(range(len(errors)))
    held, looked = 0, 0
    for seed in range(repeats):
        random.Random(seed).shuffle(places)
        half = len(places) // 2
        made = Intervals([errors[i] for i in places[:half]])
        around = {kind: made.around(kind, 1.0, level) for kind in {kind for kind, _ in errors}}
        for i in places[half:]:
            kind, own = errors[i]
            low, high = math.log(around[kind].low), math.log(around[kind].high)
            held += sum(low <= error <= high for error in own)
            looked += len(own)
    return held / looked
