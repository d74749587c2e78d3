"""Layers of symbols: the general ones, and the twin of a concrete layer."""

from __future__ import annotations

from typing import Any

import pytest

import costmodel as cm
from costmodel.core.numbers import is_exact
from costmodel.core.variant import VARIANTS
from costmodel.formulas.layers import general_layer, grid_layer, twin_layer
from costmodel.formulas.letters import layer_letter, symbol
from tests.formulas.sampling import CATALOGUE, any_layers

STANDARD = VARIANTS["standard"]
k, m, n, d, h, w, H, W, s = map(symbol, "kmndhwHWs")


def test_the_general_layer() -> None:
    layer = general_layer(STANDARD)
    assert (layer.kernel, layer.in_channels, layer.out_channels) == ((k, k), m, n)
    assert layer.size == layer.out_size == (h, w)
    assert (layer.stride, layer.groups, layer.batch, layer.bias) == ((1, 1), 1, 1, False)
    assert general_layer(STANDARD, 1).size == (w,)
    assert general_layer(STANDARD, 3).size == (d, h, w)


def test_two_dimensions_wherever_there_are() -> None:
    dims = {v.id: general_layer(v).dims for v in CATALOGUE}
    assert all(dims[v.id] == 2 for v in CATALOGUE if 2 in v.dims)
    assert dims["conv2plus1d"] == 3


def test_the_grid_layer_has_letters_for_both_grids() -> None:
    layer = grid_layer(STANDARD)
    assert (layer.size, layer.out_size) == ((H, W), (h, w))
    assert len(set(layer.stride)) == 2
    assert grid_layer(VARIANTS["winograd"]).stride == (1, 1)
    assert grid_layer(VARIANTS["linear"]).out_size == (1, 1)


@pytest.mark.parametrize(
    ("fields", "letters"),
    [
        ({"kernel": 3, "size": (9, 8)}, {"k": 3, "m": 6, "n": 10, "h": 9, "w": 8}),
        (
            {"kernel": (3, 5), "size": (9, 8), "stride": (1, 2)},
            {"k_h": 3, "k_w": 5, "m": 6, "n": 10, "h": 9, "w": 4, "W": 8, "s_w": 2},
        ),
        (
            {"kernel": 3, "size": (9, 8), "padding": 2, "dilation": 3, "groups": 2, "batch": 4},
            {
                **{"k": 3, "m": 6, "n": 10, "h": 7, "H": 9, "w": 6, "W": 8, "p": 2},
                **{"delta": 3, "G": 2, "N": 4},
            },
        ),
        ({"kernel": 3, "size": (9,)}, {"k": 3, "m": 6, "n": 10, "w": 9}),
        (
            {"kernel": (3, 1, 5), "size": (9, 8, 7), "stride": 2},
            {
                **{"k_d": 3, "k_h": 1, "k_w": 5, "m": 6, "n": 10, "s": 2},
                **{"D": 9, "d": 5, "H": 8, "h": 4, "W": 7, "w": 4},
            },
        ),
    ],
)
def test_a_twin_has_the_letters_that_its_layer_needs(
    fields: dict[str, Any], letters: dict[str, int]
) -> None:
    layer = cm.ConvLayer(in_channels=6, out_channels=10, **fields)
    twin, values = twin_layer(layer, STANDARD)
    assert {letter.name: value for letter, value in values.items()} == letters
    assert not any(map(is_exact, twin.out_size))


def test_a_twin_keeps_what_the_domain_fixes() -> None:
    layer = cm.ConvLayer(1, 6, 10, 1)
    twin, values = twin_layer(layer, VARIANTS["linear"])
    assert (twin.kernel, twin.size, twin.out_size) == ((1, 1), (1, 1), (1, 1))
    assert {letter.name for letter in values} == {"m", "n"}


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_every_fitting_layer_has_a_twin(variant: cm.Variant) -> None:
    for dims in sorted(variant.dims):
        for counts in any_layers(variant, dims, 2):
            twin, values = twin_layer(counts.layer, variant)
            back = {
                name: tuple(values.get(v, v) for v in getattr(twin, name))
                for name in ("kernel", "size", "stride", "dilation", "out_size")
            }
            for name, numbers in back.items():
                assert numbers == getattr(counts.layer, name)


def test_a_letter_that_is_taken_becomes_a_word() -> None:
    assert layer_letter("k", ["r", "b"]) == "k"
    assert layer_letter("k", ["k"]) == "kernel"
    assert layer_letter("k_h", ["k"]) == "kernel_h"
    assert layer_letter("s_w", ["s"]) == "stride_w"
    assert layer_letter("d", ["d", "depth"]) == "depth_"
