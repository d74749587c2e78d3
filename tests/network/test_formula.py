"""Closed formulas of networks as SymPy expressions."""

import sympy

from costmodel.core.polynomial import symbol
from costmodel.network.formula import to_sympy

H, W = symbol("H"), symbol("W")


def test_what_all_terms_share_is_drawn_out_and_floors_are_kept():
    value = symbol("N") * (3 * H * W - 2 * ((H + 1) // 2) ** 2 + 5)
    h, w, n = (sympy.Symbol(s, integer=True, positive=True) for s in "HWN")
    assert to_sympy(value) == n * (3 * h * w - 2 * sympy.floor((h + 1) / 2) ** 2 + 5)
    assert to_sympy(7) == 7


def test_a_ratio_is_no_integer():
    (alpha,) = to_sympy(symbol("alpha", integer=False) * 2).free_symbols
    assert alpha.is_integer is None
    assert alpha.is_positive
