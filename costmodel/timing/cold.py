"""Cold caches: what a layer costs more in a network than alone.

A layer that is timed over and over finds its input and weights in the cache; in a network other
layers have been there since. What that costs is learnt from random sequences of layers, each timed
in one go, against the sum of the same layers timed alone: so many seconds for every byte that a
cache could have kept.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from costmodel.timing.case import Case
from costmodel.timing.convolution import Convolution
from costmodel.timing.machine import Machine
from costmodel.timing.memory import BYTES
from costmodel.timing.sequences import least

_SEQUENCES, _LENGTH, _ROUNDS = 16, 30, 8
#: Sizes that a cache may have, per processor.
_CACHES = tuple(2**power for power in range(20, 27))


@dataclass(frozen=True)
class Cold:
    """What fetching from memory costs that was in the cache when a layer ran alone.

    seconds_per_byte: of what fits into the cache. cache: its size in bytes. errors: logarithms of
    measured / predicted of the sequences that this was learnt from, each left out in its turn.
    """

    seconds_per_byte: float
    cache: int
    errors: tuple[float, ...] = ()

    def seconds(self, conv: Convolution, dtype: str = "float32") -> float:
        """What a convolution costs more when its numbers have to come from memory."""
        return self.seconds_per_byte * min(conv.values * BYTES[dtype], self.cache)


def measure_cold(machine: Machine, measured: Mapping[Case, float], seed: int = 0) -> Cold:
    """Learn it from random sequences of measured layers; takes some seconds.

    Args:
        measured: seconds of each layer, timed alone.
    """
    rng = random.Random(seed)
    pool = sorted(measured, key=lambda case: case.key)
    length = min(_LENGTH, len(pool))
    sequences = [rng.sample(pool, length) for _ in range(_SEQUENCES)]
    seconds = least(sequences, machine, _ROUNDS)
    warm = [sum(measured[case] for case in sequence) for sequence in sequences]
    bytes_each = [
        [case.convolutions[0].values * BYTES[machine.dtype] for case in s] for s in sequences
    ]
    return fitted(seconds, warm, bytes_each)


def fitted(
    seconds: Sequence[float], warm: Sequence[float], bytes_each: Sequence[Sequence[int]]
) -> Cold:
    """The rate and the cache size that explain sequences best: least median relative error."""
    places = range(len(seconds))
    rate, cache = _fit(places, seconds, warm, bytes_each)
    errors = []
    for left_out in places:
        own_rate, own_cache = _fit([i for i in places if i != left_out], seconds, warm, bytes_each)
        said = warm[left_out] + own_rate * _capped(bytes_each[left_out], own_cache)
        errors.append(math.log(seconds[left_out] / said))
    return Cold(rate, cache, tuple(sorted(errors)))


def _fit(
    places: Sequence[int],
    seconds: Sequence[float],
    warm: Sequence[float],
    bytes_each: Sequence[Sequence[int]],
) -> tuple[float, int]:
    best = (math.inf, 0.0, _CACHES[0])
    for cache in _CACHES:
        moved = {i: _capped(bytes_each[i], cache) for i in places}
        rate = max(0.0, _median([(seconds[i] - warm[i]) / moved[i] for i in places]))
        error = _median([abs((warm[i] + rate * moved[i]) / seconds[i] - 1) for i in places])
        best = min(best, (error, rate, cache))
    return best[1], best[2]


def _capped(each: Sequence[int], cache: int) -> int:
    return sum(min(size, cache) for size in each)


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
