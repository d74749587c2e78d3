"""The published closed forms against counts: in exact numbers, without SymPy.

`tests/formulas/test_claims.py` compares them in symbols.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import costmodel as cm
from costmodel.core.expression import parse
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Claim, Variant
from costmodel.errors import CostModelError

CLAIMS = [
    pytest.param(v, claim, id=f"{v.id}-{claim.quantity}-{claim.dims}d")
    for v in VARIANTS.values()
    for claim in v.claims
    if v.family != "custom"
    and claim.quantity != "break_even"  # whose equal cost test_break_even checks
]
GRID = {1: ("w",), 2: ("h", "w"), 3: ("depth", "h", "w")}


def letters(variant: Variant, claim: Claim) -> set[str]:
    """Every letter that the claim and its assumptions are about, besides the layer's own."""
    texts = [claim.formula, *claim.at.values()]
    found = {name for text in texts for name in parse(text).names()}
    return found | {"k", "m", "n", "h", "w", "H", "W", "depth"} | set(variant.hyper)


def layer_of(variant: Variant, claim: Claim, env: dict[str, Any], stride: Any = 1) -> cm.ConvLayer:
    """The layer that a claim speaks of, in numbers: k, m, n, and h×w outputs."""
    up = variant.domain.get("transposed", False)
    grid = tuple(env[name.upper() if up and name != "depth" else name] for name in GRID[claim.dims])
    facts = {
        "kernel": env["k"],
        "in_channels": env["m"],
        "out_channels": env["n"],
        "size": grid,
        "stride": stride,
        **variant.domain,
    }
    if not isinstance(facts["size"], tuple):
        facts["size"] = (facts["size"],) * claim.dims
    return cm.ConvLayer(**facts)


def value(text: str, env: dict[str, Any]) -> Number:
    return parse(text).evaluate(env)


def real(variant: Variant) -> set[str]:
    return {name for name, hyper in variant.hyper.items() if hyper.real}


def examples(variant: Variant, claim: Claim, count: int) -> Iterator[tuple[dict[str, int], Any]]:
    """Random sizes for which the claim's assumptions hold and the variant fits, strided as well."""
    draw = random.Random(f"{variant.id} {claim}")
    names = sorted(letters(variant, claim))
    strides = [1, 2, 3] if {"H", "W"} & set(parse(claim.formula).names()) else [1]
    found = 0
    for _ in range(4000):
        env: dict[str, Any] = {name: draw.randint(1, draw.choice([4, 24])) for name in names}
        env |= {"k": draw.choice([1, 2, 3, 5]), "m": 12 * env["m"], "n": 12 * env["n"]}
        env |= {name: Fraction(1, draw.randint(1, 5)) for name in real(variant)}
        env |= {name: value(text, env) for name, text in claim.at.items()}
        if any(isinstance(env[n], Fraction) and env[n].denominator != 1 for n in ("m", "n")):
            continue
        env = {n: int(v) if n not in real(variant) else v for n, v in env.items()}
        stride = draw.choice(strides)
        up = variant.domain.get("transposed", False)
        if up:
            env |= {"h": env["H"] * stride, "w": env["W"] * stride}
        elif {"h", "w"} <= set(claim.at):
            env |= {"H": env["h"], "W": env["w"]}
        size = {"h": env["H"], "w": env["W"]} if not up else {}
        try:
            layer = layer_of(variant, claim, env | size, stride)
            out = dict(zip(GRID[claim.dims], layer.out_size, strict=True))
            counts = cm.count(variant, layer, **{name: env[name] for name in variant.hyper})
        except CostModelError:
            continue  # a rank of 17 in a layer of 5 channels, and the like
        yield env | out, counts
        found += 1
        if found == count:
            return
    raise AssertionError("too few examples fit")


def counted(claim: Claim, counts: cm.Counts) -> Any:
    """The claimed quantity as counted."""
    if claim.quantity == "ratio":
        return Fraction(counts.macs) / cm.count(VARIANTS.baseline, counts.layer).macs
    return counts[claim.quantity]


def differing(variant: Variant, claim: Claim, count: int = 12) -> list[str]:
    """The examples on which a claim is not what is counted."""
    return [
        f"{env} {counts.layer}"
        for env, counts in examples(variant, claim, count)
        if value(claim.formula, {name: Fraction(n) for name, n in env.items()})
        != counted(claim, counts)
    ]


@pytest.mark.parametrize(("variant", "claim"), CLAIMS)
def test_published_numbers_are_exact_on_strided_layers_too(variant: Variant, claim: Claim) -> None:
    assert differing(variant, claim) == []


@pytest.mark.parametrize(("variant", "claim"), CLAIMS[::10])
def test_a_wrong_number_is_noticed(variant: Variant, claim: Claim) -> None:
    wrong = replace(claim, formula=f"({claim.formula}) + 1")
    assert len(differing(variant, wrong, 3)) == 3
