"""Ranks chosen from planted kernels, from all combinations by hand, and side by side."""

import numpy
import pytest

import costmodel as cm
from costmodel.errors import InputError, VariantError
from costmodel.factors.ranks import evbmf
from costmodel.factors.ranks.evbmf import evbmf_rank
from costmodel.factors.ranks.hard_threshold import hard_threshold_rank

LAYER = cm.ConvLayer(3, 24, 40, (14, 17), stride=2)


def planted(rank, noise, shape=(40, 24, 3, 3), seed=0):
    """A kernel of rank `rank` between outputs and the rest, with entries of variance about 1, and
    normal noise of standard deviation `noise` on every entry."""
    random = numpy.random.default_rng(seed)
    n, *rest = shape
    signal = random.standard_normal((n, rank)) @ random.standard_normal((rank, numpy.prod(rest)))
    return (signal / numpy.sqrt(rank)).reshape(shape) + noise * random.standard_normal(shape)


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("rank", [2, 5, 9])
def test_evbmf_finds_planted_ranks_under_noise(rank, noise):
    """Noise of up to half the signal's standard deviation on each of 40 × 216 entries."""
    kernel = planted(rank, noise, seed=rank)
    assert cm.choose_rank(kernel, "channel_svd", "evbmf") == {"r": rank}


def test_evbmf_of_both_sides_of_a_core():
    random = numpy.random.default_rng(3)
    core = random.standard_normal((6, 4, 3, 3))
    signal = numpy.einsum("qpij,mp,nq->nmij", core, random.standard_normal((24, 4)),
                          random.standard_normal((40, 6)))  # fmt: skip
    kernel = signal / signal.std() + 0.3 * random.standard_normal(signal.shape)
    assert cm.choose_rank(kernel, "tucker2", "evbmf") == {"r1": 4, "r2": 6}


def test_noise_alone_has_no_rank_and_zeros_neither():
    random = numpy.random.default_rng(1)
    for shape in ((40, 216), (216, 40), (31, 47)):
        values = numpy.linalg.svd(random.standard_normal(shape), compute_uv=False)
        assert evbmf_rank(values, *shape) == 0
        assert hard_threshold_rank(values, *shape) <= 1
    assert evbmf_rank(numpy.zeros(5), 5, 7) == 0
    kernel = random.standard_normal((40, 24, 3, 3))
    assert cm.choose_rank(kernel, "channel_svd", "evbmf") == {"r": 1}


def test_a_wrong_noise_level_is_seen(monkeypatch):
    kernel = planted(5, 0.2)
    real = evbmf._noise
    monkeypatch.setattr(evbmf, "_noise", lambda *arguments: real(*arguments) / 4)
    assert cm.choose_rank(kernel, "channel_svd", "evbmf") != {"r": 5}


@pytest.mark.parametrize("method", ["gap", "gavish_donoho", "evbmf"])
def test_the_three_agree_where_noise_is_small(method):
    assert cm.choose_rank(planted(7, 0.1), "channel_svd", method) == {"r": 7}


def test_the_hard_threshold_is_that_of_the_paper():
    """Table IV of the publication: ω(1) ≈ 2.8582 and ω(0.5) ≈ 2.1711; the cubic is within 0.02."""
    for shape, omega in (((30, 30), 2.8582), ((30, 60), 2.1711)):
        values = numpy.ones(30)
        values[0] = omega + 0.03
        assert hard_threshold_rank(values, *shape) == 1
        values[0] = omega - 0.03
        assert hard_threshold_rank(values, *shape) == 0


@pytest.mark.parametrize("variant", ["channel_svd", "basis", "tucker2"])
def test_targets_are_met_by_the_cheapest_ranks(variant):
    kernel = planted(7, 0.5)
    table = cm.errors(kernel, variant, layer=LAYER)
    for method, limit in (("error=0.3", 0.3), ("energy=0.91", 0.3), ("error=30%", 0.3)):
        ranks = cm.choose_rank(kernel, variant, method, layer=LAYER)
        met = [row for row in table if row["error"] <= limit + 1e-12]
        best = min(met, key=lambda row: (row["params"], row["macs"]))
        assert ranks == {name: best[name] for name in table.letters}


@pytest.mark.parametrize("variant", ["channel_svd_in", "spatial_svd", "tucker2"])
@pytest.mark.parametrize("budget", ["30%", "20k", "45.5%"])
@pytest.mark.parametrize("metric", ["macs", "params"])
def test_budgets_are_kept_with_the_least_error(metric, budget, variant):
    kernel = planted(7, 0.5)
    dense = cm.count("standard", LAYER)[metric]
    limit = 20_000 if budget == "20k" else float(budget[:-1]) / 100 * dense
    met = [row for row in cm.errors(kernel, variant, layer=LAYER) if row[metric] <= limit]
    if not met:
        with pytest.raises(VariantError, match="no ranks meet"):
            cm.choose_rank(kernel, variant, f"{metric}={budget}", layer=LAYER)
        return
    ranks = cm.choose_rank(kernel, variant, f"{metric}={budget}", layer=LAYER)
    counts = cm.count(variant, LAYER, hyper=ranks)
    assert counts[metric] <= limit
    best = min(met, key=lambda row: (row["error"], row["params"]))
    assert ranks == {name: best[name] for name in ranks}


@pytest.mark.parametrize("metric", ["macs", "params"])
@pytest.mark.parametrize("variant", ["channel_svd", "channel_svd_in", "spatial_svd", "basis"])
def test_a_budget_of_one_rank_is_what_the_solver_says(variant, metric):
    """The error falls with the rank, so the largest rank within the budget is the best one."""
    (letter,) = cm.errors(planted(7, 0.5), variant).letters
    solution = cm.solve(variant, letter, at_most={metric: "35%"}, layer=LAYER)
    ranks = cm.choose_rank(planted(7, 0.5), variant, f"{metric}=35%", layer=LAYER)
    assert ranks == {letter: solution.largest}


def test_they_stand_side_by_side():
    kernel = planted(7, 0.1)
    table = cm.rank_choices(kernel, "channel_svd", layer=LAYER)
    methods = table.column("method")
    assert methods == ["energy=0.95", "error=0.1", "gap", "evbmf", "gavish_donoho", "macs=50%"]
    for row in table:
        assert {"r": row["r"]} == cm.choose_rank(kernel, "channel_svd", row["method"], layer=LAYER)
        factors = cm.factorize(kernel, "channel_svd", layer=LAYER, r=row["r"])
        assert row["error"] == pytest.approx(factors.error, abs=1e-7)
        assert row["macs"] == factors.counts().macs
    some = cm.rank_choices(kernel, "channel_svd", ["macs=0.1%", "gap"], layer=LAYER)
    assert [method for method, _ in some.skipped] == ["macs=0.1%"]
    assert some.column("method") == ["gap"]


def test_batches_take_the_largest_rank_of_theirs():
    random = numpy.random.default_rng(4)
    kernel = numpy.zeros((40, 6, 3, 3))
    for channel, rank in enumerate((1, 2, 3, 2, 1, 1)):
        kernel[:, channel] = (
            random.standard_normal((40, rank)) @ random.standard_normal((rank, 9))
        ).reshape(40, 3, 3)
    kernel += 0.05 * random.standard_normal(kernel.shape)
    assert cm.choose_rank(kernel, "basis", "gap") == {"b": 3}


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("elbow", "unknown method 'elbow'"),
        ("elbow=3", "unknown method 'elbow'"),
        ("energy", "unknown method 'energy'"),
        ("energy=1.5", "allowed are shares from 0 to 1"),
        ("error=much", "'much'; allowed are amounts"),
        ("macs=", "allowed are amounts"),
    ],
)
def test_bad_methods_are_refused(method, reason):
    with pytest.raises(InputError, match=reason):
        cm.choose_rank(planted(3, 0.1), "channel_svd", method)
