"""Factors of few bits: on the grid, the error of truncation and rounding, and the best pair."""

import numpy
import pytest
import torch

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.factors.ranks import in_bytes
from tests.factors.cases import LAYERS, convolved, module_of, random_kernel

KERNEL = random_kernel(cm.ConvLayer((3, 2), 10, 14, (9, 9)), 4) * numpy.geomspace(1, 8, 14).reshape(
    -1, 1, 1, 1
)


def distinct(values):
    return len(numpy.unique(numpy.round(values / numpy.abs(values).max(), 9)))


@pytest.mark.parametrize("scales", ["tensor", "channel"])
@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8])
def test_weights_lie_on_a_grid_of_so_many_points(bits, scales):
    factors = cm.factorize(KERNEL, "channel_svd", r=9, bits=bits, scales=scales)
    points = 2**bits - 1 if bits > 1 else 2
    for weight, grid in zip(factors.weights, factors.grids, strict=True):
        for row in weight.reshape(len(weight), -1) if scales == "channel" else [weight]:
            assert distinct(row) <= points
        assert numpy.abs(grid.integers).max() <= max(2 ** (bits - 1) - 1, 1)
        assert numpy.array_equal(weight, grid.values)
    assert distinct(factors.weights[0]) > points or scales == "tensor"
    rows = sum(len(w) for w in factors.weights) if scales == "channel" else 2
    counts = factors.counts()
    packed = [-(-int(stage.weights) * bits // 8) for stage in counts.stages]
    assert factors.bytes == sum(packed) + 4 * rows


@pytest.mark.parametrize("variant", ["channel_svd", "tucker2", "basis"])
def test_the_error_is_of_both(variant):
    layer = LAYERS["strided"]
    kernel = random_kernel(layer).astype(numpy.float32)
    plain = cm.factorize(kernel, variant, layer=layer)
    coarse, fine = (cm.factorize(kernel, variant, layer=layer, bits=b) for b in (3, 12))
    assert coarse.exact_error == plain.error
    assert plain.error <= fine.error < coarse.error
    left = numpy.linalg.norm(kernel - coarse.kernel().astype(float)) / numpy.linalg.norm(kernel)
    assert coarse.error == pytest.approx(left, rel=1e-5)
    assert not coarse.optimal


@pytest.mark.parametrize("name", ["strided", "transposed"])
def test_the_module_holds_them(name):
    layer = LAYERS[name]
    factors = cm.factorize(
        random_kernel(layer), "tucker2", layer=layer, bits=4, scales="channel", r1=3, r2=2
    )
    module = module_of(factors)
    x = torch.randn(1, layer.in_channels, *layer.size, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(module(x), convolved(layer, factors.kernel(), x), atol=1e-9)


def test_a_scale_for_each_output_of_a_transposed_stage():
    layer = LAYERS["transposed"]
    kernel = random_kernel(layer) * numpy.geomspace(1, 100, 8).reshape(-1, 1, 1, 1)
    one, each = (
        cm.factorize(kernel, "standard", layer=layer, bits=5, scales=s)
        for s in ("tensor", "channel")
    )
    assert [grid.scale.size for grid in each.grids] == [8]
    rows = zip(kernel, each.kernel(), strict=True)
    assert all(numpy.abs(a - b).max() <= numpy.abs(a).max() / 15 / 2 + 1e-12 for a, b in rows)
    assert each.error < one.error


def test_a_variant_with_word_lengths_rounds_to_them():
    factors = cm.factorize(KERNEL, "quantised", bw=3)
    assert distinct(factors.weights[0]) <= 7
    assert factors.error > cm.factorize(KERNEL, "quantised", bw=9).error > 0
    assert factors.counts().weight_bytes == factors.bytes - 4


def every_pair(variant, letter, full, limit, bits, scales):
    """All ranks and bits within a budget, one fit each."""
    for rank in range(1, full + 1):
        for b in bits:
            found = cm.factorize(KERNEL, variant, bits=b, scales=scales, hyper={letter: rank})
            if found.bytes <= limit:
                yield found.error, found.bytes


@pytest.mark.parametrize("scales", ["tensor", "channel"])
@pytest.mark.parametrize(
    ("variant", "letter", "full"), [("channel_svd", "r", 14), ("basis", "b", 6)]
)
@pytest.mark.parametrize("limit", [170, 600, 1000])
def test_the_best_pair_is_the_best_of_all(variant, letter, full, limit, scales):
    bits = (2, 3, 5, 8)
    pairs = list(every_pair(variant, letter, full, limit, bits, scales))
    if not pairs:
        with pytest.raises(CostModelError, match=r"allowed are .* and more for this kernel"):
            cm.best_in_bytes(KERNEL, variant, limit, bits=bits, scales=scales)
        return
    best = cm.best_in_bytes(KERNEL, variant, limit, bits=bits, scales=scales)
    assert best.proved
    assert best.factors.bytes <= limit
    assert best.factors.error == pytest.approx(min(pairs)[0], rel=1e-6)


def test_a_budget_as_a_share_and_of_a_core():
    best = cm.best_in_bytes(KERNEL, "tucker2", "12%", bits=(4, 6))
    assert best.factors.bytes <= 0.12 * 4 * KERNEL.size
    assert not best.proved
    ranks = best.factors.bound.hyper
    smaller = cm.factorize(KERNEL, "tucker2", bits=best.factors.bits, r1=1, r2=ranks["r2"])
    assert best.factors.error < smaller.error
    only = cm.best_in_bytes(KERNEL, "depthwise_separable", 300)
    assert only.proved
    assert only.factors.bytes <= 300


def test_skipping_too_much_is_seen(monkeypatch):
    """Were the bound not one, a worse pair would be taken."""
    right = cm.best_in_bytes(KERNEL, "channel_svd", 600, bits=(2, 3, 5, 8)).factors
    real = in_bytes._ranks
    monkeypatch.setattr(in_bytes, "_ranks", lambda found, place: real(found, place // 2))
    wrong = cm.best_in_bytes(KERNEL, "channel_svd", 600, bits=(2, 3, 5, 8)).factors
    assert wrong.error > right.error + 1e-3


@pytest.mark.parametrize(
    ("budget", "bits", "reason"),
    [
        ("none", (8,), "at_most='none'; allowed are amounts"),
        (600, (0,), "bits"),
        (600, (33,), "33"),
    ],
)
def test_bad_budgets_are_refused(budget, bits, reason):
    with pytest.raises(CostModelError, match=reason):
        cm.best_in_bytes(KERNEL, "channel_svd", budget, bits=bits)
