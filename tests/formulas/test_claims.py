"""Claims: all of them hold, and a wrong one, or a wrong rule, is caught."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from costmodel.core.numbers import product
from costmodel.core.stage import BoundStage
from costmodel.core.variant import VARIANTS, Claim, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.formulas.claims import check_claims
from costmodel.formulas.printing.printers import text
from tests.formulas.sampling import CATALOGUE

#: Every claim with one way to get it wrong, in turn.
WRONG = [
    pytest.param(v, claim, wrong, id=f"{v.id}-{claim.quantity}{claim.of and '-' + claim.of}")
    for (v, claim), wrong in zip(
        ((v, claim) for v in CATALOGUE for claim in v.claims),
        itertools.cycle(["({0})*2", "({0}) + 1", "({0})*(k + 1)", "({0})*(n + m)/m"]),
        strict=False,
    )
]


def with_claim(variant: Variant, claim: Claim) -> Variant:
    return replace(variant, claims=(claim,))


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda v: v.id)
def test_every_claim_of_the_catalogue_holds(variant: Variant) -> None:
    results = check_claims(variant)
    assert [result.claim for result in results] == list(variant.claims)
    assert [(r.claim, r.got) for r in results if not r.ok] == []


@pytest.mark.parametrize(("variant", "claim", "wrong"), WRONG)
def test_a_wrong_claim_is_caught(variant: Variant, claim: Claim, wrong: str) -> None:
    (result,) = check_claims(
        with_claim(variant, replace(claim, formula=wrong.format(claim.formula)))
    )
    assert not result.ok
    assert "differs at stride 1" in result.note


SPATIAL = VARIANTS["spatial_svd"]


@pytest.mark.parametrize(
    "formula",
    [
        "k*r*(m*H*w + n*h*w)",  # the stride of the other axis
        "k*r*(m*h*w + n*h*w)*W/w",
        "k*r*(m*H*W + n*h*w)",
        "k*r*(m + n)*h*W",
    ],
)
def test_a_wrong_grid_is_caught_by_the_stride_alone(formula: str) -> None:
    (result,) = check_claims(with_claim(SPATIAL, Claim("macs", formula)))
    assert not result.ok
    assert result.note == "differs at any stride"


def test_the_right_grid_is_not() -> None:
    (result,) = check_claims(with_claim(SPATIAL, Claim("macs", "k*r*(m*h*W + n*h*w)")))
    assert result.ok
    assert result.note == ""


def test_what_a_claim_assumes_is_said() -> None:
    sic = VARIANTS["sic"]
    result = next(r for r in check_claims(sic) if r.claim.at)
    assert result.ok
    assert result.note == "with m = n"
    (alone,) = check_claims(with_claim(sic, replace(result.claim, at={})))
    assert not alone.ok


def test_an_unknown_letter_never_cancels() -> None:
    (result,) = check_claims(with_claim(VARIANTS["basis"], Claim("params", "z*m*(k^2 + n)")))
    assert not result.ok


@pytest.mark.parametrize("wrong", ["b/n + b/k", "b/m + b/k^2", "1/n + 1/k^2"])
def test_a_wrong_ratio_is_caught(wrong: str) -> None:
    (result,) = check_claims(with_claim(VARIANTS["basis"], Claim("ratio", wrong)))
    assert not result.ok


def test_a_wrong_break_even_is_caught() -> None:
    limit = Claim("break_even", "k^2", of="b")  # the limit is not the bound
    (result,) = check_claims(with_claim(VARIANTS["basis"], limit))
    assert not result.ok
    assert text(result.got) == "k^2·n/(k^2 + n)"


def test_a_claim_about_nothing_known_is_an_error() -> None:
    with pytest.raises(CostModelError, match="unknown quantity of a claim of basis 'flips'"):
        check_claims(with_claim(VARIANTS["basis"], Claim("flips", "k")))
    with pytest.raises(VariantError, match="a 3-D layer is asked for"):
        check_claims(with_claim(SPATIAL, Claim("params", "k", dims=3)))


# -- mutants of the rules ------------------------------------------------------------------------


def failing() -> set[str]:
    """The variants with a wrong claim; each declared anew, so that no formula of it is kept."""
    return {v.id for v in CATALOGUE if not all(r.ok for r in check_claims(replace(v)))}


@pytest.mark.slow
def test_weights_that_ignore_sharing_go_red(monkeypatch: pytest.MonkeyPatch) -> None:
    def unshared(stage: BoundStage) -> Any:
        return stage.out_channels * stage.fan_in

    monkeypatch.setattr(BoundStage, "weights", property(unshared))
    assert {"shared_basis", "group_channelwise"} <= failing()


@pytest.mark.slow
def test_positions_of_the_input_go_red(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_input(stage: BoundStage) -> Any:
        result: Any = 1
        for axis in stage.geometry:
            result = result * axis.size
        return result

    monkeypatch.setattr(BoundStage, "positions", property(at_input))
    assert {"tucker2", "spatial_svd", "cp", "bsconv_u"} <= failing()


@pytest.mark.slow
def test_a_window_side_left_out_goes_red(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_rows(stage: BoundStage) -> Any:
        kept = {*stage.line.output_names, "i"}
        axes = (a for a in stage.line.weights if not kept.intersection(a.names))
        return product(stage.weight_axis_size(axis) for axis in axes)

    monkeypatch.setattr(BoundStage, "fan_in", property(without_rows))
    assert {"standard", "basis", "tucker2", "spatial_svd", "octave"} <= failing()
