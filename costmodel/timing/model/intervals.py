"""Prediction intervals from errors that the model made on layers that it had not seen.

Conformal: an interval is made of quantiles of held-out errors of the same class, so that it holds
as often as it states whatever the distribution of the errors is, as long as the layer is one like
those of the calibration.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.timing.convolution import Convolution

#: How often a stated interval is meant to hold.
LEVEL = 0.9
_FEWEST = 20  # errors of a class; with fewer, it has those of all classes
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


class Intervals:
    """Held-out errors by class, as logarithms of measured / predicted.

    Args:
        convolutions, measured, predicted: layers, their seconds, and what the model said of each
            without having seen it.
    """

    def __init__(
        self,
        convolutions: Sequence[Convolution],
        measured: Sequence[float],
        predicted: Sequence[float],
    ) -> None:
        self.errors: dict[str, list[float]] = {_REST: []}
        for conv, real, said in zip(convolutions, measured, predicted, strict=True):
            error = math.log(real / said)
            self.errors.setdefault(conv.kind, []).append(error)
            self.errors[_REST].append(error)
        for errors in self.errors.values():
            errors.sort()

    def of(self, kind: str) -> list[float]:
        """The errors that speak for a class, sorted."""
        own = self.errors.get(kind, [])
        return own if len(own) >= _FEWEST else self.errors[_REST]

    def around(self, kind: str, seconds: float, level: float = LEVEL) -> Prediction:
        """The interval of one convolution."""
        low, high = conformal(self.of(kind), level)
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
        middle = sum(seconds * times for seconds, times in parts.values())
        if len(parts) == 1:
            (conv,) = parts
            return self.around(conv.kind, middle, level)
        rng = random.Random(0)
        pools = [(self.of(c.kind), s * t) for c, (s, t) in parts.items()]
        sums = sorted(
            sum(seconds * math.exp(rng.choice(errors)) for errors, seconds in pools)
            for _ in range(_DRAWS)
        )
        outside = (1 - level) / 2
        low, high = sums[int(outside * _DRAWS)], sums[min(int((1 - outside) * _DRAWS), _DRAWS - 1)]
        return Prediction(middle, min(low, middle), max(high, middle), level)


def conformal(errors: Sequence[float], level: float) -> tuple[float, float]:
    """The two quantiles of sorted errors that one more of the same kind lies between.

    With n errors, the k-th smallest is exceeded from below by a new one with probability
    k / (n + 1); with too few of them for the level, the extremes.
    """
    count, outside = len(errors), (1 - level) / 2
    low = max(math.floor(outside * (count + 1) + _ROUNDING), 1)
    high = min(math.ceil((1 - outside) * (count + 1) - _ROUNDING), count)
    return errors[low - 1], errors[high - 1]


def coverage(
    convolutions: Sequence[Convolution],
    measured: Sequence[float],
    predicted: Sequence[float],
    level: float = LEVEL,
    repeats: int = 20,
) -> float:
    """How often intervals hold on layers that neither the model nor the interval has seen.

    Half of the held-out errors make the intervals, the other half is looked at; the mean over
    random halves.
    """
    places: list[int] = list(range(len(convolutions)))
    held, looked = 0, 0
    for seed in range(repeats):
        random.Random(seed).shuffle(places)
        half = len(places) // 2
        known = ([values[i] for i in places[:half]] for values in (measured, predicted))
        made = Intervals([convolutions[i] for i in places[:half]], *known)
        for i in places[half:]:
            interval = made.around(convolutions[i].kind, predicted[i], level)
            held += int(interval.low <= measured[i] <= interval.high)  # no NumPy number in a cell
            looked += 1
    return held / looked
