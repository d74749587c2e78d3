"""A formula gives the number: symbols and ints through the same stages, for every metric."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sympy

import costmodel as cm
from costmodel.core.hyper import Hyper
from costmodel.core.numbers import largest
from costmodel.core.stage import BoundStage
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.formulas.algebra import has_rounding
from costmodel.formulas.derivation import evaluated
from costmodel.formulas.formula import formula, ratio
from costmodel.formulas.layers import general_layer
from costmodel.formulas.letters import hyper_symbols, symbol
from costmodel.formulas.printing.printers import latex, python, text
from costmodel.metrics.combining import Layers, Rule, total
from costmodel.metrics.metric import METRICS, Metric
from costmodel.metrics.settings import Settings
from tests.formulas.sampling import CATALOGUE, square_layers

k, m, n, h, w, d, b, g, r = map(symbol, "kmnhwdbgr")


def general_values(counts: cm.Counts) -> dict[Any, Any]:
    """The numbers of a concrete layer for the letters of the general one."""
    layer, variant = counts.layer, counts.variant
    general = general_layer(variant, layer.dims)
    pairs = [
        *zip(general.kernel, layer.kernel, strict=True),
        *zip(general.size, layer.size, strict=True),
        (general.in_channels, layer.in_channels),
        (general.out_channels, layer.out_channels),
    ]
    letters = hyper_symbols(variant)
    values = {letter: value for letter, value in pairs if not isinstance(letter, int)}
    return values | {letters[name]: value for name, value in counts.hyper.items()}


def cases() -> list[Any]:
    return [
        pytest.param(variant, dims, id=f"{variant.id}-{dims}d")
        for variant in CATALOGUE
        for dims in sorted(variant.dims)
    ]


@pytest.mark.parametrize(("variant", "dims"), cases())
def test_the_general_formula_gives_every_count(variant: Variant, dims: int) -> None:
    layer = general_layer(variant, dims)
    formulas = {key: formula(variant, key, layer) for key in METRICS}
    for counts in square_layers(variant, dims, 4):
        values = general_values(counts)
        for key, expr in formulas.items():
            assert evaluated(expr, values) == counts[key], (key, counts.layer)


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_python_source_gives_the_exact_int(variant: Variant) -> None:
    dims = general_layer(variant).dims
    for key in METRICS:
        whole = METRICS[key].whole
        source = compile(python(formula(variant, key), integer=whole), key, "eval")
        for counts in square_layers(variant, dims, 3):
            names = {str(letter): value for letter, value in general_values(counts).items()}
            if not whole:
                names = {name: Fraction(value) for name, value in names.items()}
            result = eval(source, {"math": math, "costmodel": cm}, names)
            assert result == counts[key]
            assert isinstance(result, int) or not whole


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_the_ratio_is_the_quotient_of_the_counts(variant: Variant) -> None:
    share = ratio(variant)
    for counts in square_layers(variant, general_layer(variant).dims, 3):
        base = cm.count(VARIANTS.baseline, counts.layer).macs
        exact = evaluated(share, general_values(counts))
        assert exact == Fraction(counts.macs) / base


@pytest.mark.parametrize(
    ("id", "metric", "expected"),
    [
        ("standard", "params", k**2 * m * n),
        ("standard", "macs", k**2 * m * n * h * w),
        ("basis", "macs", b * m * h * w * (k**2 + n)),
        ("shared_basis", "params", b * (k**2 + m * n)),
        ("depthwise_separable", "params", m * (k**2 + n)),
        ("spatial_svd", "macs", k * r * (m + n) * h * w),
        ("linear", "macs", m * n),
        ("conv2plus1d", "macs", k * r * (k * m + n) * d * h * w),
    ],
)
def test_textbook_formulas(id: str, metric: str, expected: Any) -> None:
    assert formula(id, metric) == expected


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("standard", sympy.Integer(1)),
        ("basis", b / n + b / k**2),
        ("depthwise_separable", 1 / n + 1 / k**2),
        ("grouped", 1 / g),
        ("channel_svd", r / n + r / (k**2 * m)),
        ("transposed", sympy.Integer(1)),
    ],
)
def test_textbook_ratios(id: str, expected: Any) -> None:
    assert ratio(id) == expected


def test_the_ratio_of_each_metric_is_its_own() -> None:
    assert ratio("basis", "params") == ratio("basis", "macs")
    assert ratio("shared_basis", "params") == b / (m * n) + b / k**2


def test_hyper_parameters_may_be_numbers_or_expressions() -> None:
    assert formula("tucker2", "params", r1=16, r2=n / 2) == 8 * k**2 * n + 16 * m + n**2 / 2


def test_a_layer_of_symbols_and_numbers() -> None:
    H, s = symbol("H"), symbol("s")
    layer = cm.ConvLayer(3, m, 128, (H, 40), stride=s)
    expr = formula("standard", "macs", layer)
    for height, stride in ((57, 2), (30, 3), (11, 1)):
        concrete = cm.ConvLayer(3, 7, 128, (height, 40), stride=stride)
        values = {H: height, s: stride, m: 7}
        assert evaluated(expr, values) == cm.count("standard", concrete).macs


def test_conventions_may_be_symbols() -> None:
    worth = symbol("f")
    assert formula("basis", "flops", settings=Settings(flops_per_mac=worth)) == (
        worth * formula("basis", "macs")
    )


def test_floors_are_kept_where_there_is_a_stride() -> None:
    H, W, s = map(symbol, "HWs")
    strided = cm.ConvLayer(k, m, n, (H, W), stride=s)
    expr = formula("standard", "macs", strided)
    assert has_rounding(expr)
    for size, stride in ((7, 2), (8, 3), (9, 1)):
        concrete = cm.ConvLayer(3, 4, 5, (size, 6), stride=stride)
        values = {k: 3, m: 4, n: 5, H: size, W: 6, s: stride}
        assert evaluated(expr, values) == cm.count("standard", concrete).macs
    assert not has_rounding(formula("standard", "macs"))


def test_the_domain_of_a_variant_is_kept() -> None:
    linear = general_layer(VARIANTS["linear"])
    assert (linear.kernel, linear.size) == ((1, 1), (1, 1))
    assert general_layer(VARIANTS["transposed"]).transposed
    with pytest.raises(VariantError, match="a 1-D layer is asked for; allowed are 3-D"):
        general_layer(VARIANTS["conv2plus1d"], 1)


def test_a_hyper_parameter_with_a_letter_of_the_layer_is_not_confused_with_it() -> None:
    mine = cm.define("mine", "m, k m i j -> k | k, n k -> n", k=6, register=False)
    counts = cm.count(mine, cm.ConvLayer(3, 8, 20, (9, 7)), k=5)
    kernel = symbol("kernel")
    assert formula(mine, "params") == k * (kernel**2 * m + n)
    assert evaluated(formula(mine, "params"), {kernel: 3, k: 5, m: 8, n: 20}) == counts.params


def test_a_variant_defined_anew_is_not_the_old_one() -> None:
    one = cm.define("again", "m, r m i j -> r | r, n r -> n", r=6)
    first = formula("again", "params")
    cm.define("again", "m, r m -> r | r, n r i j -> n", r=6)
    try:
        assert formula("again", "params") != first
        assert formula(one, "params") == first
    finally:
        VARIANTS.remove("again")


def widest(rule: Rule, layers: Layers, settings: Settings) -> Any:
    return largest(*(rule(stage, settings) for bound, _ in layers for stage in bound.stages))


@pytest.fixture
def more_metrics(declared: Any) -> list[str]:
    """Metrics of other kinds: a maximum over stages, one of geometry, one that is no integer."""

    def taps(stage: BoundStage, settings: Settings) -> Any:
        return stage.geometry[0].pads[0] + stage.geometry[0].pads[1] + 1

    def share(stage: BoundStage, settings: Settings) -> Any:
        return stage.macs * Fraction(1, 3)

    found = [
        Metric("peak", "Peak", "", "", lambda s, _: s.in_channels + 2 * s.out_channels, widest),
        Metric("pads", "Pads", "", "", taps, total),
        Metric("third", "Third", "", "", share, total, whole=False),
    ]
    for metric in found:
        declared(METRICS, metric.key, metric)
    return [metric.key for metric in found]


@pytest.mark.parametrize("id", ["tucker2", "ghost", "octave", "spatial_bottleneck", "fire", "sic"])
def test_metrics_of_any_kind_have_formulas(id: str, more_metrics: list[str]) -> None:
    variant = VARIANTS[id]
    for key in more_metrics:
        expr = formula(variant, key)
        assert text(expr)
        assert latex(expr)
        source = python(expr, integer=METRICS[key].whole)
        for counts in square_layers(variant, 2, 3):
            values = general_values(counts)
            assert evaluated(expr, values) == counts[key]
            names = {str(letter): Fraction(value) for letter, value in values.items()}
            assert eval(source, {"math": math}, names) == counts[key]


def test_errors_name_what_is_allowed() -> None:
    with pytest.raises(VariantError, match="unknown variant 'bassis': did you mean 'basis'"):
        formula("bassis")
    with pytest.raises(CostModelError, match="unknown metric 'mac'"):
        formula("basis", "mac")
    with pytest.raises(VariantError, match="unknown hyper-parameter 'q'"):
        formula("basis", q=3)


def test_no_ratio_to_nothing(declared: Any) -> None:
    nothing = Metric("nothing", "Nothing", "", "", lambda stage, settings: 0, total)
    declared(METRICS, "nothing", nothing)
    with pytest.raises(CostModelError, match="the standard layer has no Nothing"):
        ratio("basis", "nothing")


def test_real_hyper_parameters_are_real_symbols() -> None:
    halves = Variant(
        "halves",
        "m, p m i j -> p | p, n p -> n",
        hyper={"alpha": Hyper("1/2", "share", low=0, high=1, real=True)},
        where={"p": "ceil(alpha*n)"},
    )
    alpha = symbol("alpha", real=True)
    expr = formula(halves, "params")
    assert alpha in expr.free_symbols
    counts = cm.count(replace(halves), cm.ConvLayer(3, 5, 14, (6, 8)), alpha="2/3")
    assert evaluated(expr, {k: 3, m: 5, n: 14, alpha: Fraction(2, 3)}) == counts.params
