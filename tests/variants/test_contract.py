"""What every variant of the catalogue promises, on every layer that it fits.

Nothing here knows a variant by name: whatever is declared is tested.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
import sympy

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
)
from costmodel.core.expression import parse
from costmodel.core.numbers import Number
from costmodel.core.stage import BoundStage
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.metrics.metric import METRICS

CATALOGUE = [v for v in VARIANTS.values() if v.family != "custom"]

CHANNELS = [(3, 64), (64, 96), (128, 48), (256, 512), (512, 10), (30, 60), (96, 96), (12, 7)]
GEOMETRIES: list[dict[str, Any]] = [
    {"kernel": 3, "size": (56, 40)},
    {"kernel": (3, 5), "size": (31, 44), "stride": 2},
    {"kernel": (4, 2), "size": (17, 22), "stride": (1, 3)},
    {"kernel": 5, "size": (13, 24), "stride": (2, 1), "padding": "valid"},
    {"kernel": (3, 7), "size": (28, 33), "padding": (2, 1), "dilation": (1, 2), "batch": 3},
    {"kernel": 1, "size": 1},
    {"kernel": (5, 3), "size": (5, 3), "padding": "valid", "bias": True},
    {"kernel": 3, "size": (7, 9), "stride": 2, "transposed": True, "bias": True},
    {
        "kernel": (4, 3),
        "size": (8, 5),
        "stride": (3, 2),
        "padding": 1,
        "output_padding": (2, 1),
        "transposed": True,
    },
    {"kernel": 5, "size": (47,), "stride": 3},
    {"kernel": (3, 5, 7), "size": (9, 14, 23), "stride": (1, 2, 2), "bias": True},
    {"kernel": 2, "size": (4, 6, 8), "padding": 1, "dilation": 2},
]
LAYERS = [
    cm.ConvLayer(in_channels=m, out_channels=n, **geometry)
    for (m, n), geometry in itertools.product(CHANNELS, GEOMETRIES)
] + [
    cm.ConvLayer(3, 24, 36, (19, 26), groups=3, stride=(1, 2), batch=2, bias=True),
    cm.ConvLayer(3, 16, 4, (10, 11), groups=4),
]


def fitting(variant: Variant) -> list[BoundVariant]:
    found = []
    for layer in LAYERS:
        try:
            found.append(bind(variant, layer))
        except VariantError as error:
            assert_one_sentence(error, variant)
    return found


def assert_one_sentence(error: VariantError, variant: Variant) -> None:
    assert str(error).startswith(f"{variant.id}: ")
    assert "; allowed " in str(error)
    assert "\n" not in str(error)


@pytest.fixture(scope="module", params=CATALOGUE, ids=lambda v: v.id)
def bound(request: pytest.FixtureRequest) -> list[BoundVariant]:
    return fitting(request.param)


def test_the_catalogue_is_complete() -> None:
    assert len(CATALOGUE) >= 44
    assert len({v.title for v in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_its_names_are_all_declared(variant: Variant) -> None:
    replace(variant, family="custom")  # checked where it is made, as one's own are


def test_it_fits_typical_layers(bound: list[BoundVariant]) -> None:
    assert len(bound) >= len(CHANNELS) - 2
    assert len({(b.layer.in_channels, b.layer.out_channels) for b in bound}) >= 3


def test_counts_are_positive_integers(bound: list[BoundVariant]) -> None:
    for each in bound:
        for stage in each.stages:
            for number in (stage.weights, stage.macs, stage.fan_in, stage.positions, stage.times):
                assert type(number) is int
                assert number > 0
            for number in (*stage.in_grid, *stage.out_grid, stage.in_channels, stage.out_channels):
                assert type(number) is int
                assert number > 0
        counts = cm.count(each.variant, each.layer)
        for key in METRICS:
            assert counts[key] >= 0, key


# -- an independent walk through the program: shapes only -----------------------------------------
def walk(sequence: BoundSequence, channels: int, grid: tuple[int, ...]) -> tuple[Any, Any]:
    """Channels and grid after a sequence; asserts that every item reads what it is given."""
    for item in sequence.items:
        if isinstance(item, BoundStage):
            assert (item.in_channels, item.in_grid) == (channels * item.groups, grid), item.line
            channels, grid = item.out_channels // item.groups, item.out_grid
        elif isinstance(item, BoundSlice):
            assert 0 <= item.low < item.high <= channels
            channels = item.high - item.low
        elif isinstance(item, BoundResample):
            assert item.in_grid == grid
            for before, after in zip(item.in_grid, item.out_grid, strict=True):
                fine, coarse = (after, before) if item.up else (before, after)
                assert (coarse - 1) * item.factor < fine <= coarse * item.factor
            grid = item.out_grid
        elif isinstance(item, BoundBias):
            assert item is sequence.items[-1]
        else:
            assert isinstance(item, BoundBlock)
            ends = [walk(branch, channels, grid) for branch in item.branches]
            assert len({end[1] for end in ends}) == 1
            if item.mode == "sum":
                assert len({end[0] for end in ends}) == 1
                after = ends[0][0]
            else:
                after = sum(end[0] for end in ends)
            if item.times != 1:
                assert (after, ends[0][1]) == (channels, grid)
            channels, grid = after, ends[0][1]
    return channels, grid


def test_it_replaces_the_layer(bound: list[BoundVariant]) -> None:
    for each in bound:
        layer = each.layer
        start = layer.in_channels // layer.groups
        channels, grid = walk(each.program, start, layer.size)
        assert channels * layer.groups == layer.out_channels
        assert grid == layer.out_size


def test_every_window_reaches_exactly_its_outputs(bound: list[BoundVariant]) -> None:
    for each in bound:
        for stage in each.stages:
            for axis in stage.geometry:
                assert axis.reached == axis.out, (each.layer, stage.line.text)


def test_bias_adds_one_number_per_output_channel(bound: list[BoundVariant]) -> None:
    for each in bound:
        plain, biased = (
            cm.count(each.variant, each.layer.replace(bias=b)).params for b in (False, True)
        )
        assert biased - plain == each.layer.out_channels
        program = bind(each.variant, each.layer.replace(bias=True)).program
        inside = sum(stage.biases for stage in program.stages())
        steps = sum(i.channels for i in program.items if isinstance(i, BoundBias))
        assert inside + steps == each.layer.out_channels


def test_groups_are_independent_copies(bound: list[BoundVariant]) -> None:
    for each in bound[:6]:
        layer = each.layer.replace(bias=False)
        split = layer.replace(
            groups=5 * layer.groups,
            in_channels=5 * layer.in_channels,
            out_channels=5 * layer.out_channels,
        )
        one, five = (cm.count(each.variant, x, **each.hyper) for x in (layer, split))
        assert (five.params, five.macs) == (5 * one.params, 5 * one.macs)


# -- declarations ----------------------------------------------------------------------------------
@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_it_is_documented(variant: Variant) -> None:
    for text in (variant.title, variant.summary, variant.reference, variant.wins):
        assert text == text.strip()
        assert len(text) > 3
    assert variant.summary.endswith(".")
    assert ". " not in variant.summary.replace("e.g. ", "")
    assert bool(variant.gives_up) != variant.baseline, "what others have that it has not"
    assert variant.baseline or variant.gives_up[0].isupper()
    assert variant.baseline or (variant.gives_up.endswith(".") and len(variant.gives_up) < 100)
    assert variant.id.isidentifier()
    for hyper in variant.hyper.values():
        assert len(hyper.meaning) > 10
    assert {claim.quantity for claim in variant.claims} >= {"params"}
    for claim in variant.claims:
        parse(claim.formula)
        assert bool(claim.of) == (claim.quantity == "break_even")
        assert claim.dims in variant.dims
    if variant.algorithm_of:
        assert variant.algorithm_of in VARIANTS


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_defaults_are_as_good_as_any_value(variant: Variant) -> None:
    """Where the defaults do not fit a layer, no small values do either."""
    for layer in LAYERS:
        try:
            bind(variant, layer)
        except VariantError:
            for values in itertools.product((1, 2, 3), repeat=len(variant.hyper)):
                if len(values) > 3 and len(set(values)) > 2:
                    continue
                with pytest.raises(CostModelError):
                    bind(variant, layer, **dict(zip(variant.hyper, values, strict=True)))


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_the_slider_ends_above_the_default(variant: Variant) -> None:
    for each in fitting(variant):
        for hyper in variant.hyper.values():
            if not hyper.upto:
                continue
            end = parse(hyper.upto).evaluate(each.env)
            assert end >= hyper.low
            if hyper.high is not None:
                assert end <= hyper.high


# -- symbols ---------------------------------------------------------------------------------------
def symbols(names: str) -> list[sympy.Symbol]:
    return list(sympy.symbols(names, integer=True, positive=True))


def symbolic_counts(variant: Variant, dims: int) -> tuple[cm.ConvLayer, Any, dict[str, Any]]:
    """A layer of symbols that the variant is made for, and its counts there."""
    facts: dict[str, Any] = {
        "kernel": symbols("k1:4")[:dims],
        "size": symbols("a1:4")[:dims],
        "stride": symbols("s1:4")[:dims],
        "in_channels": sympy.Symbol("m", integer=True, positive=True),
        "out_channels": sympy.Symbol("n", integer=True, positive=True),
        **variant.domain,
    }
    if not isinstance(facts["size"], list):
        facts["size"] = [facts["size"]] * dims
    layer = cm.ConvLayer(**facts)
    hyper = {
        name: sympy.Symbol(f"_{name}", positive=True, integer=None if value.real else True)
        for name, value in variant.hyper.items()
    }
    return layer, cm.count(variant, layer, **hyper), hyper


def substituted(expression: Any, values: dict[Any, Any]) -> Number:
    """The expression built up again from the values (`subs` tries far more than that)."""
    known = {letter: sympy.sympify(value) for letter, value in values.items()}
    return sympy.sympify(expression).xreplace(known)


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_symbols_and_numbers_agree(variant: Variant) -> None:
    compared = 0
    for dims in sorted(variant.dims):
        try:
            pattern, counts, hyper = symbolic_counts(variant, dims)
        except VariantError:
            assert dims != max(variant.dims & {2}, default=dims)
            continue
        candidates = [
            layer.replace(
                padding="same", dilation=1, bias=False, batch=1, groups=1, output_padding=0
            )
            for layer in LAYERS
            if (layer.dims, layer.transposed) == (dims, pattern.transposed)
        ]
        done = 0
        for plain in candidates[::3]:
            try:
                exact = cm.count(variant, plain)
            except VariantError:
                continue
            done += 1
            if done > 3:
                break
            values: dict[Any, Any] = {
                hyper[name]: sympy.Rational(str(value)) for name, value in exact.hyper.items()
            }
            for name in ("kernel", "size", "stride"):
                values |= dict(zip(getattr(pattern, name), getattr(plain, name), strict=True))
            values |= {pattern.in_channels: plain.in_channels}
            values |= {pattern.out_channels: plain.out_channels}
            for key in ("params", "macs"):
                assert substituted(counts[key], values) == exact[key], (plain, key)
                compared += 1
    assert compared >= 2


# -- large sizes -----------------------------------------------------------------------------------
@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_large_sizes_are_exact(variant: Variant) -> None:
    m, n = 3 * 2**20, 3 * 2**19
    for facts in (
        {"kernel": 3, "in_channels": m, "out_channels": n, "size": (10**5, 10**5 + 3)},
        {"kernel": 3, "in_channels": n, "out_channels": m, "size": (10**4, 10**5, 10**5 + 3)},
        {"kernel": 3, "in_channels": n, "out_channels": m, "size": (10**5, 10**5 + 3)},
    ):
        try:
            layer = cm.ConvLayer(**{**facts, **variant.domain})
            counts = cm.count(variant, layer)
        except VariantError:
            continue
        pattern, symbolic, hyper = symbolic_counts(variant, layer.dims)
        values: dict[Any, Any] = {
            hyper[name]: sympy.Rational(str(value)) for name, value in counts.hyper.items()
        }
        for name in ("kernel", "size", "stride"):
            values |= dict(zip(getattr(pattern, name), getattr(layer, name), strict=True))
        values |= {pattern.in_channels: layer.in_channels, pattern.out_channels: layer.out_channels}
        assert type(counts.macs) is int
        assert substituted(symbolic.macs, values) == counts.macs
        assert substituted(symbolic.params, values) == counts.params
        return
    pytest.fail("no large layer fits")
