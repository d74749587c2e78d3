"""Full rank, proved by numbers: what a variant with random weights can and cannot express.

The oracle knows nothing of bonds: it is the dimension of the set of kernels that a module can have,
the rank of the Jacobian of what it does to unit inputs by its weights, in double precision.
"""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import sympy
import torch

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.full_rank import above_full_rank, full_rank_of, full_ranks
from costmodel.core.hyper import Hyper
from costmodel.core.ranks import Rank, ranks
from costmodel.core.variant import Variant
from costmodel.errors import FullRankWarning, VariantError
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
    mine("m, q m -> q", "{ q, e q i=1 j=1 -> e & q, f q i j -> f }",
         where={"f": "n - e"}, q=2, e=1),
    mine("m, q m -> q", "{ q, r q i -> r | r, e r j -> e & q, f q -> f }",
         where={"f": "n - e"}, q=2, r=2, e=2),
    # a bond inside a branch, and a chain of sums in three factors
    mine("{ m, r m -> r | r, n r i j -> n + m, n m j -> n }", r=2),
    mine("m, r m -> r", "r, r i -> r", "r, r s -> s", "s, n s j -> n", r=2, s=2),
    # a way round: b is between the first factor and the last as well
    mine("m, r b m -> r b", "r b, q r i -> q b", "q b, n q b j -> n", r=2, q=2, b=2),
]  # fmt: skip


def layer_for(variant: Variant, draw: random.Random) -> cm.ConvLayer:
    """A layer so small that all of its kernels can be written down, with sizes that differ."""
    dims = variant.usual_dims
    kernel = draw.sample((1, 2, 3, 4)[: 4 if dims < 3 else 3], dims)
    m, n = draw.sample(range(1, 7), 2)
    groups = 2 if "g" in variant.hyper else 1
    return cm.ConvLayer(kernel, groups * m, groups * n, kernel, padding="valid")


def dimension(variant: Variant, layer: cm.ConvLayer, values: Mapping[str, int]) -> int:
    """The dimension of the set of kernels: the rank of their Jacobian at random weights."""
    torch.manual_seed(7)
    module = build(variant, layer, values).double()
    units = torch.eye(int(np.prod([layer.in_channels, *layer.size])), dtype=torch.float64)
    units = units.reshape(-1, layer.in_channels, *layer.size)
    weights = {name: torch.randn_like(weight) for name, weight in module.named_parameters()}

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
        with suppress(VariantError):
            bind(variant, layer, values)
            found.append((layer, values))
    return found


def disagreements(
    variant: Variant, count: int, claimed: Callable[[BoundVariant, str], int]
) -> list[Any]:
    """Where a claimed full rank expresses less than more would, or as much as one less does."""
    wrong = []
    for layer, values in cases(variant, count):
        for letter, rank in ranks(variant, layer.dims).items():
            full = claimed(bind(variant, layer, values), letter)
            less, same, more = (
                dimension(variant, layer, {**values, letter: max(1, value)})
                for value in (full - 1, full, full + 2)
            )
            if same != more or (rank.exact and full > 1 and less == same):
                wrong.append((layer, values, letter, full))
    return wrong


@pytest.mark.parametrize(
    "variant", [pytest.param(v, id=f"{v.id}{i}") for i, v in enumerate([*CATALOGUE, *OWN])]
)
@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_more_expresses_nothing_more_and_one_less_expresses_less(variant: Variant) -> None:
    assert ranks(variant, variant.usual_dims)
    assert disagreements(variant, 3, full_rank_of) == []


MUTANTS: dict[str, tuple[str, Callable[[BoundVariant, str], int]]] = {
    "one too few": ("channel_svd", lambda bound, letter: full_rank_of(bound, letter) - 1),
    "one too many": ("spatial_svd", lambda bound, letter: full_rank_of(bound, letter) + 1),
    "one side alone": ("spatial_svd", lambda bound, _: bound.env["i"] * bound.env["m"]),
    "the batch counted": ("basis", lambda bound, _: min(bound.env["taps"], 2 * bound.env["n"])),
    "beside the defaults": ("tt", lambda bound, letter: cm.full_rank("tt", letter, bound.layer)),
}


@pytest.mark.parametrize("mutant", MUTANTS)
@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_the_oracle_can_fail(mutant: str) -> None:
    id, claimed = MUTANTS[mutant]
    assert disagreements(cm.VARIANTS[id], 6, claimed)


def test_less_may_do_where_full_rank_is_not_exact() -> None:
    """A CP rank that is enough for every kernel is more than most kernels need."""
    layer = cm.ConvLayer((2, 3), 4, 5, (2, 3), padding="valid")
    full = cm.full_rank("cp", "r", layer)
    assert not ranks(cm.VARIANTS["cp"], 2)["r"].exact
    assert dimension(cm.VARIANTS["cp"], layer, {"r": full - 1}) == 4 * 5 * 2 * 3


# -- the same, of single kernels: a truncated SVD is the best of its rank (Eckart–Young) -----------
TWO_FACTORS = [v for v in CATALOGUE if len(v.lines) == 2 and len(v.hyper) == 1]


@pytest.mark.parametrize("variant", TWO_FACTORS, ids=lambda v: v.id)
def test_any_kernel_is_a_product_at_full_rank_and_none_at_one_less(variant: Variant) -> None:
    draw = np.random.default_rng(3)
    sizes = {"m": 4, "n": 5, "i": 2, "j": 3, "l": 1}
    if variant.usual_dims == 3:
        sizes |= {"i": 1, "l": 2}
    ((letter, _),) = variant.hyper.items()
    first, second = (set(line.weight_names) - {letter} for line in variant.lines)
    axes = [sorted(first & second), sorted(first - second), sorted(second - first)]
    kernel = draw.standard_normal([math.prod(sizes[name] for name in part) for part in axes])
    singular = np.linalg.svd(kernel, compute_uv=False)
    kernel_sizes = [sizes["lij"[axis]] for axis in range(3)][3 - variant.usual_dims :]
    layer = cm.ConvLayer(kernel_sizes, 4, 5, (7, 8, 9)[: variant.usual_dims])
    full = cm.full_rank(variant, letter, layer)
    assert singular[:, full:].size == 0
    assert singular[:, full - 1 :].min() > 0.01


# -- values --------------------------------------------------------------------------------------
STEM = cm.ConvLayer(3, 3, 64, (224, 224))


def test_full_rank_on_layers() -> None:
    layer = cm.ConvLayer(3, 64, 64, (56, 56))
    assert cm.full_rank("spatial_svd", "r", layer) == 192
    assert full_ranks(bind(cm.VARIANTS["tucker2"], layer, {"r1": 300})) == {"r1": 64, "r2": 64}
    assert cm.full_rank("spatial_svd", "r", STEM) == 9
    assert cm.full_rank("basis", "b", cm.ConvLayer((3, 5), 6, 7, (8, 9))) == 7
    # per group of the layer, as every size in the notation
    assert cm.full_rank("channel_svd", "r", cm.ConvLayer(3, 8, 24, (9, 9), groups=4)) == 6
    assert type(cm.full_rank("tucker2", "r2", STEM, r1=2)) is int


@pytest.mark.slow
def test_full_rank_in_letters() -> None:
    k, m, n, r2 = sympy.symbols("k m n r2")
    assert cm.full_rank("tucker2", "r1") == sympy.Min(m, k**2 * n, k**2 * r2)
    assert cm.full_rank("tucker2", "r1", r2=5) == sympy.Min(m, k**2 * n, 5 * k**2)
    assert cm.full_rank("spatial_svd", "r") == sympy.Min(k * m, k * n)
    for variant in CATALOGUE:
        values = {"k": 3, "m": 5, "n": 8} | dict.fromkeys(variant.hyper, 4)
        layer = cm.ConvLayer((3,) * variant.usual_dims, 5, 8, (9,) * variant.usual_dims)
        hyper = dict.fromkeys(variant.hyper, 4)
        for letter in ranks(variant, variant.usual_dims):
            symbolic = cm.full_rank(variant, letter)
            assert symbolic.subs(values) == cm.full_rank(variant, letter, layer, hyper=hyper)


def test_numbers_need_no_sympy() -> None:
    code = (
        "import sys, costmodel as cm; cm.full_rank('tt', 'r2', cm.ConvLayer(3, 3, 64, (9, 9)));"
        "cm.count('tt', cm.ConvLayer(3, 3, 64, (9, 9))); print({'sympy', 'numpy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_what_is_no_rank() -> None:
    with pytest.raises(VariantError, match="ghost: q is no rank, so it has no full rank; allowed"):
        cm.full_rank("ghost", "q", STEM)
    with pytest.raises(VariantError, match="unknown hyper-parameter of tucker2 'r'"):
        cm.full_rank("tucker2", "r")
    # p = r/g goes on from r: what bounds r does not follow from the bond alone
    assert ranks(cm.VARIANTS["bottleneck"], 2) == {}
    # the same channels are another letter's too
    assert ranks(mine("m, r m -> r", "p, n p i j -> n", r=2, p=2), 2) == {}
    # read through a window over channels, in part, or again and again
    assert ranks(mine("m, r m -> r", "n~c, n c i j -> n", r=2, c=1), 2) == {}
    assert ranks(mine("m, r m i j -> r", ":n", r=9), 2) == {}
    assert ranks(mine("m, r m i j -> r", "{ r, s r -> s | s, t s -> t }^2", "t, n t -> n",
                      where={"t": "r"}, r=2, s=3), 2).keys() == {"s"}  # fmt: skip


def test_of_values_in_letters_no_full_rank_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(rank: Rank, *_: Any) -> int:
        raise AssertionError(f"in letters this takes long, and says nothing of {rank.letter}")

    monkeypatch.setattr(Rank, "full", asked)
    layer = cm.ConvLayer(3, 30, 64, (7, 9))
    r, s = sympy.symbols("r s", integer=True, positive=True)
    assert cm.count("tucker2", layer, r1=r, r2=s).params == 30 * r + 9 * r * s + 64 * s
    with pytest.raises(AssertionError, match="says nothing of r2"):
        cm.count("tucker2", layer, r1=r, r2=5)


# -- defaults --------------------------------------------------------------------------------------
def test_no_default_is_above_full_rank() -> None:
    draw = random.Random(11)
    compared = 0
    for _ in range(60):
        m, n = draw.sample((1, 2, 3, 4, 5, 7, 12, 30, 64, 100), 2)
        for variant in (*CATALOGUE, *OWN):
            dims = variant.usual_dims
            kernel = [draw.randint(1, 5) for _ in range(dims)]
            layer = cm.ConvLayer(kernel, m, n, [draw.randint(5, 9) for _ in range(dims)])
            with suppress(VariantError):
                bound = bind(variant, layer)
                full = full_ranks(bound)
                assert all(bound.hyper[letter] <= value for letter, value in full.items()), layer
                assert above_full_rank(bound) == ()
                compared += len(full)
    assert compared > 1000


def test_defaults_on_a_stem_of_three_channels() -> None:
    def defaults(id: str) -> dict[str, Any]:
        return dict(cm.count(id, STEM).hyper)

    assert defaults("spatial_svd") == {"r": 9}
    assert defaults("tucker2") == {"r1": 2, "r2": 18}
    assert defaults("tt") == {"r1": 2, "r2": 6, "r3": 18}
    assert defaults("asym_3d") == {"r1": 9, "r2": 27}
    assert defaults("fire") == {"q": 3, "e1": 32}


def test_a_default_does_not_move_with_another_rank() -> None:
    assert cm.count("tucker2", STEM, r2=1).hyper["r1"] == 2
    with pytest.warns(FullRankWarning, match="r2 = 18 is above full rank 9"):
        assert cm.count("tucker2", STEM, r1=1).hyper["r2"] == 18


def test_defaults_of_symbols_and_arrays_are_those_of_numbers() -> None:
    m, n = sympy.symbols("m n", integer=True, positive=True)
    sizes = [(3, 64), (64, 5), (7, 8), (1, 2)]
    columns = [np.array(column) for column in zip(*sizes, strict=True)]
    for id in ("tucker2", "tt", "asym_3d", "spatial_svd", "basis"):
        inside = cm.count(id, cm.ConvLayer((3, 5), m, n, (9, 8))).params
        arrays = cm.count(id, cm.ConvLayer((3, 5), *columns, (9, 8))).params
        for place, (a, b) in enumerate(sizes):
            number = cm.count(id, cm.ConvLayer((3, 5), a, b, (9, 8))).params
            assert inside.subs({m: a, n: b}) == number == arrays[place]


def test_a_default_keeps_to_the_values_allowed() -> None:
    low = mine("m, r m -> r", "r, n r i j -> n", r=Hyper(8, "a rank of at least 4", low=4))
    assert bind(low, cm.ConvLayer(3, 2, 5, (9, 9))).hyper == {"r": 4}
    assert bind(low, cm.ConvLayer(3, 6, 5, (9, 9))).hyper == {"r": 6}


# -- a larger value is allowed, and said ---------------------------------------------------------
def test_a_larger_rank_is_counted_and_said() -> None:
    layer = cm.ConvLayer(3, 64, 128, (56, 56))
    sentence = "tucker2: r1 = 300 is above full rank 64: a larger rank costs more and expresses"
    with pytest.warns(FullRankWarning, match=sentence) as said:
        assert cm.count("tucker2", layer, r1=300).params == 64 * 300 + 9 * 300 * 64 + 64 * 128
    assert [warning.filename for warning in said] == [__file__]
    with pytest.warns(FullRankWarning, match=sentence) as said:
        cm.compare(layer, ["tucker2", "cp"], r1=300)
    assert [warning.filename for warning in said] == [__file__]
    with pytest.warns(FullRankWarning, match=sentence) as said:
        build("tucker2", layer, r1=300)
    assert [warning.filename for warning in said] == [__file__]


def test_a_replaced_network_says_it_once() -> None:
    network = cm.load("resnet18")
    with pytest.warns(FullRankWarning, match="above full rank 18: .* and 14 more") as said:
        network.replace("tucker2", r1=300, r2=2)
    assert [warning.filename for warning in said] == [__file__]


@pytest.mark.filterwarnings("error")
def test_what_is_not_above_full_rank_says_nothing() -> None:
    layer = cm.ConvLayer(3, 64, 128, (56, 56))
    cm.count("tucker2", layer, r1=64)
    cm.compare(layer)
    cm.load("resnet18").replace("spatial_svd")
