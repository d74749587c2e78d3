"""Peaks and bounds, on made-up machines and on this one."""

from __future__ import annotations

import pytest

import costmodel as cm
from costmodel.timing.case import Case
from costmodel.timing.convolution import of_layer
from costmodel.timing.roofline import (
    COMPUTE,
    LAUNCH,
    MEMORY,
    Peaks,
    intensity,
    points,
)
from costmodel.timing.summary import Summary

pytestmark = pytest.mark.slow

PEAKS = Peaks(rate=40e9, bandwidth=8e9, call=2e-6)  # ridge at 5 MAC/B
DENSE = cm.ConvLayer(3, 64, 96, (29, 31))
DEPTHWISE = cm.ConvLayer(3, 64, 64, (29, 31), groups=64)


def test_intensity_is_macs_per_byte_moved_once() -> None:
    conv = of_layer(DEPTHWISE)
    assert conv.macs == 9 * 64 * 899
    assert intensity(conv) == conv.macs / (4 * (64 * 899 + 64 * 899 + 9 * 64))
    assert intensity(conv, "bfloat16") == 2 * intensity(conv)


def test_the_roof_has_its_ridge_where_both_limits_meet() -> None:
    assert PEAKS.ridge == 5
    assert PEAKS.roof(2.5) == 20e9
    assert PEAKS.roof(5) == PEAKS.roof(500) == 40e9


@pytest.mark.parametrize(
    ("layer", "seconds", "bound"),
    [(DENSE, 1e-3, COMPUTE), (DEPTHWISE, 1e-3, MEMORY), (DENSE, 3e-6, LAUNCH)],
)
def test_bounds(layer: cm.ConvLayer, seconds: float, bound: str) -> None:
    assert PEAKS.bound(of_layer(layer), seconds) == bound


def test_points() -> None:
    measured = {
        Case(DENSE): Summary(1, 1e-3, 1e-3, 0.0, 1e-3),
        Case(DENSE, "cp"): Summary(1, 1e-3, 1e-3, 0.0, 1e-3),  # four convolutions: no single point
    }
    (row,) = points(measured, PEAKS).rows
    macs = cm.count("standard", DENSE).macs
    assert row["class"] == "dense"
    assert row["macs"] == macs
    assert row["gmacs_per_s"] == pytest.approx(macs / 1e-3 / 1e9)
    assert row["share"] == pytest.approx(macs / 1e-3 / 40e9)
