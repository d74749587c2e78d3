"""Concrete layers for any variant: random, seeded by its name, sizes pairwise distinct.

Hyper-parameters stay off the edge of their range, where a branch or a repetition falls away and a
formula in letters need not hold; the tests of derivations go there on purpose.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import costmodel as cm
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError

#: What ships; a test never depends on variants that another one defined.
CATALOGUE = [v for v in VARIANTS.values() if v.family != "custom"]
_TRIES = 3000


def square_layers(variant: Variant, dims: int, count: int) -> Iterator[cm.Counts]:
    """Layers like the general one: a window of side k, stride 1, "same" padding, one image."""
    draw = random.Random(f"square {variant.id} {dims}")

    def facts() -> dict[str, Any]:
        return {
            "kernel": draw.choice([2, 3, 4, 5, 7]),
            "size": tuple(draw.sample(range(6, 40), dims)),
        }

    return _fitting(variant, dims, count, draw, facts)


def any_layers(variant: Variant, dims: int, count: int) -> Iterator[cm.Counts]:
    """Layers of every geometry: a side, a stride, a padding for each axis, groups, images, bias."""
    draw = random.Random(f"any {variant.id} {dims}")

    def facts() -> dict[str, Any]:
        return {
            "kernel": tuple(draw.sample([1, 2, 3, 4, 5, 6], dims)),
            "size": tuple(draw.sample(range(12, 50), dims)),
            "stride": draw.choice([1, 2, tuple(draw.sample([1, 2, 3, 4], dims))]),
            "dilation": draw.choice([1, 1, tuple(draw.sample([1, 2, 3], dims))]),
            "padding": draw.choice(["same", "valid", 1, tuple(draw.sample([0, 1, 2, 3], dims))]),
            "groups": draw.choice([1, 1, 2]),
            "batch": draw.choice([1, 3]),
            "bias": draw.random() < 0.5,
            "transposed": draw.random() < 0.2,
        }

    return _fitting(variant, dims, count, draw, facts)


def _fitting(
    variant: Variant, dims: int, count: int, draw: random.Random, facts: Any
) -> Iterator[cm.Counts]:
    found = 0
    for _ in range(_TRIES):
        m, n = (12 * size for size in draw.sample(range(1, 12), 2))
        if draw.random() < 0.3 and not any(meant.real for meant in variant.hyper.values()):
            m = max(m // 12, 2)  # some variants need n to be a multiple of m
        fields = {"in_channels": m, "out_channels": n, **facts(), **variant.domain}
        if not isinstance(fields["size"], tuple):
            fields["size"] = (fields["size"],) * dims
        hyper: dict[str, Any] = {}
        for name, meant in variant.hyper.items():
            if meant.real:
                hyper[name] = Fraction(draw.randint(1, 6), 7)
            elif draw.random() < 0.5:
                hyper[name] = draw.randint(max(2, meant.low), min(meant.high or 9, 9))
        try:
            yield cm.count(variant, cm.ConvLayer(**fields), **hyper)
        except CostModelError:
            continue  # a rank above the channels, or channels that do not divide
        found += 1
        if found == count:
            return
    raise AssertionError(f"{variant.id}: only {found} of {count} layers fit")
