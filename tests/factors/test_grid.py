"""Weights of few bits: on the grid, at its nearest point, and no better one of that scale."""

from __future__ import annotations

import numpy
import pytest

from costmodel.errors import CostModelError
from costmodel.factors.grid import on_grid

WEIGHTS = numpy.random.default_rng(4).normal(size=(5, 3, 2, 7)) * numpy.arange(1, 6).reshape(
    5, 1, 1, 1
)


@pytest.mark.parametrize("bits", [2, 3, 4, 7, 8, 12, 16, 24])
@pytest.mark.parametrize("scales", ["tensor", "channel"])
def test_every_weight_is_at_the_nearest_point(bits: int, scales: str) -> None:
    found = on_grid(WEIGHTS, bits, scales)
    most = 2 ** (bits - 1) - 1
    assert found.scale.shape == ((5,) if scales == "channel" else (1,))
    assert found.integers.shape == WEIGHTS.shape
    assert numpy.abs(found.integers).max() == most
    assert found.integers.dtype.itemsize * 8 >= bits
    step = found.scale.reshape(-1, 1, 1, 1)
    away = numpy.abs(found.values - WEIGHTS)
    assert (away <= 0.5000001 * step).all()
    for shift in (-1, 1):  # a neighbour on the grid is no nearer
        other = numpy.clip(found.integers + shift, -most, most) * step
        assert (numpy.abs(other - WEIGHTS) >= away - 1e-12).all()


def test_a_scale_per_channel_is_never_worse_and_here_better() -> None:
    for bits in (2, 4, 8):
        one = numpy.square(on_grid(WEIGHTS, bits).values - WEIGHTS).sum()
        each = numpy.square(on_grid(WEIGHTS, bits, "channel").values - WEIGHTS).sum()
        assert each < one


def test_more_bits_are_nearer() -> None:
    errors = [numpy.square(on_grid(WEIGHTS, b).values - WEIGHTS).sum() for b in range(2, 17)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-8 * errors[0]


@pytest.mark.parametrize("scales", ["tensor", "channel"])
def test_one_bit_is_a_sign_with_its_best_scale(scales: str) -> None:
    found = on_grid(WEIGHTS, 1, scales)
    assert set(numpy.unique(found.integers)) == {-1, 1}
    best = numpy.square(found.values - WEIGHTS).sum()
    for factor in (0.9, 0.99, 1.01, 1.1):
        assert numpy.square(found.values * factor - WEIGHTS).sum() > best


def test_zeros_stay_zeros() -> None:
    for bits in (1, 2, 8):
        assert not on_grid(numpy.zeros((3, 4)), bits).values.any()
    rows = numpy.array([[0.0, 0.0], [1.0, -2.0]])
    assert not on_grid(rows, 8, "channel").values[0].any()


@pytest.mark.parametrize("bits", [0, -1, 33, 2.5, "8", True])
def test_other_words_are_refused(bits: object) -> None:
    with pytest.raises(CostModelError, match="bits is"):
        on_grid(WEIGHTS, bits)  # type: ignore[arg-type]


def test_other_scales_are_refused() -> None:
    with pytest.raises(CostModelError, match="unknown choice of scales 'row'"):
        on_grid(WEIGHTS, 8, "row")
