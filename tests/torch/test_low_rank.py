"""Training towards low rank: the penalty, its gradient, and the step that shrinks."""

from __future__ import annotations

import itertools
from typing import Any

import numpy
import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.torch.unfoldings import unfoldings

LETTERS = {2: "nm", 3: "nmi", 4: "nmij", 5: "nmlij"}


def matrices(layer: Any, rows: str) -> list[numpy.ndarray]:
    """The unfolded kernel of each group, indexed by hand."""
    weight = layer.weight.detach().double().numpy()
    groups = getattr(layer, "groups", 1)
    parts = numpy.split(weight, groups, axis=0)
    if getattr(layer, "transposed", False):
        parts = [part.swapaxes(0, 1) for part in parts]
    names = LETTERS[weight.ndim]
    chosen = rows.split()
    others = [name for name in names if name not in chosen]
    order = [names.index(name) for name in (*chosen, *others)]
    turned = [part.transpose(order) for part in parts]
    return [t.reshape(int(numpy.prod(t.shape[: len(chosen)])), -1) for t in turned]


def norm(layer: Any, rows: str) -> float:
    return sum(numpy.linalg.svd(m, compute_uv=False).sum() for m in matrices(layer, rows))


LAYERS = {
    "rectangle": (nn.Conv2d(5, 7, (3, 2)), ["n", "m", "i", "n j", "m i", "j n i"]),
    "groups": (nn.Conv2d(6, 10, (2, 3), groups=2), ["n", "m i"]),
    "depthwise": (nn.Conv2d(6, 6, (3, 2), groups=6), ["i", "n i"]),
    "line": (nn.Conv1d(4, 9, 5), ["n", "i"]),
    "space": (nn.Conv3d(3, 5, (2, 4, 3)), ["n", "l m", "i j"]),
    "transposed": (nn.ConvTranspose2d(6, 4, (3, 2), groups=2), ["n", "m", "n i"]),
    "linear": (nn.Linear(8, 5), ["n", "m"]),
}


@pytest.mark.parametrize(
    ("name", "rows"), [(name, rows) for name, (_, every) in LAYERS.items() for rows in every]
)
def test_it_is_the_sum_of_singular_values(name: str, rows: str) -> None:
    layer = LAYERS[name][0]
    assert cm.torch.nuclear_norm(layer, rows).item() == pytest.approx(norm(layer, rows), rel=1e-5)


def test_unfoldings_are_told_apart() -> None:
    """The oracle can fail: another unfolding of the same kernel has another norm."""
    layer = LAYERS["rectangle"][0]
    values = [norm(layer, rows) for rows in ("n", "m", "i", "j", "n i", "n j", "m n")]
    for one, other in itertools.combinations(values, 2):
        assert abs(one - other) > 1e-3


def test_every_layer_counts_and_a_shared_tensor_once() -> None:
    one, two, last = nn.Conv2d(3, 5, 3), nn.Conv2d(3, 5, 3), nn.Linear(7, 4)
    two.weight = one.weight
    model = nn.Sequential(one, nn.BatchNorm2d(5), two, last)
    want = norm(one, "n") + norm(last, "n")
    assert cm.torch.nuclear_norm(model).item() == pytest.approx(want, rel=1e-5)
    chosen = cm.torch.nuclear_norm(model, where="kind=linear").item()
    assert chosen == pytest.approx(norm(last, "n"), rel=1e-5)
    both = cm.torch.nuclear_norm(one, ["n", "m i"]).item()
    assert both == pytest.approx(norm(one, "n") + norm(one, "m i"), rel=1e-5)
    every = cm.torch.nuclear_norm(model, "all").item()
    want = sum(norm(one, r) for r in "nmij") + sum(norm(last, r) for r in "nm")
    assert every == pytest.approx(want, rel=1e-5)


@pytest.mark.parametrize("rows", ["n", "m i", "all"])
def test_its_gradient_is_that_of_small_changes(rows: str) -> None:
    layer = nn.Conv2d(3, 5, (2, 3), dtype=torch.float64)
    cm.torch.nuclear_norm(layer, rows).backward()
    assert layer.weight.grad is not None
    generator, step = torch.Generator().manual_seed(1), 1e-6
    for _ in range(5):
        way = torch.randn(layer.weight.shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            layer.weight += step * way
            above = cm.torch.nuclear_norm(layer, rows)
            layer.weight -= 2 * step * way
            below = cm.torch.nuclear_norm(layer, rows)
            layer.weight += step * way
        slope = ((above - below) / (2 * step)).item()
        assert slope == pytest.approx((layer.weight.grad * way).sum().item(), rel=1e-6)


def test_training_with_the_penalty_lowers_the_rank() -> None:
    """A layer learns a map of rank 2; the penalty takes away what the data do not ask for."""
    generator = torch.Generator().manual_seed(3)
    target = torch.randn(8, 2, generator=generator) @ torch.randn(2, 11, generator=generator) / 3
    x = torch.randn(64, 11, generator=generator)
    start = target + 0.1 * torch.randn(8, 11, generator=generator)
    smallest = []
    for weight in (0.0, 0.15):
        layer = nn.Linear(11, 8, bias=False)
        layer.weight.data.copy_(start)
        optimiser = torch.optim.SGD(layer.parameters(), lr=0.05)
        for _ in range(40):
            optimiser.zero_grad()
            loss = (x[:4] @ (layer.weight - target).T).square().mean()  # too few to say it all
            (loss + weight * cm.torch.nuclear_norm(layer)).backward()
            optimiser.step()
        smallest.append(torch.linalg.svdvals(layer.weight)[2].item())
    assert smallest[1] < 0.5 * smallest[0]


# -- the proximal step -----------------------------------------------------------------------------
@pytest.mark.parametrize("name", LAYERS)
def test_the_step_takes_the_same_off_every_singular_value(name: str) -> None:
    layer, (rows, *_) = LAYERS[name]
    before = matrices(layer, rows)
    bias = layer.bias.detach().clone()
    by = 0.3 * max(numpy.linalg.svd(m, compute_uv=False)[0] for m in before)
    shrinkage = cm.torch.Shrinkage(layer, by, rows=rows)
    assert shrinkage.step()
    after, ranks = matrices(layer, rows), []
    for old, new in zip(before, after, strict=True):
        u, s, vt = numpy.linalg.svd(old, full_matrices=False)
        kept = numpy.maximum(s - by, 0)
        assert numpy.allclose(new, (u * kept) @ vt, atol=1e-6)
        ranks.append(int((kept > 0).sum()))
    assert shrinkage.ranks == {"": max(ranks)}
    assert torch.equal(layer.bias, bias)


def test_the_step_minimises_what_it_is_the_step_of() -> None:
    """½‖X − W‖² + by·‖X‖ is smallest at the step's result, of all that were tried."""
    layer = nn.Conv2d(4, 6, (2, 3), dtype=torch.float64)
    old, by = layer.weight.detach().clone(), 0.2

    def cost() -> float:
        distance = 0.5 * (layer.weight - old).square().sum()
        return (distance + by * cm.torch.nuclear_norm(layer)).item()

    cm.torch.Shrinkage(layer, by).step()
    best, at_best = cost(), layer.weight.detach().clone()
    generator = torch.Generator().manual_seed(2)
    for size in (1e-3, 1e-2, 1e-1):
        for _ in range(20):
            way = torch.randn(old.shape, generator=generator, dtype=torch.float64)
            with torch.no_grad():
                layer.weight.copy_(at_best + size * way)
            assert cost() > best
    with torch.no_grad():
        layer.weight.copy_(old)
    assert cost() > best


def test_it_falls_due_every_t_steps() -> None:
    layer = nn.Linear(5, 4)
    shrinkage = cm.torch.Shrinkage(layer, 0.01, every=3)
    changed = []
    for _ in range(7):
        before = layer.weight.detach().clone()
        assert shrinkage.step() == (not torch.equal(before, layer.weight))
        changed.append(not torch.equal(before, layer.weight))
    assert changed == [False, False, True, False, False, True, False]
    assert shrinkage.steps == 7


def test_the_cost_of_the_penalty_is_shared_by_the_steps() -> None:
    layer = cm.ConvLayer((3, 5), 12, 20, (17, 22))
    once = cm.count("nuclear_norm", layer)
    shared = cm.count("nuclear_norm", layer, T=7)
    assert shared["penalty_flops"] * 7 == once["penalty_flops"] == 592_000
    assert shared["penalty_flops"].denominator == 7  # exact, not rounded
    saved = once["penalty_flops"] - shared["penalty_flops"]
    assert once["training_flops"] - shared["training_flops"] == saved
    assert cm.count("nuclear_norm", layer, T=8)["penalty_flops"] == 74_000


def test_half_precision_is_decomposed_in_single() -> None:
    layer = nn.Conv2d(3, 5, 2).to(torch.bfloat16)
    assert cm.torch.nuclear_norm(layer).isfinite()
    assert cm.torch.Shrinkage(layer, 0.1).step()
    assert layer.weight.dtype is torch.bfloat16


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: cm.torch.nuclear_norm(m, "k"), "unfolding 'k'; allowed are the axes"),
        (lambda m: cm.torch.nuclear_norm(m, "n n"), "unfolding 'n n'; allowed"),
        (lambda m: cm.torch.nuclear_norm(m, ""), "unfolding ''; allowed"),
        (lambda m: cm.torch.nuclear_norm(m, 3), "unfolding 3; allowed"),
        (lambda m: cm.torch.nuclear_norm(m, "l"), "has the unfolding 'l'; allowed are"),
        (lambda m: cm.torch.nuclear_norm(m, "n m i j"), "has the unfolding"),
        (lambda m: cm.torch.nuclear_norm(m, where="kernel=9"), "selected by 'kernel=9'"),
        (lambda m: cm.torch.nuclear_norm(m.weight), "module is Parameter; allowed"),
        (lambda m: cm.torch.nuclear_norm(nn.ReLU()), "no layer is selected"),
        (lambda m: cm.torch.Shrinkage(m, -1.0), "by is -1.0; allowed are numbers from 0 up"),
        (lambda m: cm.torch.Shrinkage(m, float("nan")), "by is nan"),
        (lambda m: cm.torch.Shrinkage(m, 0.1, 0), "every is 0; allowed are integers from 1 up"),
        (lambda m: cm.torch.Shrinkage(m, 0.1, rows="all"), "several unfoldings of one kernel"),
    ],
)
def test_what_means_nothing_is_one_sentence(call: Any, words: str) -> None:
    with pytest.raises(CostModelError, match=words):
        call(nn.Conv2d(4, 6, (2, 3)))


def test_they_are_offered_where_names_are_completed() -> None:
    assert {"nuclear_norm", "Shrinkage"} <= set(dir(cm.torch))
    assert len(unfoldings(nn.Conv2d(4, 6, 3), "all")) == 4
