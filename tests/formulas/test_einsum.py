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
            "Y[n,y,x] = Σ_{m,i,j} W[n,m,i,j] X[m,y+i,x+j]",
            r"Y_{n, y, x} = \sum_{m, i, j} W_{n, m, i, j} X_{m, y+i, x+j}",
        ),
        (
            "m, b i j -> m b",
            "Y[m,b,y,x] = Σ_{i,j} W[b,i,j] X[m,y+i,x+j]",
            r"Y_{m, b, y, x} = \sum_{i, j} W_{b, i, j} X_{m, y+i, x+j}",
        ),
        (
            "r1, n r1 j -> n",
            "Y[n,y,x] = Σ_{r1,j} W[n,r1,j] X[r1,y,x+j]",
            r"Y_{n, y, x} = \sum_{r_{1}, j} W_{n, r_{1}, j} X_{r_{1}, y, x+j}",
        ),
        (
            "m, n m (i j)=T -> n",
            "Y[n,y,x] = Σ_{m,(i,j)∈T} W[n,m,i,j] X[m,y+i,x+j]",
            r"Y_{n, y, x} = \sum_{m, (i, j) \in T} W_{n, m, i, j} X_{m, y+i, x+j}",
        ),
        (
            "n+c, c i j -> n",
            "Y[n,y,x] = Σ_{c,i,j} W[c,i,j] X[n+c,y+i,x+j]",
            r"Y_{n, y, x} = \sum_{c, i, j} W_{c, i, j} X_{n+c, y+i, x+j}",
        ),
        (
            "e~dc, g dc -> g e",
            "Y[g,e,y,x] = Σ_{dc} W[g,dc] X[e~dc,y,x]",
            r"Y_{g, e, y, x} = \sum_{\mathrm{dc}} W_{g, \mathrm{dc}} X_{e \sim \mathrm{dc}, y, x}",
        ),
        (
            "m, n m (l i j)=T -> n @ dilation=d",
            "Y[n,z,y,x] = Σ_{m,(l,i,j)∈T} W[n,m,l,i,j] X[m,z+d·l,y+d·i,x+d·j]",
            r"Y_{n, z, y, x} = \sum_{m, (l, i, j) \in T} W_{n, m, l, i, j} "
            r"X_{m, z+d \cdot l, y+d \cdot i, x+d \cdot j}",
        ),
        (
            "y, n y j -> n @ up=2",
            "Y[n,h,2x+j] += Σ_{y} W[n,y,j] X[y,h,x]",
            r"Y_{n, h, 2 x+j} {+}= \sum_{y} W_{n, y, j} X_{y, h, x}",
        ),
        ("m, m -> m", "Y[m,y,x] = W[m] X[m,y,x]", "Y_{m, y, x} = W_{m} X_{m, y, x}"),
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
    assert [einsum_formula(stage) for stage in bound.stages][1] == (
        "Y[r,y,x] = Σ_{i} W[r,i] X[r,y+i-1,x]"
    )
    assert einsum_formula(cp.lines[1]) == "Y[r,p] = Σ_{x} W[r,x] X[r,p+x]"


def test_errors() -> None:
    with pytest.raises(CostModelError, match=r"unknown style .html..*text, latex"):
        einsum_formula("m, n m -> n", "html")
    with pytest.raises(CostModelError, match=r"2 stages in .*; allowed is one"):
        einsum_formula("m, r m -> r | r, n r -> n")
