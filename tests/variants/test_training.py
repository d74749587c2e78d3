"""What is paid in training and in bits: a decomposition per step, and words of few bits."""

from __future__ import annotations

import pytest
import sympy
import torch

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.variant import Variant
from costmodel.documents.pages.variants import page

LAYER = cm.ConvLayer((3, 5), 12, 20, (17, 22))
TALL = (15 * 12, 20)  # the kernel unfolded: k²m rows, n columns


def decomposition(rows: int, columns: int) -> int:
    """Flops of an SVD with both sides' vectors (Golub, Van Loan, 4th ed., figure 8.6.1)."""
    long, short = max(rows, columns), min(rows, columns)
    return 6 * long * short**2 + 20 * short**3


def test_the_penalty_is_one_decomposition_of_the_unfolded_kernel() -> None:
    counts = cm.count("nuclear_norm", LAYER)
    assert counts["penalty_flops"] == decomposition(*TALL) == 592_000
    wide = cm.count("nuclear_norm", LAYER.replace(out_channels=200))
    assert wide["penalty_flops"] == decomposition(180, 200)
    box = cm.ConvLayer((3, 5, 7), 2, 3, (9, 11, 13))
    assert cm.count("nuclear_norm", box)["penalty_flops"] == decomposition(210, 3)


def test_the_penalty_is_paid_once_a_step_and_once_a_group() -> None:
    one = cm.count("nuclear_norm", LAYER)["penalty_flops"]
    assert cm.count("nuclear_norm", LAYER.replace(batch=7))["penalty_flops"] == one
    grouped = cm.count("nuclear_norm", LAYER.replace(groups=4))["penalty_flops"]
    assert grouped == 4 * decomposition(15 * 3, 5)


def test_counts_change_only_with_the_rank() -> None:
    trained, plain = cm.count("nuclear_norm", LAYER), cm.count("standard", LAYER)
    assert (trained.params, trained.macs) == (plain.params, plain.macs)
    assert trained["training_flops"] - plain["training_flops"] == trained["penalty_flops"] > 0
    assert cm.count("channel_svd", LAYER, r=4).params < plain.params


def test_the_penalty_is_a_formula_too() -> None:
    m, n, k = sympy.symbols("m n k", integer=True, positive=True)
    training = bind(cm.VARIANTS["nuclear_norm"], cm.ConvLayer(k, m, n, (9, 8))).training
    for values in ({m: 12, n: 20, k: 3}, {m: 2, n: 50, k: 1}):
        rows, columns = values[k] ** 2 * values[m], values[n]
        assert training.subs(values) == decomposition(rows, columns)


@pytest.mark.parametrize("variant", cm.VARIANTS.values(), ids=lambda v: v.id)
def test_a_module_says_what_it_leaves_out(variant: Variant) -> None:
    """Word lengths and a training step's own work are no part of any module."""
    bits = bool(variant.weight_bits or variant.activation_bits)
    assert ("floating point" in variant.left_out) == bits
    assert bool(variant.left_out) == (bits or bool(variant.training))
    if variant.left_out:
        assert variant.left_out in repr(cm.torch.build(variant, LAYER))
        assert variant.left_out in page(variant, {})


def test_words_of_many_bits_compute_what_the_layer_does() -> None:
    x = torch.randn(1, 12, 17, 22)
    outputs = []
    for variant, hyper in (("standard", {}), ("quantised", {"bw": 24}), ("quantised", {"bw": 2})):
        torch.manual_seed(5)
        outputs.append(cm.torch.build(variant, LAYER, hyper)(x))
    assert torch.allclose(outputs[0], outputs[1], atol=1e-5)
    assert not torch.allclose(outputs[0], outputs[2], atol=1e-2)


@pytest.mark.parametrize(("bw", "ba"), [(8, 8), (4, 8), (1, 2), (3, 5)])
def test_words_change_bytes_and_bit_operations_only(bw: int, ba: int) -> None:
    short, plain = cm.count("quantised", LAYER, bw=bw, ba=ba), cm.count("standard", LAYER)
    assert (short.params, short.macs) == (plain.params, plain.macs)
    assert short["weight_bytes"] == -(-plain.params * bw // 8)
    assert short["bops"] == plain.macs * bw * ba
    assert plain["weight_bytes"] == 4 * plain.params
