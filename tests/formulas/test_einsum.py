"""Stage formulas: the indices of a stage line as a sum of products."""

from __future__ import annotations

import pytest

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError
from costmodel.formulas.einsum import einsum_formula
from tests.formulas.reading import balanced, unsafe_commands
from tests.formulas.sampling import CATALOGUE

LINES = sorted({line.text for variant in CATALOGUE for line in variant.lines})


@pytest.mark.parametrize(
    ("stage", "as_text", "as_latex"),
    [
        (
            "m, n m i j -> n",
            "Y[n] = Σ_{m,i,j} W[n,m,i,j] X[m]",
            r"Y_{n} = \sum_{m, i, j} W_{n, m, i, j} X_{m}",
        ),
        (
            "m, b i j -> m b",
            "Y[m,b] = Σ_{i,j} W[b,i,j] X[m]",
            r"Y_{m, b} = \sum_{i, j} W_{b, i, j} X_{m}",
        ),
        (
            "r1, n r1 j -> n",
            "Y[n] = Σ_{r1,j} W[n,r1,j] X[r1]",
            r"Y_{n} = \sum_{r_{1}, j} W_{n, r_{1}, j} X_{r_{1}}",
        ),
        (
            "m, n m (i j)=T -> n",
            "Y[n] = Σ_{m,(i,j)∈T} W[n,m,i,j] X[m]",
            r"Y_{n} = \sum_{m, (i, j) \in T} W_{n, m, i, j} X_{m}",
        ),
        (
            "n+c, c i j -> n",
            "Y[n] = Σ_{c,i,j} W[c,i,j] X[n+c]",
            r"Y_{n} = \sum_{c, i, j} W_{c, i, j} X_{n+c}",
        ),
        (
            "e~dc, g dc -> g e",
            "Y[g,e] = Σ_{dc} W[g,dc] X[e~dc]",
            r"Y_{g, e} = \sum_{\mathrm{dc}} W_{g, \mathrm{dc}} X_{e \sim \mathrm{dc}}",
        ),
        ("m, m -> m", "Y[m] = W[m] X[m]", "Y_{m} = W_{m} X_{m}"),
    ],
)
def test_formulas(stage: str, as_text: str, as_latex: str) -> None:
    assert einsum_formula(stage) == as_text
    assert einsum_formula(stage, "latex") == as_latex


@pytest.mark.parametrize("stage", LINES)
def test_every_stage_of_the_catalogue_has_one(stage: str) -> None:
    source = einsum_formula(stage, "latex")
    assert balanced(source)
    assert unsafe_commands(source) == set()
    assert einsum_formula(stage).startswith("Y[")


def test_parsed_and_bound_stages_are_taken_as_well() -> None:
    cp = VARIANTS["cp"]
    bound = bind(cp, cm.ConvLayer(3, 8, 10, (7, 6)))
    assert [einsum_formula(stage) for stage in bound.stages][1] == "Y[r] = Σ_{i} W[r,i] X[r]"
    assert einsum_formula(cp.lines[1]) == "Y[r] = Σ_{x} W[r,x] X[r]"


def test_errors() -> None:
    with pytest.raises(CostModelError, match=r"unknown style .html..*text, latex"):
        einsum_formula("m, n m -> n", "html")
    with pytest.raises(CostModelError, match=r"2 stages in .*; allowed is one"):
        einsum_formula("m, r m -> r | r, n r -> n")
