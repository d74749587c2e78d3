"""Activations, bytes moved, arithmetic intensity, and what word lengths change."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from fvcore.nn import ActivationCountAnalysis

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.metrics.settings import bits_in_bytes

LAYER = cm.ConvLayer((3, 5), 12, 20, (9, 14), stride=(2, 1), batch=3, bias=True)


def test_activations_are_what_the_stages_write() -> None:
    counts = cm.count("channel_svd", LAYER, r=7)
    assert counts.activations == 3 * (7 + 20) * 5 * 14
    assert [s.activations for s in counts.stages] == [3 * 7 * 70, 3 * 20 * 70]


@pytest.mark.parametrize("variant", ["standard", "tucker2", "cp", "depthwise_separable", "fire"])
def test_activations_are_those_that_fvcore_counts(variant: str) -> None:
    module = cm.torch.build(variant, LAYER)
    analysis = ActivationCountAnalysis(module, torch.rand(3, 12, 9, 14))
    analysis.unsupported_ops_warnings(False)
    assert analysis.total() == cm.count(variant, LAYER).activations


def test_bytes_are_each_number_once() -> None:
    first, second = cm.count("channel_svd", LAYER, r=7).stages
    assert first.bytes_moved == 4 * (3 * 12 * 9 * 14 + 15 * 12 * 7 + 3 * 7 * 5 * 14)
    assert second.bytes_moved == 4 * (3 * 7 * 5 * 14 + 7 * 20 + 20 + 3 * 20 * 5 * 14)
    short = cm.Settings(weight_bits=4, activation_bits=8, bias_bits=16)
    counts = cm.count("standard", LAYER, short)
    assert counts.bytes_moved == 15 * 12 * 20 // 2 + 2 * 20 + 3 * (12 * 126 + 20 * 70)


def test_intensity_is_the_exact_quotient_of_the_totals() -> None:
    counts = cm.count("tucker2", LAYER)
    assert counts.arithmetic_intensity == Fraction(counts.flops, counts.bytes_moved)
    assert isinstance(counts.arithmetic_intensity, Fraction)
    macs = cm.count("tucker2", LAYER, cm.Settings(flops_per_mac=1))
    assert 2 * macs.arithmetic_intensity == counts.arithmetic_intensity


def test_pointwise_and_depthwise_layers_are_memory_bound() -> None:
    layer = cm.ConvLayer(3, 64, 64, (57, 56))
    dense, separate = (cm.count(v, layer).arithmetic_intensity for v in ("standard", "depthwise"))
    assert separate < 5 < 100 < dense


# -- quantisation ----------------------------------------------------------------------------------
def test_words_of_the_variants_own() -> None:
    layer = cm.ConvLayer(3, 12, 20, (9, 7), bias=True)
    counts = cm.count("quantised", layer, bw=4, ba=6)
    assert counts.weight_bytes == 9 * 12 * 20 * 4 // 8 + 4 * 20
    assert counts.bops == counts.macs * 4 * 6
    # they are the variant's, whatever is set for the others
    settings = cm.Settings(weight_bits=16, activation_bits=16)
    assert cm.count("quantised", layer, settings, bw=4, ba=6).bops == counts.bops
    assert cm.count("standard", layer, settings).bops == counts.macs * 256
    assert [s.bops for s in counts.stages] == [counts.bops]
    assert counts.peak_memory == -(-(12 + 20) * 63 * 6 // 8)


def test_ratios_of_words_reach_the_comparison() -> None:
    rows = cm.compare(
        cm.ConvLayer(3, 12, 20, (9, 7)), ["standard", "quantised"], "bops,weight_bytes", bw=2, ba=8
    ).rows
    assert rows[0]["bops"] == 64 * rows[1]["bops"]
    assert rows[0]["weight_bytes"] == 16 * rows[1]["weight_bytes"]


def test_symbolic_words() -> None:
    b = sympy.Symbol("b", integer=True, positive=True)
    layer = cm.ConvLayer(3, 3, 5, (9, 7))
    counts = cm.count("standard", layer, cm.Settings(weight_bits=b))
    assert counts.bops == 32 * b * counts.macs
    for bits in (1, 3, 8, 17):
        exact = cm.count("standard", layer, cm.Settings(weight_bits=bits))
        assert counts.weight_bytes.subs(b, bits) == exact.weight_bytes == -(-135 * bits // 8)


def test_every_tensor_is_rounded_up_to_a_byte() -> None:
    assert [bits_in_bytes(count, 1) for count in (0, 1, 8, 9)] == [0, 1, 1, 2]
    assert [bits_in_bytes(3, word) for word in (8, 32, 5)] == [3, 12, 2]
    assert list(bits_in_bytes(np.array([1, 8, 9]), np.array([1, 2, 3]))) == [1, 2, 4]


# -- settings --------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [
    {"flops_per_mac": 3}, {"weight_bits": 0}, {"activation_bits": 2.5}, {"bias_bits": True},
])  # fmt: skip
def test_a_setting_that_is_none(change: dict[str, object]) -> None:
    (name,) = change
    with pytest.raises(CostModelError, match=f"{name} is {change[name]!r}; allowed are"):
        cm.Settings(**change)


def test_an_unknown_setting_names_those_that_exist() -> None:
    with pytest.raises(CostModelError, match=r"unknown setting 'bits'.*weight_bits"):
        cm.Settings().replace(bits=8)


def test_flops_have_a_convention_that_is_printed() -> None:
    layer = cm.ConvLayer(3, 12, 20, (9, 7))
    for worth in (1, 2):
        table = cm.compare(layer, ["standard"], ["flops"], cm.Settings(flops_per_mac=worth))
        assert table.rows[0]["flops"] == worth * 9 * 12 * 20 * 63
        assert f"flops_per_mac = {worth}" in table.to_text()
