"""What a cold cache costs is learnt from networks, and judged by other families of them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from costmodel.timing.cold import Sample, fitted
from costmodel.timing.convolution import Convolution

pytestmark = pytest.mark.slow

Layers = list[Convolution]


def cold_samples(rate: float, cache: int) -> list[Sample]:
    rng = random.Random(1)
    samples = []
    for place in range(12):
        sizes = tuple(rng.choice((2**17, 2**19, 2**22, 2**24)) for _ in range(20))
        alone = rng.uniform(0.01, 0.02)
        real = alone + rate * sum(min(size, cache) for size in sizes)
        samples.append(Sample(f"{'abc'[place % 3]}{place}", real, alone, sizes))
    return samples


def test_what_a_cold_cache_costs_is_recovered(layers: Layers) -> None:
    rate, cache = 1 / 12e9, 2**22
    cold = fitted(cold_samples(rate, cache))
    assert cold.cache == cache
    assert cold.seconds_per_byte == pytest.approx(rate)
    assert max(map(abs, cold.errors)) < 1e-9
    large = max(layers, key=lambda conv: conv.values)
    assert cold.seconds(large) == pytest.approx(rate * cache)
    assert fitted(cold_samples(-rate / 9, cache)).seconds_per_byte == 0  # never negative


def test_a_network_is_judged_by_other_families_only() -> None:
    samples = cold_samples(1 / 12e9, 2**22)
    slow = [replace(s, measured=3 * s.measured) if s.family == "a" else s for s in samples]
    for name, real, said in fitted(slow).networks:
        if name.startswith("a"):
            assert said == pytest.approx(real / 3)  # learnt from b and c, which are as before


def test_without_a_network_nothing_is_added(layers: Layers) -> None:
    cold = fitted([])
    assert cold.networks == ()
    assert cold.seconds(layers[0]) == 0
