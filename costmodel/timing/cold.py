"""Cold caches: what a layer costs more in a network than alone.

A layer that is timed over and over finds its input and weights in the cache; in a network other
layers have been there since. What that costs is learnt from whole networks, each timed in one go,
against the sum of what is predicted for their layers alone: so many seconds for every byte that a
cache could have kept. How wrong that is, is seen on networks of other families than those that it
was learnt from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.timing.convolution import Convolution
from costmodel.timing.machine import BYTES

#: Sizes that the cache may have which a layer alone makes use of.
_CACHES = tuple(2**power for power in range(18, 28))


@dataclass(frozen=True)
class Cold:
    """What fetching from memory costs that was in the cache when a layer ran alone.

    seconds_per_byte: of what fits into the cache. cache: its size in bytes. networks: (name,
    seconds measured, seconds predicted by what the other families of networks say).
    """

    seconds_per_byte: float
    cache: int
    networks: tuple[tuple[str, float, float], ...] = ()

    def seconds(self, conv: Convolution, dtype: str = "float32") -> float:
        """What a convolution costs more when its numbers have to come from memory."""
        return self.seconds_per_byte * min(conv.values * BYTES[dtype], self.cache)

    @property
    def errors(self) -> list[float]:
        """Logarithms of measured / predicted of the networks, sorted."""
        return sorted(math.log(real / said) for _, real, said in self.networks)


@dataclass(frozen=True)
class Sample:
    """One network: what it took, what its layers take alone, and the bytes of each of them."""

    name: str
    measured: float
    alone: float
    bytes_each: tuple[int, ...]

    @property
    def family(self) -> str:
        """Networks of one family are near-duplicates: `resnet18`, `resnet50_v1`."""
        word = re.match("[a-z]+", self.name)
        return word.group() if word else self.name

    def with_cold(self, rate: float, cache: int) -> float:
        """Seconds with every layer's numbers fetched from memory."""
        return self.alone + rate * sum(min(size, cache) for size in self.bytes_each)


def fitted(samples: Sequence[Sample]) -> Cold:
    """The rate and the cache size that explain networks best: least mean relative error.

    Without a network nothing is known, and nothing is added.
    """
    if not samples:
        return Cold(0.0, _CACHES[0])
    said = []
    for sample in samples:
        others = [other for other in samples if other.family != sample.family]
        said.append(sample.with_cold(*_fit(others or samples)))
    rows = ((s.name, s.measured, value) for s, value in zip(samples, said, strict=True))
    return Cold(*_fit(samples), tuple(rows))


def _fit(samples: Sequence[Sample]) -> tuple[float, int]:
    best = (math.inf, 0.0, _CACHES[0])
    for cache in _CACHES:
        slopes = sorted((s.measured - s.alone) / (s.with_cold(1, cache) - s.alone) for s in samples)
        rate = max(0.0, slopes[len(slopes) // 2])
        errors = [abs(s.with_cold(rate, cache) / s.measured - 1) for s in samples]
        best = min(best, (sum(errors), rate, cache))
    return best[1], best[2]
