"""Which layers calibrate a machine: random ones of every class, as networks have them.

Sizes are log-uniform, since a network's are; channels are mostly multiples of eight. Work is
bounded, so that a whole set is measured in minutes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from costmodel.core.layer import ConvLayer
from costmodel.timing.case import Case
from costmodel.timing.convolution import of_layer

#: Work of one layer, in multiply-accumulates: below is noise, above takes too long.
LEAST, MOST = 20_000, 600_000_000
_GRIDS = (7, 14, 28, 56, 112)
_CHANNELS = (8, 512)
_TRIES = 200

_Draw = Callable[[random.Random], ConvLayer]


def design(count: int, seed: int = 0) -> list[Case]:
    """Distinct layers, the classes in turn; the first n of a longer design are the shorter one."""
    cases: dict[Case, None] = {}
    for case in _stream(seed):
        cases.setdefault(case)
        if len(cases) == count:
            break
    return list(cases)


def _stream(seed: int) -> Iterator[Case]:
    rng = random.Random(seed)
    while True:
        for draw in _DRAWS:
            for _ in range(_TRIES):
                layer = draw(rng)
                if LEAST <= of_layer(layer).macs <= MOST:
                    yield Case(layer)
                    break


def _log(rng: random.Random, low: float, high: float) -> int:
    return round(low * (high / low) ** rng.random())


def _channels(rng: random.Random) -> int:
    """Between 8 and 512, mostly a multiple of eight."""
    value = _log(rng, *_CHANNELS)
    if rng.random() < 0.85:
        value = max(8, round(value / 8) * 8)
    return value


def _grid(rng: random.Random) -> tuple[int, int]:
    """A grid of a network at an input of 224, or any; mostly square."""
    rows = rng.choice(_GRIDS) if rng.random() < 0.5 else _log(rng, 5, 120)
    return rows, rows if rng.random() < 0.8 else _log(rng, 5, 120)


def _dense(rng: random.Random, kernels: tuple[int, ...] = (3, 3, 3, 5, 7)) -> ConvLayer:
    first = rng.random() < 0.06  # the layer that sees the image
    return ConvLayer(
        rng.choice(kernels), 3 if first else _channels(rng), _channels(rng), _grid(rng)
    )


def _strided(rng: random.Random) -> ConvLayer:
    return _dense(rng, (3, 3, 5, 7)).replace(stride=2)


def _dilated(rng: random.Random) -> ConvLayer:
    return _dense(rng, (3, 3, 5)).replace(dilation=rng.choice((2, 2, 4)))


def _pointwise(rng: random.Random) -> ConvLayer:
    return ConvLayer(1, _channels(rng), _channels(rng), _grid(rng))


def _strided_pointwise(rng: random.Random) -> ConvLayer:
    return _pointwise(rng).replace(stride=2)


def _one_axis(rng: random.Random) -> ConvLayer:
    extent = rng.choice((3, 3, 5, 7))
    kernel = (1, extent) if rng.random() < 0.5 else (extent, 1)
    return ConvLayer(kernel, _channels(rng), _channels(rng), _grid(rng))


def _depthwise(rng: random.Random) -> ConvLayer:
    channels = _log(rng, 16, 1024) // 8 * 8
    stride = 2 if rng.random() < 0.25 else 1
    kernel = rng.choice((3, 3, 3, 5, 5, 7))
    return ConvLayer(kernel, channels, channels, _grid(rng), stride=stride, groups=channels)


def _grouped(rng: random.Random) -> ConvLayer:
    groups = rng.choice((2, 3, 4, 8, 16, 32, 64))
    inner = rng.choice((4, 8, 8, 16, 16, 24, 32, 64))
    outer = inner if rng.random() < 0.75 else rng.choice((4, 8, 16, 32, 64))
    kernel = rng.choice((1, 3, 3, 3, 5))
    stride = 2 if rng.random() < 0.2 else 1
    return ConvLayer(
        kernel, groups * inner, groups * outer, _grid(rng), stride=stride, groups=groups
    )


def _vector(rng: random.Random) -> ConvLayer:
    return ConvLayer(1, _log(rng, 64, 4096), _log(rng, 64, 4096), (1,))


def _transposed(rng: random.Random) -> ConvLayer:
    kernel = rng.choice((2, 3, 4))
    return ConvLayer(kernel, _channels(rng), _channels(rng), _grid(rng), stride=2, transposed=True)


# Classes that networks have most of stand more than once.
_DRAWS: tuple[_Draw, ...] = (
    _dense,
    _pointwise,
    _depthwise,
    _strided,
    _pointwise,
    _one_axis,
    _grouped,
    _dense,
    _depthwise,
    _dilated,
    _pointwise,
    _strided_pointwise,
    _depthwise,
    _vector,
    _transposed,
    _grouped,
)
