"""Random layers: drawn all over, the same for the same seed, and able to find a wrong rule."""

import random

import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.checks.verify.counters import halved, on_meta, ones_count, torch_counts
from costmodel.checks.verify.random_layers import campaign, draw_module, draw_value
from costmodel.core.hyper import Hyper
from costmodel.core.layer_text import read_layer
from costmodel.core.stage import BoundStage
from costmodel.core.variant import Variant
from costmodel.typed import read_pair

pytestmark = pytest.mark.slow

WITH_MODULES = [v for v in cm.VARIANTS.values() if not v.algorithm_of]


def test_a_slice_of_the_campaign_finds_nothing():
    result = campaign(10 * len(WITH_MODULES), seed=11, processes=1)
    assert result.disagreements == []
    assert result.layers == 10 * len(WITH_MODULES)
    assert dict(result.by_variant) == {variant.id: 10 for variant in WITH_MODULES}
    assert result.checks["torch"] == result.checks["parameters"] == result.checks["shape"]
    assert result.checks["torch"] == result.layers
    assert result.checks["ones"] > result.layers / 4
    assert result.checks["fvcore"] >= 1
    assert result.refused > 0


@pytest.mark.slow
def test_processes_do_not_change_the_result():
    one, two = (campaign(500, seed=5, variants=["basis", "fire"], processes=p) for p in (1, 2))
    assert one == two


def drawn(seed, count=150):
    draw = random.Random(seed)
    return [draw_module(draw, WITH_MODULES[i % len(WITH_MODULES)])[0] for i in range(count)]


def test_a_seed_gives_the_same_layers_again():
    def layers(seed):
        return [(m.variant.id, m.layer, m.hyper) for m in drawn(seed, 20)]

    assert layers(1) == layers(1)
    assert layers(1) != layers(2)


def test_layers_are_drawn_all_over():
    layers = [module.layer for module in drawn(3)]
    assert {layer.dims for layer in layers} == {1, 2, 3}
    for name in ("transposed", "bias"):
        assert {getattr(layer, name) for layer in layers} == {False, True}
    for name in ("kernel", "stride", "dilation"):
        assert len({value for layer in layers for value in getattr(layer, name)}) >= 3
    assert any(k % 2 == 0 for layer in layers for k in layer.kernel)
    assert {type(layer.padding) for layer in layers} == {str, tuple}
    assert {layer.groups for layer in layers} >= {1, 2, 3}
    assert {layer.batch for layer in layers} >= {1, 2, 3}
    assert any(any(layer.output_padding) for layer in layers)
    assert any(layer.size[0] != layer.size[-1] for layer in layers)


def test_hyper_parameters_are_drawn_all_over():
    draw = random.Random(0)
    whole = {draw_value(draw, Hyper(2, "", low=2, high=4)) for _ in range(100)}
    assert whole == {None, 2, 3, 4}
    shares = {draw_value(draw, Hyper("1/2", "", low=0, high=1, real=True)) for _ in range(300)}
    assert {0, 1} < shares
    assert all(share is None or 0 <= share <= 1 for share in shares)


@pytest.mark.parametrize(
    ("attribute", "mutant", "oracles"),
    [
        ("macs", lambda s: s.out_channels * s.fan_in * s.positions, {"torch", "ones"}),
        ("weights", lambda s: s.groups, {"parameters"}),
    ],
)
def test_a_wrong_rule_is_found_with_what_shows_it(attribute, mutant, oracles, monkeypatch):
    monkeypatch.setattr(BoundStage, attribute, property(mutant))
    result = campaign(40, seed=1, variants=["standard"], processes=1)
    assert {row["oracle"] for row in result.disagreements} - {"fvcore"} == oracles
    for row in result.mismatches.rows:
        layer = read_layer(dict(map(read_pair, row["layer"].split())))
        (found,) = torch_counts([on_meta(cm.count("standard", layer).bound)])
        if row["oracle"] == "torch":
            assert row["got"] == str(found.macs) != row["expected"]
            assert layer.batch > 1


def test_variants_that_fit_nothing_say_so(monkeypatch):
    monkeypatch.setattr("costmodel.checks.verify.random_layers._TRIES", 50)
    never = Variant("never", "m, n m i j -> n", domain={"groups": 7})
    with pytest.raises(cm.CostModelError, match=r"never fits none of 50 random layers.*allowed"):
        campaign(1, variants=[never], processes=1)


# -- the counters ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "layer",
    [
        cm.ConvLayer((3, 4), 6, 10, (7, 9), (2, 1), (1, 2), (1, 2), groups=2, batch=3),
        cm.ConvLayer((3,), 6, 10, (11,), padding="same", bias=True),
        cm.ConvLayer((2, 3, 1), 4, 6, (5, 4, 3), stride=2, padding=1),
        cm.ConvLayer((4, 3), 6, 9, (5, 6), (3, 2), padding=1, transposed=True, groups=3),
        cm.ConvLayer((3,), 4, 6, (7,), 2, 1, 1, transposed=True, output_padding=1),
    ],
)
def test_convolutions_of_ones_count_products(layer):
    """Against loops over outputs (inputs, where transposed) and taps."""
    positions = 1
    for axis in range(layer.dims):
        positions *= (layer.size if layer.transposed else layer.out_size)[axis]
    taps = 1
    for extent in layer.kernel:
        taps *= extent
    products = sum(
        taps * positions
        for _ in range(layer.batch)
        for _ in range(layer.groups)
        for _ in range(layer.in_channels // layer.groups)
        for _ in range(layer.out_channels // layer.groups)
    )
    module = on_meta(cm.count("standard", layer).bound)
    assert ones_count(module) == products
    assert not any(m._forward_hooks for m in module.modules())


def test_many_modules_in_one_counter_are_told_apart():
    layers = [cm.ConvLayer(3, 4, 6, (5, width), bias=True) for width in (7, 8, 9)]
    modules = [on_meta(cm.count("basis", layer).bound) for layer in layers]
    for layer, found in zip(layers, torch_counts(modules), strict=True):
        counts = cm.count("basis", layer)
        assert (found.params, found.macs) == (counts.params, counts.macs)
        assert found.shape == cm.torch.output_shape(layer)


def test_an_odd_number_of_flops_is_not_rounded():
    assert (halved(10), halved(11)) == (5, 11)


def test_padding_of_a_layer_is_not_lost():
    """The count of ones must not depend on where the zeros are put: in the layer or before it."""
    layer = cm.ConvLayer((4, 3), 3, 5, (6, 7))  # an even side: zeros are put before the layer
    module = on_meta(cm.count("standard", layer).bound)
    assert ones_count(module) == 12 * 15 * 42
    assert any(type(m) is nn.Conv2d and m.padding == (0, 1) for m in module.modules())


def test_nothing_is_left_on_the_default_device():
    assert torch.empty(1).device.type == "cpu"
