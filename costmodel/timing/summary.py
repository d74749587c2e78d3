"""Summary: what the rounds of a measurement say of one case."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """What the rounds say of one case, in seconds.

    rounds: how many there are. iqr: the middle half's width. upper: the end of the middle half,
    which three quarters of the rounds are below.
    """

    rounds: int
    minimum: float
    median: float
    iqr: float
    upper: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Summary:
        """The summary of at least one sample."""
        ordered = sorted(samples)
        low, middle, high = (_quantile(ordered, q) for q in (0.25, 0.5, 0.75))
        return cls(len(ordered), ordered[0], middle, high - low, high)


def _quantile(ordered: Sequence[float], q: float) -> float:
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
