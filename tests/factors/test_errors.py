"""Errors of all ranks from one decomposition, against one fit for each rank."""

import numpy
import pytest

import costmodel as cm
from costmodel.errors import VariantError
from costmodel.factors import spectra
from tests.factors.cases import LAYERS, random_kernel
from tests.factors.test_factorize import KERNEL, UNFOLDINGS, tail


@pytest.mark.parametrize("variant", UNFOLDINGS)
def test_every_rank_of_two_factors_leaves_its_tail(variant):
    letter, unfolding = UNFOLDINGS[variant]
    table = cm.errors(KERNEL, variant)
    full = min(unfolding.shape[-2:])
    assert table.column(letter) == list(range(1, full + 1))
    wanted = [tail(unfolding, rank) for rank in range(1, full + 1)]
    assert table.column("error") == pytest.approx(wanted, abs=1e-6)
    assert table.notes == (table.notes[0],)
    assert "one output position" in table.notes[0]


@pytest.mark.parametrize("name", ["strided", "transposed", "volume"])
@pytest.mark.parametrize("variant", ["channel_svd", "basis", "decoupled"])
def test_rows_are_what_a_fit_and_a_count_say(variant, name):
    layer = LAYERS[name]
    kernel = random_kernel(layer)
    table = cm.errors(kernel, variant, layer=layer)
    (letter,) = table.letters
    assert table.notes == ()
    for row in (table.rows[0], table.rows[len(table) // 2], table.rows[-1]):
        factors = cm.factorize(kernel, variant, layer=layer, hyper={letter: row[letter]})
        assert row["error"] == pytest.approx(factors.error, abs=1e-7)
        counts = cm.count(variant, layer, hyper={letter: row[letter]})
        assert (row["params"], row["macs"]) == (counts.params, counts.macs)
        assert type(row["params"]) is int


def test_pairs_of_ranks_are_the_cut_core():
    table = cm.errors(KERNEL, "tucker2")
    assert len(table) == 8 * 12
    assert any("may be smaller" in note for note in table.notes)
    inputs = numpy.linalg.svd(KERNEL.swapaxes(0, 1).reshape(8, -1))[0]
    outputs = numpy.linalg.svd(KERNEL.reshape(12, -1))[0]
    for r1, r2 in ((1, 1), (3, 7), (8, 5), (8, 12)):
        a, b = inputs[:, :r1], outputs[:, :r2]
        near = numpy.einsum("nmij,mp,nq->qpij", KERNEL, a, b)
        near = numpy.einsum("qpij,mp,nq->nmij", near, a, b)
        wanted = numpy.linalg.norm(KERNEL - near) / numpy.linalg.norm(KERNEL)
        found = table.arrays["error"][r1 - 1, r2 - 1]
        assert found == pytest.approx(wanted, abs=1e-7)
        # the iteration goes on from there
        assert cm.factorize(KERNEL, "tucker2", r1=r1, r2=r2).error <= found + 1e-7
    row = table.rows[2 * 12 + 6]
    assert (row["r1"], row["r2"]) == (3, 7)
    assert row["params"] == cm.factorize(KERNEL, "tucker2", r1=3, r2=7).counts().params


def test_four_ranks_and_ranks_that_are_given():
    whole = cm.errors(KERNEL, "tucker4")
    assert whole.letters == ("r1", "r2", "s1", "s2")
    assert len(whole) == 8 * 12 * 3 * 5
    assert whole.arrays["error"][-1, -1, -1, -1] < 1e-6
    some = cm.errors(KERNEL, "tucker4", s1=2, s2=5)
    assert some.letters == ("r1", "r2")
    assert numpy.allclose(some.arrays["error"], whole.arrays["error"][:, :, 1, 4], atol=1e-9)


def test_variants_without_ranks_have_one_row():
    (row,) = cm.errors(KERNEL, "depthwise_separable")
    assert row["error"] == pytest.approx(cm.factorize(KERNEL, "depthwise_separable").error)
    (row,) = cm.errors(KERNEL, "structured", T=5)
    assert row["error"] == pytest.approx(cm.factorize(KERNEL, "structured", T=5).error)
    (row,) = cm.errors(KERNEL, "bottleneck", r=5)
    assert row["error"] >= cm.factorize(KERNEL, "bottleneck", r=5).error


def test_a_full_rank_of_one():
    kernel = numpy.random.default_rng(1).standard_normal((7, 1, 3, 3))
    table = cm.errors(kernel, "tucker2")
    assert table.arrays["error"].shape == (1, 7)
    assert table.rows[-1]["error"] < 1e-6
    assert len(cm.errors(numpy.ones((7, 5, 1, 1)), "basis")) == 1


def test_a_variant_of_ones_own_has_errors():
    mine = cm.define("mine", "m, m a j -> m a | m a, n m a i -> n", a=2, register=False)
    table = cm.errors(KERNEL, mine)
    unfolding = KERNEL.transpose(1, 0, 2, 3).reshape(8, 36, 5)
    wanted = [tail(unfolding, rank) for rank in range(1, 6)]
    assert table.column("error") == pytest.approx(wanted, abs=1e-7)


def test_counts_above_64_bits_stay_exact():
    layer = cm.ConvLayer((3, 5), 8, 12, (3_000_000_000, 4_000_000_000))
    table = cm.errors(KERNEL, "channel_svd", layer=layer)
    row = table.rows[10]
    assert row["macs"] == cm.count("channel_svd", layer, r=11).macs > 1 << 63


def test_what_takes_a_fit_for_each_rank_says_so():
    for variant in ("cp", "tt", "fire"):
        with pytest.raises(VariantError, match="no one decomposition has the errors of all"):
            cm.errors(KERNEL, variant)


def test_a_wrong_energy_sum_is_seen(monkeypatch):
    real = numpy.cumsum
    monkeypatch.setattr(spectra.numpy, "cumsum", lambda a, axis=None: real(a[::-1], axis))
    _, unfolding = UNFOLDINGS["spatial_svd"]
    found = cm.errors(KERNEL, "spatial_svd").column("error")
    assert found[0] > tail(unfolding, 1) + 1e-2
