"""Claims: the closed forms that papers state, compared symbolically with the stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Expr, sympify

from costmodel.core import expression
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Claim, Variant
from costmodel.errors import CostModelError, unknown
from costmodel.formulas.algebra import is_zero
from costmodel.formulas.break_even import break_even
from costmodel.formulas.formula import ratio, terms
from costmodel.formulas.layers import general_layer, grid_layer
from costmodel.formulas.letters import AXES, IN_GRID, OUT_GRID, hyper_symbols, symbol
from costmodel.metrics.metric import METRICS

_INPUT_GRID = frozenset("DHW")


@dataclass(frozen=True)
class ClaimResult:
    """One claim beside what the stages give.

    expected: the claimed expression. got: the derived one. ok: whether they are equal for all
    sizes. note: the assumptions of the claim, and where it fails.
    """

    claim: Claim
    expected: Expr
    got: Expr
    ok: bool
    note: str = ""


def check_claims(variant: Variant) -> list[ClaimResult]:
    """Compare every claim of a variant with its stages.

    All are compared at stride 1. One that speaks of the input grid (D, H, W) is compared once more
    with another stride on every axis, where input and output grid are letters of their own.

    Raises:
        CostModelError: a claim about a quantity that does not exist.
    """
    return [_check(variant, claim) for claim in variant.claims]


def _check(variant: Variant, claim: Claim) -> ClaimResult:
    formula = expression.parse(claim.formula)
    assumed = ", ".join(f"{name} = {value}" for name, value in claim.at.items())
    notes = [f"with {assumed}"] if assumed else []
    layers: list[tuple[str, ConvLayer]] = [("at stride 1", general_layer(variant, claim.dims))]
    if _INPUT_GRID & set(formula.names()) - set(variant.hyper):
        layers.append(("at any stride", grid_layer(variant, claim.dims)))
    for where, layer in layers:
        names = _names(variant, layer)
        expected = _evaluated(claim.formula, names)
        got = _derived(variant, claim, layer)
        letters = hyper_symbols(variant)
        given = {
            letters.get(name, symbol(name)): _evaluated(value, names)
            for name, value in claim.at.items()
        }
        expected, got = expected.xreplace(given), got.xreplace(given)
        if not is_zero(expected - got):
            return ClaimResult(claim, expected, got, False, "; ".join([*notes, f"differs {where}"]))
    return ClaimResult(claim, expected, got, True, "; ".join(notes))


def _derived(variant: Variant, claim: Claim, layer: ConvLayer) -> Expr:
    """The claimed quantity as the stages give it."""
    if claim.quantity == "ratio":
        return ratio(variant, "macs", layer)
    if claim.quantity == "break_even":
        return break_even(variant, claim.of, "macs", layer).bound
    if claim.quantity not in METRICS:
        allowed = [*METRICS, "ratio", "break_even"]
        raise CostModelError(
            unknown(f"quantity of a claim of {variant.id}", claim.quantity, allowed)
        )
    return terms(variant, METRICS[claim.quantity], layer)


def _names(variant: Variant, layer: ConvLayer) -> dict[str, Any]:
    """What the letters of a claim stand for on a layer; the variant's own letters come first."""
    dims = layer.dims
    return {
        "k": layer.kernel[0],
        **{f"k_{axis}": k for axis, k in zip(AXES[dims], layer.kernel, strict=True)},
        "m": layer.in_channels,
        "n": layer.out_channels,
        **dict(zip(OUT_GRID[dims], layer.out_size, strict=True)),
        **dict(zip(IN_GRID[dims], layer.size, strict=True)),
        **hyper_symbols(variant),
    }


def _evaluated(text: str, names: dict[str, Any]) -> Expr:
    """A claim's expression; a letter that nothing knows is a symbol that will not cancel."""
    parsed = expression.parse(text)
    return sympify(parsed.evaluate({**{n: symbol(n) for n in parsed.names()}, **names}))
