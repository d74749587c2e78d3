"""MACs without padding zeros: against the sum of a convolution of ones with ones, and by hand."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.grid import Geometry
from costmodel.core.stage import BoundStage
from costmodel.core.taps import channel_indices
from costmodel.core.variant import Variant
from costmodel.metrics.padding import inside, taps_inside
from tests.metrics.layers import CATALOGUE, fitting

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def ones_with_ones(stage: BoundStage) -> int:
    """The sum of a one-channel convolution of ones with ones, by torch, as the stage moves."""
    axes = stage.geometry
    window = torch.ones(1, 1, *(axis.kernel for axis in axes), dtype=torch.float64)
    x = torch.ones(1, 1, *(axis.size for axis in axes), dtype=torch.float64)
    steps = {"stride": [a.stride for a in axes], "dilation": [a.dilation for a in axes]}
    dims = len(axes)
    if stage.transposed:
        # axes without a window are no different: a transposed window of one tap at stride 1
        full = TRANSPOSED[dims](x, window, **steps)
        return int(F.pad(full, [-p for axis in reversed(axes) for p in axis.pads]).sum())
    padded = F.pad(x, [p for axis in reversed(axes) for p in axis.pads])
    found = CONV[dims](padded, window, **steps)
    assert found.shape[2:] == stage.out_grid
    return int(found.sum())


def read(stage: BoundStage) -> Fraction:
    """The share of the products of windows over channels that read a channel and no zero."""
    share = Fraction(1)
    for axis in stage.line.inputs:
        if axis.zeros:
            rows = channel_indices(stage, axis)
            taps = [index < stage.sizes[axis.key] for row in rows for index in row]
            share *= Fraction(sum(taps), len(taps))
    return share


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_a_convolution_of_ones_with_ones(variant: Variant) -> None:
    for each in fitting(variant):
        for stage in each.stages:
            if stage.given_macs is not None:
                continue
            products = ones_with_ones(stage)
            assert np.prod([taps_inside(axis) for axis in stage.geometry]) == products
            # each product of the window is one of this many, for all pairs of channels and images
            window = np.prod([axis.kernel for axis in stage.geometry])
            channels = Fraction(stage.macs, stage.positions * int(window)) * read(stage)
            assert cm.METRICS["macs_without_padding"].of_stage(stage) == products * channels


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_whole_layer_with_its_channels(groups: int, transposed: bool) -> None:
    layer = cm.ConvLayer(
        (3, 4), 6, 12, (7, 10), stride=(2, 3), padding=(2, 1), dilation=(1, 2), groups=groups,
        batch=2, transposed=transposed,
    )  # fmt: skip
    x = torch.ones(2, 6, 7, 10, dtype=torch.float64)
    shape = (6, 12 // groups, 3, 4) if transposed else (12, 6 // groups, 3, 4)
    y = (TRANSPOSED if transposed else CONV)[2](
        x, torch.ones(shape, dtype=torch.float64),
        stride=(2, 3), padding=(2, 1), dilation=(1, 2), groups=groups,
    )  # fmt: skip
    counts = cm.count("standard", layer)
    assert counts.macs_without_padding == int(y.sum()) < counts.macs


# -- along one axis --------------------------------------------------------------------------------
VALUES = st.tuples(
    st.integers(1, 14), st.integers(1, 7), st.integers(1, 5), st.integers(1, 5),
    st.integers(-6, 12), st.integers(1, 14),
)  # fmt: skip


def one_by_one(positions: int, taps: int, stride: int, dilation: int, pad: int, size: int) -> int:
    return sum(
        0 <= position * stride + tap * dilation - pad < size
        for position in range(positions)
        for tap in range(taps)
    )


@given(VALUES)
def test_taps_one_by_one(values: tuple[int, ...]) -> None:
    # strides, dilations, even kernels, asymmetric pads (what is behind follows) and negative ones
    assert inside(*values) == one_by_one(*values)


@given(st.lists(VALUES, min_size=2, max_size=6))
def test_taps_of_arrays(rows: list[tuple[int, int, int, int, int, int]]) -> None:
    assert list(inside(*np.array(rows).T)) == [one_by_one(*row) for row in rows]


P, k, s, d, p, R = sympy.symbols("P k s d p R", integer=True, positive=True)
STEPS: list[tuple[Any, Any]] = [(s, 1), (1, d), (s, d)]
OF_SYMBOLS = {(a, b): inside(P, k, a, b, p, R) for a, b in STEPS}
CLOSED = {steps: formula.doit() for steps, formula in OF_SYMBOLS.items()}  # minima and maxima


@given(VALUES)
def test_taps_of_symbols(values: tuple[int, ...]) -> None:
    positions, taps, stride, dilation, pad, size = values
    pad = abs(pad) + 1
    at = {P: positions, k: taps, s: stride, d: dilation, p: pad, R: size}
    exact = {name: sympy.Integer(value) for name, value in at.items()}
    for (a, b), symbolic in OF_SYMBOLS.items():
        expected = one_by_one(positions, taps, at.get(a, a), at.get(b, b), pad, size)
        assert symbolic.subs(at) == expected
        assert CLOSED[a, b].xreplace(exact) == expected


@pytest.mark.parametrize("half", range(6))
def test_odd_window_with_same_padding(half: int) -> None:
    kernel = 2 * half + 1
    for size in range(max(half, 1), 20):
        axis = Geometry.same(size, kernel, 1, 1)
        assert taps_inside(axis) == kernel * size - half * (half + 1)


def test_two_steps_that_are_symbols_have_no_closed_form() -> None:
    assert CLOSED[s, d] == OF_SYMBOLS[s, d]
    assert all(not CLOSED[steps].has(OF_SYMBOLS[steps].func) for steps in ((s, 1), (1, d)))


def test_formulas() -> None:
    H, W, m, n = sympy.symbols("H W m n", integer=True, positive=True)
    counts = cm.count("standard", cm.ConvLayer(3, m, n, (H, W)))
    assert sympy.expand(counts.macs_without_padding - m * n * (3 * H - 2) * (3 * W - 2)) == 0
    large = sympy.Symbol("H", integer=True, positive=True) + 2  # a window of 7 needs 3 positions
    seven = cm.count("standard", cm.ConvLayer(7, 1, 1, (large,))).macs_without_padding
    assert sympy.simplify(seven - (7 * large - 12)) == 0


def test_published_shares() -> None:
    # 18 % of the MACs of a 3×3 are products with zeros on a 7×7 grid, 9 % on 14×14
    for size, share in ((7, 18), (14, 9)):
        counts = cm.count("standard", cm.ConvLayer(3, 5, 6, (size, size)))
        assert round(100 * (1 - counts.macs_without_padding / counts.macs)) == share


def test_a_later_stage_sees_zeros_only_where_it_pads() -> None:
    layer = cm.ConvLayer((3, 5), 6, 10, (8, 9))
    first, second = cm.count("spatial_svd", layer, r=4).stages
    assert first.macs_without_padding == 6 * 4 * (3 * 8 - 2) * 9
    assert second.macs_without_padding == 4 * 10 * 8 * (5 * 9 - 6)
    pointwise = cm.count("channel_svd", layer, r=4).stages[1]
    assert pointwise.macs_without_padding == pointwise.macs


def test_a_pattern_is_the_mean_of_all_patterns() -> None:
    layer = cm.ConvLayer((3, 2), 5, 7, (4, 6))
    taps = list(itertools.product(range(3), range(2)))
    rows = [sum(0 <= o + t - 1 < 4 for o in range(4)) for t in range(3)]
    columns = [sum(0 <= o + t < 6 for o in range(6)) for t in range(2)]
    patterns = list(itertools.combinations(taps, 4))
    every = sum(rows[a] * columns[b] for pattern in patterns for a, b in pattern)
    expected = 5 * 7 * Fraction(every, len(patterns))
    assert cm.count("structured", layer, T=4).macs_without_padding == expected


def test_an_algorithm_keeps_its_count() -> None:
    counts = cm.count("winograd", cm.ConvLayer(3, 5, 7, (9, 8)))
    assert counts.macs_without_padding == counts.macs
    assert bind(counts.variant, counts.layer).stages[0].products > counts.macs
