"""Field of view: against which inputs the gradient of one output reaches, and in closed form."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import numpy as np
import pytest
import sympy
import torch

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import BoundBlock, BoundResample, BoundSequence
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, VariantError
from tests.metrics.layers import CATALOGUE

LAYERS = [
    cm.ConvLayer((3, 5), 4, 6, (25, 31)),
    cm.ConvLayer((3, 2), 12, 20, (31, 34), stride=(2, 3), dilation=(2, 1), padding=(1, 2)),
    cm.ConvLayer(3, 12, 12, (19, 23)),
]


def reached(variant: Variant, layer: cm.ConvLayer) -> tuple[int, ...]:
    """The longest span of inputs, per axis, that the gradient of a central output reaches."""
    module = cm.torch.build(variant, layer)
    with torch.no_grad():
        for weight in module.parameters():
            weight.uniform_(0.5, 1.5)  # so that no two paths cancel
    x = torch.rand(1, layer.in_channels, *layer.size, requires_grad=True)
    y = module(x).sum(1)[0]
    spans = [1] * layer.dims
    centre = [(size // 2, size // 2 + 1) for size in y.shape]  # both phases of an upsampling
    for place in itertools.product(*centre):
        (gradient,) = torch.autograd.grad(y[place], x, retain_graph=True)
        for axis, hit in enumerate(gradient[0].sum(0).nonzero().T):
            spans[axis] = max(spans[axis], int(hit.max() - hit.min()) + 1)
    return tuple(spans)


def resamples_in_parallel(sequence: BoundSequence, inside: bool = False) -> bool:
    return any(
        (inside and isinstance(item, BoundResample))
        or (
            isinstance(item, BoundBlock)
            and any(resamples_in_parallel(branch, True) for branch in item.branches)
        )
        for item in sequence.items
    )


def comparable(variant: Variant) -> list[cm.ConvLayer]:
    """The layers on which a module shows what the variant sees: none of an algorithm."""
    if variant.algorithm_of:
        return []
    found = []
    for layer in LAYERS:
        with contextlib.suppress(VariantError):
            bind(variant, layer)
            found.append(layer)
    return found


COMPARABLE = [variant for variant in CATALOGUE if comparable(variant)]


def test_nearly_every_variant_is_compared() -> None:
    assert len(COMPARABLE) >= 35


@pytest.mark.parametrize("variant", COMPARABLE, ids=lambda v: v.id)
def test_the_gradient_of_one_output(variant: Variant) -> None:
    for layer in comparable(variant):
        counts = cm.count(variant, layer)
        assert counts.view_depth == 1
        view, hit = (counts.view_rows, counts.view_columns), reached(variant, layer)
        if layer.padding != "same" and resamples_in_parallel(counts.bound.program):
            assert all(a <= b for a, b in zip(view, hit, strict=True))  # no longer one centre
        else:
            assert view == hit, layer


def span(item: Any, axis: int, outputs: set[int]) -> set[int]:
    """Every input position within the windows of some outputs, gaps included."""
    window = item.geometry[axis]
    reach = (window.kernel - 1) * window.dilation
    if window.transposed:
        places = range(-200, 200)
        return {
            i
            for i in places
            for o in outputs
            if 0 <= o + window.pads[0] - i * window.stride <= reach
        }
    return {o * window.stride - window.pads[0] + far for o in outputs for far in range(reach + 1)}


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_transposed_window(kernel: int, stride: int, dilation: int) -> None:
    layer = cm.ConvLayer(kernel, 2, 3, (20,), stride=stride, dilation=dilation, transposed=True)
    bound = bind(cm.VARIANTS["standard"], layer)
    widest = 1
    for phase in range(stride):
        inputs = span(bound.stages[0], 0, {12 * stride + phase})
        widest = max(widest, max(inputs) - min(inputs) + 1 if inputs else 1)
    assert cm.count("standard", layer).view_rows == widest


PATTERN = cm.define("patterned", "m, n m (i j)=T -> n", T=1, register=False)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"),
    [((3, 5), (1, 1), 1), ((4, 3), (2, 1), (1, 2)), ((5, 4), (3, 2), (2, 1)), ((2, 6), (2, 3), 1)],
)
def test_a_pattern_is_as_wide_as_the_taps_that_exist(
    kernel: Any, stride: Any, dilation: Any, transposed: bool
) -> None:
    layer = cm.ConvLayer(
        kernel, 2, 3, (25, 31), stride=stride, dilation=dilation, transposed=transposed
    )
    T = sympy.Symbol("T", integer=True, positive=True)
    of_symbols, count = cm.count(PATTERN, layer, T=T), kernel[0] * kernel[1]
    every = cm.count(PATTERN, layer, T=np.arange(1, count + 1))
    for taps in range(1, count + 1):
        counts = cm.count(PATTERN, layer, T=taps)
        view = (counts.view_rows, counts.view_columns)
        if not transposed:  # gaps are included: taps of one phase need not reach as far as all
            assert view == pattern_reached(layer, taps), taps
        for name, value in zip(("view_rows", "view_columns"), view, strict=True):
            assert sympy.sympify(of_symbols[name]).subs(T, taps) == value
            assert every[name][taps - 1] == value
    assert view == tuple(cm.count("standard", layer)[f"view_{a}"] for a in ("rows", "columns"))


def pattern_reached(layer: cm.ConvLayer, taps: int) -> tuple[int, ...]:
    return reached(cm.define("patterned", PATTERN.stages, T=taps, register=False), layer)


def test_one_tap_sees_one_position_and_a_cross_the_whole_window() -> None:
    layer = cm.ConvLayer(3, 4, 6, (9, 11))
    for taps, view in ((1, (1, 1)), (2, (2, 1)), (3, (2, 2)), (5, (3, 3)), (9, (3, 3))):
        counts = cm.count("structured", layer, T=taps)
        assert (counts.view_rows, counts.view_columns) == view, taps
    general = cm.count("structured", layer, T=1).bound.layer.replace(kernel=sympy.Symbol("k"))
    assert cm.count("structured", general, T=sympy.Symbol("k") ** 2).view_rows == sympy.Symbol("k")


def test_a_chain_is_one_plus_the_reach_of_every_window() -> None:
    chain = cm.define(
        "chain", "m, m i j=5 -> m @ down=2", "m, m i=7 j -> m", "m, n m i j -> n @ dilation=3 up=2",
        register=False,
    )  # fmt: skip
    counts = cm.count(chain, cm.ConvLayer(3, 4, 6, (40, 44)))
    # rows: 1 ← ⌊6/2⌋+1 = 4 ← 4+6 = 10 ← 9·2+3 = 21; columns: 4 ← 4+2 = 6 ← 5·2+5 = 15
    assert (counts.view_rows, counts.view_columns) == (21, 15)
    assert [s.view_rows for s in counts.stages] == [3, 7, 4]


def test_units_in_a_row_see_further_by_one_window_each() -> None:
    layer = cm.ConvLayer((3, 5), 12, 20, (41, 43), stride=2)
    for units in (1, 2, 5):
        counts = cm.count("sic", layer, L=units)
        # later units stand on the strided grid
        assert counts.view_rows == 3 + (units - 1) * 2 * 2
        assert counts.view_columns == 5 + (units - 1) * 4 * 2
    L = sympy.Symbol("L", integer=True, positive=True)
    assert sympy.expand(cm.count("sic", layer, L=L).view_columns - (8 * L - 3)) == 0


def test_blocks_that_resample_are_repeated_one_by_one() -> None:
    twice = cm.define("twice", "{ /2 | m, m i j -> m | *2 }^t", t=2, register=False)
    layer = cm.ConvLayer(3, 4, 4, (16, 24))
    assert cm.count(twice, layer, t=1).view_rows == 6
    assert cm.count(twice, layer, t=2).view_rows == 2 * (((6 + 1 - 1) // 2 + 1) + 2)
    t = sympy.Symbol("t", integer=True, positive=True)
    with pytest.raises(CostModelError, match="repeated t times; allowed is a number"):
        cm.count(twice, layer, t=t)["view_rows"]


def test_one_and_three_axes() -> None:
    line = cm.count("standard", cm.ConvLayer(5, 2, 3, (31,), dilation=2))
    assert (line.view_rows, line.view_columns, line.view_depth) == (9, 1, 1)
    box = cm.count("standard", cm.ConvLayer((3, 5, 7), 2, 3, (9, 11, 13)))
    assert (box.view_depth, box.view_rows, box.view_columns) == (3, 5, 7)


def test_formulas() -> None:
    k, d = sympy.symbols("k d", integer=True, positive=True)
    layer = cm.ConvLayer(k, 2, 3, (31, 33), dilation=d)
    for variant in ("standard", "basis", "spatial_svd", "cp"):
        view = cm.count(variant, layer).view_columns
        assert sympy.expand(view - (d * (k - 1) + 1)) == 0, variant
