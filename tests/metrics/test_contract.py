"""What every metric promises, on every variant of the catalogue; nothing is known by name."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number, is_symbolic
from costmodel.core.polynomial import symbol
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.metrics import combining
from costmodel.metrics.metric import GROUPS, METRICS, Metric, costs
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.registry import Registry
from tests.metrics.layers import CATALOGUE, fitting

EVERY_METRIC = pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.key)
EVERY_VARIANT = pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
ADDED = [m for m in METRICS.values() if m.combine in (combining.total, combining.stored)]


@pytest.fixture(scope="module", params=CATALOGUE, ids=lambda v: v.id)
def bound(request: pytest.FixtureRequest) -> list[BoundVariant]:
    return fitting(request.param)


# -- declarations ----------------------------------------------------------------------------------
@EVERY_METRIC
def test_it_is_declared_completely(metric: Metric) -> None:
    assert metric.key.isidentifier()
    assert metric.key.islower()
    assert metric.label[0].isupper()
    assert metric.unit in {"", "MAC", "FLOP", "ADD", "B", "FLOP/B", "BOP", "px"}
    assert metric.group in GROUPS
    convention = metric.convention
    assert convention == convention.strip()
    assert len(convention) > 30
    assert not convention.endswith(".")
    assert ". " not in convention  # one sentence
    assert "\n" not in convention
    assert "  " not in convention


@EVERY_METRIC
def test_what_is_no_amount_is_no_cost(metric: Metric) -> None:
    """Of a span of positions, or of a quotient, less is not better."""
    assert metric.cost == (metric.unit != "px" and "/" not in metric.unit)
    assert (metric.key in costs()) == metric.cost


def test_few_are_shown_unless_asked_for() -> None:
    assert [m.key for m in METRICS.values() if m.shown] == ["params", "macs"]
    assert len(METRICS) >= 20
    assert len({m.label for m in METRICS.values()}) == len(METRICS)
    groups = [m.group for m in METRICS.values()]
    assert groups == sorted(groups, key=GROUPS.index)


def test_a_key_is_taken_once_and_groups_and_settings_exist() -> None:
    registry = Registry[Metric]("metric")
    metric = METRICS["macs"]
    registry.add("macs", metric)
    with pytest.raises(CostModelError, match="'macs' is declared twice; allowed is a new name"):
        registry.add("macs", metric)
    with pytest.raises(CostModelError, match="unknown metric 'mac'"):
        registry["mac"]
    with pytest.raises(CostModelError, match="unknown group of metrics 'speed'"):
        Metric("k", "K", "", "c", metric.rule, group="speed")
    with pytest.raises(CostModelError, match="unknown setting 'weight_bit'"):
        Metric("k", "K", "", "c", metric.rule, uses=("weight_bit",))


def test_a_metric_of_ones_own_is_counted_and_compared(declared: Any) -> None:
    mine = Metric("reads", "Reads", "", "numbers read by the stages", lambda s, _: s.inputs)
    declared(METRICS, "reads", mine)
    layer = cm.ConvLayer(3, 12, 20, (9, 7))
    assert cm.count("channel_svd", layer, r=5).reads == (12 + 5) * 63
    assert cm.compare(layer, ["standard"], "reads").rows[0]["reads"] == 12 * 63


# -- numbers ---------------------------------------------------------------------------------------
def test_counts_are_exact_and_not_negative(bound: list[BoundVariant]) -> None:
    assert bound
    for each in bound:
        for metric in METRICS.values():
            for value in (metric.of(each), *(metric.of_stage(s) for s in each.stages)):
                if metric.whole:
                    assert type(value) is int, (metric.key, each.layer)
                else:
                    assert type(value) in (int, Fraction), (metric.key, each.layer)
                assert value >= 0, (metric.key, each.layer)


def test_stages_add_up_with_the_bias_once(bound: list[BoundVariant]) -> None:
    for each in bound:
        plain = bind(each.variant, each.layer.replace(bias=False), **each.hyper)
        settings = DEFAULTS.on(each)
        for metric in ADDED:
            of_stages = [metric.of_stage(s, settings) * s.times for s in plain.stages]
            assert metric.of(plain) == sum(of_stages), metric.key
            of_bias = sum(
                metric.of_stage(b, settings) - metric.of_stage(p, settings)
                for b, p in zip(each.stages, plain.stages, strict=True)
            )
            assert metric.of(each) == metric.of(plain) + of_bias, metric.key


def test_the_bias_stands_once_in_a_repeated_block() -> None:
    layer = cm.ConvLayer(3, 8, 8, (9, 10), bias=True)
    thrice = cm.define("thrice", "{ m, m i j -> m }^3", register=False)
    counts = cm.count(thrice, layer)
    assert (counts.params, counts.weights, counts.biases) == (3 * 72 + 8, 3 * 72, 8)
    assert counts.weight_bytes == 4 * counts.params
    assert counts.additions == 3 * 8 * 8 * 90 + 8 * 90


def test_what_is_equal_by_definition(bound: list[BoundVariant]) -> None:
    for each in bound:
        counts = cm.count(each.variant, each.layer, **each.hyper)
        assert counts.params == counts.weights + counts.biases
        assert counts.flops == 2 * counts.macs
        assert 0 < counts.macs_without_padding <= counts.macs
        assert counts.backward_input_macs == counts.backward_weight_macs
        if not any(stage.given_macs is not None for stage in each.stages):
            assert counts.backward_weight_macs == counts.macs
            assert counts.training_flops == 6 * counts.macs + counts.penalty_flops
        assert counts.arithmetic_intensity * counts.bytes_moved == counts.flops


def test_batch_multiplies_work_and_not_parameters(bound: list[BoundVariant]) -> None:
    for each in bound:
        three = bind(each.variant, each.layer.replace(batch=3 * each.layer.batch), **each.hyper)
        for metric in METRICS.values():
            one, more = metric.of(each), metric.of(three)
            stored = metric.combine is combining.stored or metric.key == "penalty_flops"
            if stored or metric.group == "view":
                assert more == one, metric.key
            elif metric.key in ("training_flops", "bytes_moved", "arithmetic_intensity"):
                assert one <= more <= 3 * one, metric.key
            else:
                assert more == 3 * one, metric.key


@pytest.mark.parametrize("field", ["size", "in_channels", "out_channels", "kernel", "batch"])
@EVERY_VARIANT
def test_costs_never_shrink_as_sizes_grow(variant: Variant, field: str) -> None:
    tried = 0
    for each in fitting(variant):
        value = getattr(each.layer, field)
        if field in variant.domain or each.layer.padding != "same":
            continue  # with its zeros fixed, a layer with a larger kernel has fewer outputs
        # twice the channels keep whatever divided them
        change = {field: tuple(v + 3 for v in value) if isinstance(value, tuple) else 2 * value}
        try:
            larger = bind(variant, each.layer.replace(**change), **each.hyper)
        except CostModelError:
            continue
        if any(larger.env[name] < each.env[name] for name in variant.where):
            continue  # a window over the channels that are left, say, becomes smaller
        tried += 1
        # the taps nearest the centre of another window are others, and may lie closer together
        moved = field == "kernel" and any(
            axis.pattern for line in variant.lines for axis in line.weights
        )
        for metric in METRICS.values():
            if moved and metric.group == "view":
                continue
            # a wider window of an even kernel with gaps may miss a small input altogether
            exempt = "macs_without_padding" if field == "kernel" else ""
            if metric.unit != "FLOP/B" and metric.key != exempt:
                assert metric.of(larger) >= metric.of(each), (metric.key, each.layer, change)
    assert tried or field != "batch"


# -- arrays and symbols ----------------------------------------------------------------------------
@EVERY_VARIANT
def test_arrays_are_their_cells(variant: Variant) -> None:
    compared = 0
    for each in fitting(variant)[:4]:
        axes: list[dict[str, Any]] = [{"batch": [2, 3]}]
        if "size" not in variant.domain:
            axes.append({"size": [[v, v + 1, v + 4] for v in each.layer.size]})
        for change in axes:
            arrays = {
                name: np.array(v) if isinstance(v[0], int) else tuple(map(np.array, v))
                for name, v in change.items()
            }
            counts = cm.count(variant, each.layer.replace(**arrays), **each.hyper)
            cells = len(change["size"][0]) if "size" in change else 2
            for cell in range(cells):
                single = {
                    name: v[cell] if isinstance(v[0], int) else tuple(side[cell] for side in v)
                    for name, v in change.items()
                }
                exact = cm.count(variant, each.layer.replace(**single), **each.hyper)
                for key in METRICS:
                    whole = np.broadcast_to(np.asarray(counts[key], dtype=object), (cells,))
                    assert whole[cell] == exact[key], (key, each.layer, single)
                    compared += 1
    assert compared >= 2 * len(METRICS)


def general(variant: Variant, layer: cm.ConvLayer) -> tuple[cm.ConvLayer, dict[str, Any], Any]:
    """The layer and its hyper-parameters as symbols, and the values to put in for them."""
    values: dict[Any, Any] = {}

    def symbol(name: str, value: Number, integer: bool | None = True) -> sympy.Symbol:
        made = sympy.Symbol(name, positive=True, integer=integer)
        values[made] = sympy.Rational(str(value))  # an Integer where it is one
        return made

    facts: dict[str, Any] = {
        name: tuple(symbol(f"{name}{axis}", v) for axis, v in enumerate(getattr(layer, name)))
        for name in ("kernel", "size", "stride")
        if name not in variant.domain
    }
    for name in ("in_channels", "out_channels", "batch"):
        facts[name] = symbol(name, getattr(layer, name))
    hyper = {
        name: symbol(f"_{name}", value, None if variant.hyper[name].real else True)
        for name, value in bind(variant, layer).hyper.items()
        if value  # a symbol is positive
    }
    return layer.replace(**facts), hyper, values


def put_in(formula: Number, values: dict[Any, Any]) -> Number:
    """The formula at these values, built up again from them (`subs` tries far more than that)."""
    return sympy.sympify(formula).xreplace(values)


@EVERY_VARIANT
def test_symbols_are_their_numbers(variant: Variant) -> None:
    compared = 0
    for each in fitting(variant):
        layer = each.layer.replace(padding="same", dilation=1, groups=1, output_padding=0)
        if compared or (variant.dims & {2} and layer.dims != 2):
            continue
        try:
            exact = cm.count(variant, layer)
            pattern, hyper, values = general(variant, layer)
            symbolic = cm.count(variant, pattern, **hyper)
        except VariantError:
            continue
        for key in METRICS:
            assert put_in(symbolic[key], values) == exact[key], (key, layer, symbolic[key])
            compared += 1
    assert compared


@EVERY_VARIANT
def test_polynomials_are_their_numbers(variant: Variant) -> None:
    # strides, even windows, "valid" and numbered padding, transposed layers; sizes all distinct
    for index, each in enumerate(fitting(variant)):
        layer, hyper = each.layer, {} if index % 2 else each.hyper
        sizes = {f"S{axis}": side for axis, side in enumerate(layer.size)}
        letters = {**sizes, "N": layer.batch, "m": layer.in_channels, "n": layer.out_channels}
        of = {name: symbol(name) for name in letters}
        facts: dict[str, Any] = {"batch": of["N"]}
        if index % 2:  # defaults of hyper-parameters are then polynomials too
            facts = {"in_channels": of["m"], "out_channels": of["n"]}
        if "size" not in variant.domain:
            facts["size"] = tuple(of[name] for name in sizes)
        exact = cm.count(variant, layer, **hyper)
        counts = cm.count(variant, layer.replace(**facts), **hyper)
        for key in METRICS:
            value = counts[key].subs(**letters) if is_symbolic(counts[key]) else counts[key]
            assert value == exact[key], (key, layer, counts[key])
            assert type(value) is type(exact[key]), key


@EVERY_VARIANT
def test_every_metric_has_a_formula(variant: Variant) -> None:
    for key in METRICS:
        assert isinstance(cm.formula(variant, key), sympy.Expr), key


# -- large sizes -----------------------------------------------------------------------------------
@EVERY_METRIC
def test_huge_layers_are_exact_and_take_no_loop(metric: Metric) -> None:
    # a loop over the positions or the channels would not end
    m, n, height, width = 10**16, 10**16 + 2, 10**15, 10**15 + 5
    layer = cm.ConvLayer((3, 5), m, n, (height, width), stride=(2, 3), dilation=(3, 2))
    pattern, _, values = general(VARIANTS.baseline, layer)
    exact = metric.of(bind(VARIANTS.baseline, layer))
    formula = metric.of(bind(VARIANTS.baseline, pattern))
    assert put_in(formula, values) == exact
    if metric.whole:
        assert type(exact) is int


def test_a_large_layer_by_hand() -> None:
    m, n, height, width = 10**6, 10**6 + 1, 10**5, 10**5 + 1
    counts = cm.count("standard", cm.ConvLayer(3, m, n, (height, width)))
    assert counts.macs_without_padding == m * n * (3 * height - 2) * (3 * width - 2)
    assert counts.additions == n * height * width * (9 * m - 1)
    assert counts.bops == 32 * 32 * 9 * m * n * height * width
    assert counts.bytes_moved == 4 * ((m + n) * height * width + 9 * m * n)


# -- settings --------------------------------------------------------------------------------------
@EVERY_METRIC
def test_it_depends_on_the_settings_that_it_names(metric: Metric) -> None:
    each = bind(VARIANTS.baseline, cm.ConvLayer((3, 5), 12, 20, (9, 7), bias=True))
    for field in fields(Settings):
        other = DEFAULTS.replace(**{field.name: 1})
        changes = metric.of(each) != metric.of(each, other)
        assert changes == (field.name in metric.uses), field.name
        assert (f"{field.name} = 1" in metric.stated(other)) == (field.name in metric.uses)


# -- networks --------------------------------------------------------------------------------------
@EVERY_METRIC
def test_several_layers(metric: Metric) -> None:
    first = bind(VARIANTS.baseline, cm.ConvLayer(3, 12, 20, (9, 7), bias=True))
    second = bind(VARIANTS.baseline, cm.ConvLayer(5, 20, 6, (9, 7)))
    a, b = metric.of(first), metric.of(second)
    both = metric.over([(first, 2), (second, 1)])
    if metric.group == "view":
        assert both is None  # the order of a list is no path through a network
    elif metric.combine is combining.stored:
        assert both == a + b
    elif metric.key == "peak_memory":
        assert both == max(a, b)
    elif metric.unit == "FLOP/B":
        assert min(a, b) < both < max(a, b)
    else:
        assert both == 2 * a + b
    nothing = metric.over([])
    assert nothing is None or nothing == 0
