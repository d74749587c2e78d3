"""Additions: counted by a number type that counts them, and by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy

import costmodel as cm


class Tally:
    """A number that counts how often one like it is added to another."""

    additions = 0

    def __add__(self, other: Tally) -> Tally:
        Tally.additions += 1
        return self


def convolved(layer: cm.ConvLayer) -> int:
    """Additions of the layer in plain loops: a sum of products needs one less than there are."""
    Tally.additions = 0
    m = layer.in_channels // layer.groups
    outputs = itertools.product(
        range(layer.batch), range(layer.out_channels), *map(range, layer.out_size)
    )
    for _ in outputs:
        total: Tally | None = None
        for _ in itertools.product(range(m), *map(range, layer.kernel)):
            product = Tally()
            total = product if total is None else total + product
        if layer.bias and total is not None:
            total = total + Tally()
    return Tally.additions


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_every_addition_of_a_layer(groups: int, bias: bool) -> None:
    layer = cm.ConvLayer((3, 2), 4, 8, (5, 7), stride=(2, 1), groups=groups, batch=3, bias=bias)
    assert cm.count("standard", layer).additions == convolved(layer)


def test_one_product_needs_no_addition() -> None:
    assert cm.count("depthwise", cm.ConvLayer(1, 6, 6, (5, 7))).additions == 0


def test_a_transposed_stage_adds_every_product_to_its_output() -> None:
    layer = cm.ConvLayer((3, 2), 4, 8, (5, 7), stride=(2, 1), transposed=True)
    plain, biased = (cm.count("standard", layer.replace(bias=b)) for b in (False, True))
    assert plain.additions == plain.macs
    assert biased.additions - plain.additions == 8 * 10 * 7


def test_added_branches_and_repetitions() -> None:
    layer = cm.ConvLayer((3, 5), 6, 6, (7, 9))
    filters = 6 * 63 * (15 - 1)
    one = cm.define("one", "m, m i j -> m", register=False)
    residual = cm.define("residual", "{ = + m, m i j -> m }", register=False)
    three = cm.define("three", "{ { = + m, m i j -> m }^3 }", register=False)
    wide = cm.define("wide", "{ m, m i j -> m + m, m i j -> m + m, m i j -> m }", register=False)
    for variant, expected in (
        (one, filters),
        (residual, filters + 6 * 63),
        (three, 3 * (filters + 6 * 63)),
        (wide, 3 * filters + 2 * 6 * 63),
    ):
        assert cm.count(variant, layer).additions == expected, variant.id


SKIPPED = cm.define("skipped", "{ =? + m, p m i j -> p | p, n p -> n }", p=5, register=False)
SHAPES = [(6, 6, 1, 1), (6, 7, 1, 1), (6, 6, 1, 2), (6, 6, 3, 1), (7, 6, 2, 2)]


@pytest.mark.parametrize(("m", "n", "down", "across"), SHAPES)
def test_a_residual_where_shapes_match(m: int, n: int, down: int, across: int) -> None:
    layer = cm.ConvLayer((3, 5), m, n, (8, 9), stride=(down, across), batch=2)
    h, w = layer.out_size
    alone = 2 * h * w * (5 * (m * 15 - 1) + n * (5 - 1))
    stands = (m, h, w) == (n, 8, 9)
    assert cm.count(SKIPPED, layer).additions == alone + stands * 2 * n * h * w
    # the input is held while the second stage runs
    held = max(m * 72 + 5 * h * w, (5 + n) * h * w + stands * m * 72)
    assert cm.count(SKIPPED, layer).peak_memory == 4 * 2 * held


@pytest.mark.parametrize("metric", ["additions", "peak_memory", "view_rows", "view_columns"])
@pytest.mark.parametrize("variant", ["sic", SKIPPED])
def test_whether_it_stands_may_be_known_later(variant: str | cm.Variant, metric: str) -> None:
    """Of symbols and of arrays the count is exact at sizes that match and at those that do not."""
    names = sympy.symbols("m n u v", integer=True, positive=True)
    m, n, u, v = names
    general = cm.ConvLayer((3, 5), m, n, (8, 9), stride=(u, v))
    symbolic = sympy.sympify(cm.count(variant, general)[metric])
    cells = cm.count(variant, cm.ConvLayer((3, 5), np.array([6, 7]), 6, (8, 9)))[metric]
    for shape in SHAPES:
        layer = cm.ConvLayer((3, 5), *shape[:2], (8, 9), stride=shape[2:])
        exact = cm.count(variant, layer)[metric]
        assert symbolic.subs(dict(zip(names, shape, strict=True))) == exact
    for channels, cell in zip((6, 7), np.broadcast_to(cells, 2), strict=True):
        layer = cm.ConvLayer((3, 5), channels, 6, (8, 9))
        assert cell == cm.count(variant, layer)[metric]


def test_every_unit_that_keeps_the_shape_has_a_residual() -> None:
    layer = cm.ConvLayer(3, 16, 16, (8, 8))
    unit = 16 * 64 * (9 - 1) + 16 * 64 * (16 - 1) + 16 * 64
    for units in (1, 2, 3):
        assert cm.count("sic", layer, L=units).additions == units * unit
        assert cm.count("sic", layer, L=units).peak_memory == 4 * 3 * 16 * 64


def test_average_pooling_adds_and_upsampling_does_not() -> None:
    pooled = cm.define("pooled", "/2 | m, n m -> n | *2", register=False)
    counts = cm.count(pooled, cm.ConvLayer(1, 6, 10, (7, 8), batch=2))
    # 7×8 shared out to 4×4 windows, of which the last row is cut short
    pooling, projection = 2 * 6 * (7 * 8 - 4 * 4), 2 * 10 * 4 * 4 * (6 - 1)
    assert counts.additions == pooling + projection
    assert counts.stages[0].additions == projection


def test_a_bias_of_its_own_step() -> None:
    # the output is what a slice leaves, so no stage can carry the bias
    layer = cm.ConvLayer(3, 6, 7, (5, 8))
    plain, biased = (cm.count("ghost", layer.replace(bias=b)) for b in (False, True))
    assert biased.additions - plain.additions == 7 * 5 * 8


def test_an_algorithm_adds_every_product() -> None:
    counts = cm.count("winograd", cm.ConvLayer(3, 5, 7, (9, 8)))
    assert counts.additions == counts.macs
