"""Polynomials as compiled functions."""

import pytest

from costmodel.core.compiled import compiled
from costmodel.core.polynomial import symbol
from costmodel.errors import CostModelError

H, W = symbol("H"), symbol("W")


def test_a_compiled_formula_takes_names_and_order_and_nothing_else():
    count = compiled(H * 2 + W, ("W", "H"))
    assert count(3, 10) == count(H=10, W=3) == 23
    assert compiled(5, ("H",))(9) == 5
    with pytest.raises(CostModelError, match="depends on W"):
        compiled(H * W, ("H",))
    with pytest.raises(CostModelError, match="allowed are letters"):
        compiled(H, ("H", "W=__import__('os')"))


def test_a_floor_that_occurs_twice_is_computed_once():
    half = (H + 1) // 2
    source = compiled(half * W + half * 3, ("H", "W")).__doc__ or ""
    assert source.count("//2") == 1
