"""Properties of the core on random layers, variants and chains of stages of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

import costmodel as cm
from costmodel import Hyper, Variant
from costmodel.core import notation
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError, LayerError

# Many a random variant does not fit a random layer; that filtering is meant.
FILTERED = settings(
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], max_examples=150
)
SIZES = ("size", "in_channels", "out_channels", "kernel", "batch")


@st.composite
def geometries(draw: st.DrawFn, most: int = 3) -> dict[str, Any]:
    """The facts of a layer, legal or not, all of them distinct where they can be."""
    dims = draw(st.integers(1, most))

    def each(low: int, high: int) -> Any:
        return st.tuples(*[st.integers(low, high)] * dims)

    groups = draw(st.sampled_from([1, 1, 2, 3]))
    transposed = draw(st.booleans())
    facts = {
        "kernel": draw(each(1, 6)),
        "in_channels": 2 * groups,
        "out_channels": 5 * groups,
        "size": draw(each(1, 13)),
        "stride": draw(each(1, 4)),
        "padding": draw(each(0, 4) | st.sampled_from(["same", "valid"])),
        "dilation": draw(each(1, 3)),
        "groups": groups,
        "batch": draw(st.integers(1, 3)),
        "transposed": transposed,
    }
    if transposed and facts["padding"] not in ("same", "valid"):
        facts["output_padding"] = draw(each(0, 2))
    return facts


@st.composite
def bound_variants(draw: st.DrawFn) -> BoundVariant:
    """A variant of the catalogue on a layer that it fits."""
    variant = VARIANTS[draw(st.sampled_from(sorted(VARIANTS)))]
    facts = draw(geometries())
    del facts["groups"]
    facts["in_channels"], facts["out_channels"] = draw(st.permutations([24, 96, 48]))[:2]
    facts["padding"] = "same" if facts["transposed"] else facts["padding"]
    facts.pop("output_padding", None)
    try:
        return bind(variant, cm.ConvLayer(**{**facts, **variant.domain}))
    except CostModelError:
        assume(False)
        raise


def again(bound: BoundVariant, **changes: Any) -> BoundVariant:
    """The same variant with the same hyper-parameters on a changed layer."""
    return bind(bound.variant, bound.layer.replace(**changes), **bound.hyper)


def costs(bound: BoundVariant) -> tuple[Any, Any]:
    counts = cm.count(bound.variant, bound.layer, **bound.hyper)
    return counts.params, counts.macs


# -- sizes -----------------------------------------------------------------------------------------
def by_torch(facts: dict[str, Any]) -> tuple[int, ...] | None:
    """The output size of the same call in PyTorch, None where that refuses it or leaves nothing."""
    dims, pads = len(facts["size"]), facts["padding"]
    reaches = [d * (k - 1) for k, d in zip(facts["kernel"], facts["dilation"], strict=True)]
    x = torch.empty(1, facts["in_channels"], *facts["size"])
    sides = [facts["out_channels"], facts["in_channels"]]
    steps = {name: facts[name] for name in ("stride", "dilation", "groups")}
    try:
        if facts["transposed"]:
            weight = torch.empty(sides[1], sides[0] // facts["groups"], *facts["kernel"])
            zeros = (0,) * dims if pads == "valid" else pads
            more = facts.get("output_padding", 0)
            y = getattr(F, f"conv_transpose{dims}d")(
                x, weight, padding=zeros, output_padding=more, **steps
            )
        else:
            weight = torch.empty(sides[0], sides[1] // facts["groups"], *facts["kernel"])
            if pads == "same":  # PyTorch has the word for stride 1 only; these are its zeros
                x = F.pad(x, [p for r in reversed(reaches) for p in (r // 2, r - r // 2)])
            zeros = (0,) * dims if pads in ("same", "valid") else pads
            y = getattr(F, f"conv{dims}d")(x, weight, padding=zeros, **steps)
    except RuntimeError:
        return None
    return None if 0 in y.shape else tuple(y.shape[2:])


@given(geometries())
def test_sizes_are_those_of_pytorch(facts: dict[str, Any]) -> None:
    if facts["transposed"] and facts["padding"] == "same":
        layer = cm.ConvLayer(**facts)
        assert layer.out_size == tuple(a * s for a, s in zip(layer.size, layer.stride, strict=True))
        return
    expected = by_torch(facts)
    try:
        found: tuple[int, ...] | None = cm.ConvLayer(**facts).out_size
    except LayerError:
        found = None
    assert found == expected


# -- what must grow, and how -----------------------------------------------------------------------
def no_cheaper(one: BoundVariant, other: BoundVariant) -> bool:
    return all(a >= b for a, b in zip(costs(one), costs(other), strict=True))


@FILTERED
@given(bound_variants(), st.sampled_from(SIZES), st.integers(1, 4))
def test_costs_never_shrink_as_a_size_grows(bound: BoundVariant, field: str, more: int) -> None:
    layer = bound.layer
    # with its zeros fixed, a layer with a larger kernel has fewer outputs
    assume(field not in bound.variant.domain)
    assume(layer.padding == "same" or field != "kernel")
    value = getattr(layer, field)
    grown = tuple(v + more for v in value) if isinstance(value, tuple) else value * (more + 1)
    try:
        larger = again(bound, **{field: grown})
    except CostModelError:
        assume(False)
        return
    # a window over the channels that the outputs leave over becomes smaller
    assume(all(larger.env[name] >= bound.env[name] for name in bound.variant.where))
    assert no_cheaper(larger, bound)


def test_this_check_can_fail() -> None:
    layer = cm.ConvLayer(3, 24, 96, (13, 17))
    one, two = (bind(VARIANTS["standard"], layer.replace(stride=s)) for s in (1, 2))
    assert not no_cheaper(two, one)


@FILTERED
@given(bound_variants(), st.integers(2, 5))
def test_work_is_linear_in_the_batch(bound: BoundVariant, times: int) -> None:
    params, macs = costs(bound)
    assert costs(again(bound, batch=times * bound.layer.batch)) == (params, times * macs)


@FILTERED
@given(bound_variants(), st.integers(2, 4))
def test_groups_are_that_many_layers(bound: BoundVariant, groups: int) -> None:
    layer = bound.layer
    wide = again(
        bound,
        groups=groups,
        in_channels=groups * layer.in_channels,
        out_channels=groups * layer.out_channels,
    )
    assert costs(wide) == tuple(groups * cost for cost in costs(bound))


@FILTERED
@given(bound_variants())
def test_totals_are_the_stages_sums(bound: BoundVariant) -> None:
    params, macs = costs(bound)
    assert macs == sum(stage.macs * stage.times for stage in bound.stages)
    assert params == sum(stage.weights * stage.times for stage in bound.stages)


# -- numbers, arrays and symbols -------------------------------------------------------------------
@FILTERED
@given(bound_variants(), st.lists(st.integers(0, 9), min_size=2, max_size=4))
def test_arrays_are_their_numbers(bound: BoundVariant, further: list[int]) -> None:
    layer = bound.layer
    assume("size" not in bound.variant.domain)
    arrays = again(bound, size=tuple(size + np.array(further) for size in layer.size))
    params, macs = (np.broadcast_to(cost, (len(further),)) for cost in costs(arrays))
    for cell, more in enumerate(further):
        single = again(bound, size=tuple(size + more for size in layer.size))
        assert (params[cell], macs[cell]) == costs(single)


@pytest.mark.slow
@settings(FILTERED, max_examples=60)
@given(bound_variants())
def test_symbols_are_their_numbers(bound: BoundVariant) -> None:
    layer = bound.layer
    assume(not layer.transposed)
    values: dict[Any, Any] = {}

    def symbol(name: str, value: int) -> sympy.Symbol:
        made = sympy.Symbol(name, integer=True, positive=True)
        values[made] = sympy.Integer(value)
        return made

    facts: dict[str, Any] = {
        name: tuple(symbol(f"{name}{axis}", v) for axis, v in enumerate(getattr(layer, name)))
        for name in ("kernel", "size", "stride", "dilation")
        if name not in bound.variant.domain
    }
    for name in ("in_channels", "out_channels", "batch"):
        facts[name] = symbol(name, getattr(layer, name))
    formulas = costs(again(bound, **facts))
    assert tuple(sympy.sympify(f).xreplace(values) for f in formulas) == costs(bound)


# -- variants of one's own -------------------------------------------------------------------------
@dataclass(frozen=True)
class Step:
    """One stage of a random chain: how many channels it leaves, by which window and groups."""

    channels: int
    window: str  # the window letters
    depthwise: bool


STEPS = st.lists(
    st.builds(Step, st.integers(1, 9), st.sampled_from(["", "i", "j", "i j"]), st.booleans()),
    min_size=1,
    max_size=4,
)


def written(steps: list[Step], m: int, n: int) -> tuple[str, list[tuple[int, int, Step]]]:
    """The chain in the notation, and (channels in, channels out, step) of every stage."""
    stages, plan = [], []
    name, size = "m", m
    for index, step in enumerate(steps):
        after, channels = (name, size) if step.depthwise else (f"c{index}", step.channels)
        weight = name if step.depthwise else f"{after} {name}"
        stages.append(f"{name}, {weight} {step.window} -> {after}")
        plan.append((size, channels, step))
        name, size = after, channels
    stages.append(f"{name}, n {name} i j -> n")
    plan.append((size, n, Step(n, "i j", False)))
    return " | ".join(stages), plan


@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
@settings(max_examples=80)
@given(STEPS, st.sampled_from([(1, 1), (2, 1), (2, 3)]), st.booleans())
def test_a_chain_costs_what_pytorch_counts(
    steps: list[Step], stride: tuple[int, int], bias: bool
) -> None:
    text, plan = written(steps, 6, 10)
    sizes = {f"c{i}": step.channels for i, step in enumerate(steps) if not step.depthwise}
    mine = Variant("mine", text, hyper={name: Hyper(size, "") for name, size in sizes.items()})
    layer = cm.ConvLayer((3, 5), 6, 10, (13, 17), stride=stride, batch=2, bias=bias)
    counts = cm.count(mine, layer, **sizes)  # given, as some are above full rank
    # the same chain written by hand for PyTorch: the first window of an axis takes its stride
    left = {"i": stride[0], "j": stride[1]}
    x = torch.empty(2, 6, 13, 17, device="meta")
    params = 0
    with FlopCounterMode(display=False) as counter:
        for before, after, step in plan:
            kernel = [k if letter in step.window else 1 for letter, k in (("i", 3), ("j", 5))]
            strides = [left.pop(letter, 1) if letter in step.window else 1 for letter in "ij"]
            groups = before if step.depthwise else 1
            module = torch.nn.Conv2d(
                before, after, kernel, strides, [k // 2 for k in kernel], groups=groups,
                bias=bias and step is plan[-1][2], device="meta",
            )  # fmt: skip
            params += sum(parameter.numel() for parameter in module.parameters())
            x = module(x)
    assert x.shape == (2, 10, *layer.out_size)
    assert counts.params == params
    assert counts.macs == counter.get_total_flops() // 2


@given(STEPS, st.lists(st.sampled_from([" ", "  ", "\n", "\t "]), min_size=1, max_size=5))
def test_blanks_do_not_matter(steps: list[Step], blanks: list[str]) -> None:
    text, _ = written(steps, 6, 10)
    words = text.split(" ")
    spaced = "".join(w + blanks[i % len(blanks)] for i, w in enumerate(words))
    plain, other = notation.parse(text).stages(), notation.parse(spaced).stages()
    for a, b in zip(plain, other, strict=True):
        assert (a.input_names, a.weight_names, a.output_names) == (
            b.input_names,
            b.weight_names,
            b.output_names,
        )


@settings(max_examples=300)
@given(st.text(alphabet="mnijlx rg12,->|{}&+=@^:/*~() ", max_size=40))
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    try:
        stages = notation.parse(text).stages()
    except CostModelError:
        return
    assert stages
