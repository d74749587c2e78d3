"""Identities between variants, by symbols: on layers of any size, window and (where so) stride."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
import torch

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.torch.lowering import StageModule

m, n, b, e, g, r, t, q, c = sympy.symbols("m n b e g r t q c", integer=True, positive=True)
d1, d2, e1, e2 = sympy.symbols("d1 d2 e1 e2", integer=True, positive=True)
H, W, kh, kw, sh, sw = sympy.symbols("H W kh kw sh sw", integer=True, positive=True)

PLAIN = cm.ConvLayer((kh, kw), m, n, (H, W))
STRIDED = PLAIN.replace(stride=(sh, sw))
TURNED = PLAIN.replace(in_channels=n, out_channels=m)


def assert_same(one: Any, other: Any) -> None:
    for metric in ("params", "macs"):
        assert sympy.simplify(one[metric] - other[metric]) == 0, metric


@pytest.mark.parametrize(
    ("one", "hyper", "other", "other_hyper"),
    [
        ("basis", {"b": 1}, "depthwise_separable", {}),
        ("grouped", {"g": 1}, "standard", {}),
        ("dilated", {"d": t}, "standard", {}),
        ("structured", {"T": kh * kw}, "standard", {}),
        ("quantised", {"bw": b, "ba": t}, "standard", {}),
        ("nuclear_norm", {}, "standard", {}),
        ("sic", {"L": 1}, "depthwise_separable", {}),
        ("bottleneck", {"g": 1, "r": r}, "tucker2", {"r1": r, "r2": r}),
        ("bottleneck", {"g": g, "r": r}, "resnext", {"g": g, "r": r}),
        ("bottleneck", {"g": r, "r": r}, "shuffle_unit", {"g": 1, "r": r}),
        ("inverted_residual", {"e": e}, "bottleneck", {"g": e * m, "r": e * m}),
        ("cp", {"r": r}, "ho_cp", {"r": r}),
        ("topological_1d", {"c": m}, "depthwise_separable", {}),
        ("topological", {"d1": d1, "e1": e1, "c1": d1, "c2": m / d1}, "depthwise_separable", {}),
        (
            "topological_3d",
            {"d1": d1, "d2": d2, "e1": e1, "e2": e2, "c1": d1, "c2": d2, "c3": m / (d1 * d2)},
            "depthwise_separable",
            {},
        ),
        ("topological", {"d1": 1, "e1": 1, "c1": 1, "c2": c}, "topological_1d", {"c": c}),
    ],
)
def test_at_these_values_it_is_another_variant(
    one: str, hyper: dict[str, Any], other: str, other_hyper: dict[str, Any]
) -> None:
    assert_same(cm.count(one, STRIDED, **hyper), cm.count(other, STRIDED, **other_hyper))


@pytest.mark.parametrize(
    ("one", "hyper", "other", "other_hyper"),
    [
        ("basis", {"b": b}, "decoupled", {"t": b}),
        ("depthwise_separable", {}, "bsconv_u", {}),
        ("channel_svd", {"r": r}, "channel_svd_in", {"r": r}),
        ("standard", {}, "standard", {}),
        ("cp", {"r": r}, "cp", {"r": r}),
        ("spatial_svd", {"r": r}, "spatial_svd", {"r": r}),
    ],
)
def test_it_is_the_transpose_of_another(
    one: str, hyper: dict[str, Any], other: str, other_hyper: dict[str, Any]
) -> None:
    """Read backwards, with m and n exchanged, it costs the same wherever nothing is strided."""
    square = {"kernel": (kh, kh)}  # a window read backwards has its sides the other way round
    left = cm.count(one, PLAIN.replace(**square), **hyper)
    right = cm.count(other, TURNED.replace(**square), **other_hyper)
    assert_same(left, right)


def test_transposing_is_no_identity_on_strided_layers() -> None:
    turned = TURNED.replace(stride=(sh, sw))
    difference = cm.count("basis", STRIDED, b=b).macs - cm.count("decoupled", turned, t=b).macs
    assert sympy.simplify(difference) != 0


def test_sharing_saves_parameters_only() -> None:
    basis, shared = (cm.count(v, STRIDED, b=b) for v in ("basis", "shared_basis"))
    assert sympy.simplify(basis.macs - shared.macs) == 0
    assert sympy.simplify(basis.params - shared.params - (m - 1) * b * kh * kw) == 0


def test_a_spatial_bottleneck_without_a_step_is_separable_with_one_more_filter() -> None:
    wide, plain = (
        cm.count("spatial_bottleneck", PLAIN, s=1, q=q),
        cm.count("depthwise_separable", PLAIN),
    )
    assert sympy.expand(wide.params - plain.params - q**2 * n) == 0
    assert sympy.simplify(wide.macs - plain.macs - q**2 * n * H * W) == 0


def test_tucker_of_four_modes_is_tucker_of_two_with_a_window_of_shared_filters() -> None:
    r1, r2 = sympy.symbols("r1 r2", integer=True, positive=True)
    four = cm.count("tucker4", PLAIN, r1=r1, r2=r2, s1=kh, s2=kw)
    two = cm.count("tucker2", PLAIN, r1=r1, r2=r2)
    assert sympy.expand(four.params - two.params - kh**2 - kw**2) == 0
    shared = (kh**2 + kh * kw**2) * r1 * H * W
    assert sympy.expand(four.macs - two.macs - shared) == 0


@pytest.mark.parametrize("ranks", [(3, 4, 2, 3), (6, 10, 3, 5)])
def test_tucker_of_four_modes_has_the_kernel_of_its_factors(ranks: tuple[int, ...]) -> None:
    """Σ core · U[n] · V[m] · A[i] · B[j], convolved at once, is what the five stages compute."""
    layer = cm.ConvLayer((3, 5), 6, 10, (11, 14), stride=(1, 2))
    hyper = dict(zip(("r1", "r2", "s1", "s2"), ranks, strict=True))
    module = cm.torch.build("tucker4", layer, hyper).double()
    v, a, b, core, u = (
        part.conv.weight.detach().squeeze()
        for part in module.modules() if isinstance(part, StageModule)
    )  # fmt: skip
    core = core.reshape(ranks[1], ranks[0], *ranks[2:])
    kernel = torch.einsum("qpst,nq,pm,si,tj->nmij", core, u, v, a, b)
    x = torch.randn(2, 6, 11, 14, dtype=torch.float64)
    direct = torch.nn.functional.conv2d(x, kernel, stride=layer.stride, padding=(1, 2))
    assert torch.allclose(module(x), direct, atol=1e-10)


def test_winograd_with_tiles_of_one_output_is_the_standard_count() -> None:
    assert_same(cm.count("winograd", PLAIN, e=1), cm.count("standard", PLAIN))


@pytest.mark.parametrize("stride", [1, (2, 3)])
@pytest.mark.parametrize("padding", ["same", "valid", (2, 1)])
def test_octave_without_low_frequencies_is_the_standard_stage(stride: Any, padding: Any) -> None:
    layer = cm.ConvLayer((3, 5), 6, 10, (15, 22), stride=stride, padding=padding)
    (octave,) = bind(cm.VARIANTS["octave"], layer, alpha=0).stages
    (standard,) = bind(cm.VARIANTS["standard"], layer).stages
    assert octave.geometry == standard.geometry
    assert (octave.weights, octave.macs) == (standard.weights, standard.macs)
    assert (octave.in_channels, octave.out_channels) == (6, 10)


def test_octave_with_low_frequencies_only_is_a_quarter() -> None:
    layer = cm.ConvLayer((3, 5), 6, 10, (14, 22))
    assert 4 * cm.count("octave", layer, alpha=1).macs == cm.count("standard", layer).macs
    assert cm.count("octave", layer, alpha=1).params == cm.count("standard", layer).params


def test_octave_by_symbols_is_standard_at_zero() -> None:
    alpha = sympy.Symbol("alpha", positive=True)
    octave = cm.count("octave", STRIDED, alpha=alpha)
    standard = cm.count("standard", STRIDED)
    for metric in ("params", "macs"):
        at_zero = sympy.sympify(octave[metric]).subs(alpha, 0)
        assert sympy.simplify(at_zero - standard[metric]) == 0


def test_cp_is_one_declaration_in_every_dimension() -> None:
    higher, plain = cm.VARIANTS["ho_cp"], cm.VARIANTS["cp"]
    assert higher.stages == plain.stages
    assert higher.dims == plain.dims == {1, 2, 3}
    for kernel in ((3,), (3, 5), (3, 5, 7)):
        layer = cm.ConvLayer(kernel, 12, 20, (11, 13, 17)[: len(kernel)], stride=2)
        for variant in (plain, higher):
            counts = cm.count(variant, layer, r=4)
            assert counts.params == 4 * (12 + 20 + sum(kernel))
            assert len(counts.stages) == 2 + len(kernel)


def test_a_depthwise_layer_is_grouped_to_the_end() -> None:
    layer = STRIDED.replace(out_channels=q * m)
    assert_same(cm.count("depthwise", layer), cm.count("grouped", layer, g=m))


def test_the_classifier_has_one_kernel_for_all_classes() -> None:
    layer = cm.ConvLayer((7, 5), 40, 10, (7, 5), padding="valid")
    counts = cm.count("conv_classifier", layer)
    assert counts.params == 35 * 31
    assert counts.macs == 35 * 31 * 10


def test_every_group_after_the_shuffle_reads_every_group_before_it() -> None:
    """Group g' of the last stage reads channels from each of the groups of the first."""
    layer = cm.ConvLayer(3, 24, 36, (9, 8))
    first, _, last = bind(cm.VARIANTS["shuffle_unit"], layer, g=4, r=16).stages
    channels = np.arange(16)
    sizes = [last.sizes[name] for name in first.line.output_names]
    written = np.unravel_index(channels, sizes)[first.line.output_names.index("g")]
    sizes = [last.sizes[name] for name in last.line.input_names]
    read = np.unravel_index(channels, sizes)[last.line.input_names.index("g")]
    for group in range(4):
        assert set(written[read == group]) == {0, 1, 2, 3}
