"""Full rank, proved by numbers: what a variant with random weights can and cannot express.

The oracle knows nothing of bonds: it is the dimension of the set of kernels that a module can have,
the rank of the Jacobian of what it does to unit inputs by its weights, in double precision.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.full_rank import full_ranks
from costmodel.core.hyper import Hyper
from costmodel.core.ranks import ranks
from costmodel.core.variant import Variant
from costmodel.errors import VariantError
from costmodel.torch.modules import build

CATALOGUE = [v for v in cm.VARIANTS.values() if ranks(v, v.usual_dims)]


def mine(*stages: str, where: Any = None, **hyper: Any) -> Variant:
    declared = {
        name: value if isinstance(value, Hyper) else Hyper(value, "a size of this test")
        for name, value in hyper.items()
    }
    return Variant("mine", " | ".join(stages), hyper=declared, where=where or {})


OWN = [
    # two bonds side by side, and one behind another
    mine("m, r s m -> r s", "r s, n r s i j -> n", r=2, s=2),
    mine("m, r m j -> r", "r, s r i -> s", "s, q s -> q", "q, n q -> n", r=2, s=3, q=2),
    # one letter for two bonds, by its name or by another
    mine("m, r m -> r", "r, o r i j -> o", "o, n o -> n", where={"o": "r"}, r=2),
    # a batch axis that the kernel has in pieces
    mine("g m, g r m -> g r", "g r, g n r i j -> g n", g=2, r=2),
    # branches: what each shows to the bond adds up
    mine("m, q m -> q", "{ q, e q i=1 j=1 -> e & q, f q i j -> f }", where={"f": "n - e"}, q=2, e=1),
    mine("m, q m -> q", "{ q, r q i -> r | r, e r j -> e & q, f q -> f }", where={"f": "n - e"}, q=2, r=2, e=2),
    # a bond inside a branch, and a chain of sums in three factors
    mine("{ m, r m -> r | r, n r i j -> n + m, n m j -> n }", r=2),
    mine("m, r m -> r", "r, r i -> r", "r, r s -> s", "s, n s j -> n", r=2, s=2),
    # a way round: b is between the first factor and the last as well
    mine("m, r b m -> r b", "r b, q r i -> q b", "q b, n q b j -> n", r=2, q=2, b=2),
]  # fmt: skip


def layer_for(variant: Variant, draw: random.Random) -> cm.ConvLayer:
    """A layer so small that all of its kernels can be written down, with sizes that differ."""
    dims = variant.usual_dims
    kernel = draw.sample((1, 2, 3, 4), dims) if dims < 3 else draw.sample((1, 2, 3), 3)
    m, n = draw.sample(range(1, 7), 2)
    if "g" in variant.hyper:
        m, n = 2 * m, 2 * n
    return cm.ConvLayer(kernel, m, n, kernel, padding="valid")


def dimension(variant: Variant, layer: cm.ConvLayer, values: Mapping[str, int]) -> int:
    """The dimension of the set of kernels: the rank of their Jacobian at random weights."""
    torch.manual_seed(7)
    module = build(variant, layer, values).double()
    units = torch.eye(int(np.prod([layer.in_channels, *layer.size])), dtype=torch.float64)
    units = units.reshape(-1, layer.in_channels, *layer.size)
    weights = {
        name: torch.randn_like(weight) for name, weight in module.named_parameters()
    }

    def kernels(given: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return torch.func.functional_call(module, dict(given), (units,)).flatten()

    parts = torch.func.jacrev(kernels)(weights)
    jacobian = torch.cat([part.flatten(1) for part in parts.values()], 1)
    return int(torch.linalg.matrix_rank(jacobian, rtol=1e-9))


def cases(variant: Variant, count: int) -> list[tuple[cm.ConvLayer, dict[str, int]]]:
    """Random layers with random values of every hyper-parameter."""
    draw = random.Random(variant.stages)
    found: list[tuple[cm.ConvLayer, dict[str, int]]] = []
    while len(found) < count:
        layer = layer_for(variant, draw)
        values = {name: draw.randint(1, 4) for name in variant.hyper if name != "g"}
        try:
            bind(variant, layer, values)
        except VariantError:
            continue
        found.append((layer, values))
    return found


EVERY = [pytest.param(v, id=f"{v.id} {place}") for place, v in enumerate([*CATALOGUE, *OWN])]


@pytest.mark.parametrize("variant", EVERY)
def test_a_larger_rank_expresses_nothing_more_and_one_less_something_less(variant: Variant) -> None:
    compared = 0
    for layer, values in cases(variant, 4):
        for letter, rank in ranks(variant, layer.dims).items():
            full = full_ranks(bind(variant, layer, values))[letter]
            at = dimension(variant, layer, {**values, letter: full})
            assert dimension(variant, layer, {**values, letter: full + 2}) == at, (layer, values, letter, full)
            if rank.exact and full > 1:
                assert dimension(variant, layer, {**values, letter: full - 1}) < at, (layer, values, letter, full)
                compared += 1
    print(variant.id, variant.stages, compared)
