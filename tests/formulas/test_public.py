"""What leaves the library is in plain symbols, and equals what the counts say."""

from __future__ import annotations

import pytest
import sympy

import costmodel as cm
from costmodel.errors import CostModelError, VariantError
from costmodel.formulas import formula as exact
from costmodel.formulas.algebra import EVEN
from costmodel.formulas.printing.printers import text

k, m, n, h, w, b, r2 = sympy.symbols("k m n h w b r2")
LAYER = cm.ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(57, 56), stride=2)


def test_formulas_in_plain_symbols() -> None:
    macs = cm.formula("basis", "macs")
    assert macs == b * m * h * w * (k**2 + n)
    assert cm.formula("basis", "params", b=4) == 4 * m * (k**2 + n)
    assert cm.formula(cm.VARIANTS["basis"]) == macs
    assert macs.subs({"k": 3, "m": 64, "n": 128, "b": 4, "h": 56, "w": 56}) == 109_985_792
    assert text(macs) == text(exact.formula("basis")) == "(k^2 + n)·b·m·h·w"


def test_the_formula_on_a_layer_of_numbers_and_symbols() -> None:
    assert cm.formula("basis", "macs", LAYER) == cm.count("basis", LAYER, b=1).macs * b
    open_size = LAYER.replace(size=(sympy.Symbol("H"), 56))
    assert cm.formula("tucker2", "macs", open_size, r1=4, r2=6).subs({"H": 57}) == (
        cm.count("tucker2", LAYER, r1=4, r2=6).macs
    )


def test_ratios_in_plain_symbols() -> None:
    assert cm.ratio("basis", "macs") == b / n + b / k**2
    assert cm.ratio("shared_basis", "params") == b / (m * n) + b / k**2
    base = cm.count("standard", LAYER).macs
    assert cm.ratio("basis", "macs", LAYER) * base == cm.formula("basis", "macs", LAYER)


def test_a_break_even_in_plain_symbols() -> None:
    found = cm.break_even("basis", "b")
    assert found.bound == k**2 * n / (k**2 + n)
    assert str(found.condition) == "b < k**2*n/(k**2 + n)"
    assert (found.letter, found.limit, found.limit_in, found.note) == (b, k**2, n, "")
    assert str(found.limit_condition) == "b < k**2"
    assert cm.break_even("grouped", "g").limit is None
    assert cm.break_even("ghost", "q").note == EVEN
    alpha = cm.break_even("octave", "alpha")  # a real letter
    assert alpha.letter == sympy.Symbol("alpha")


@pytest.mark.parametrize("id, letter", [("basis", "b"), ("channel_svd", "r"), ("cp", "r")])
def test_on_a_layer_of_numbers_the_bound_is_a_number(id: str, letter: str) -> None:
    found = cm.break_even(id, letter, layer=LAYER)
    base = cm.count("standard", LAYER).macs
    assert found.cheaper == "below"
    last = int(sympy.ceiling(found.bound)) - 1
    assert found.largest == last
    assert cm.count(id, LAYER, **{letter: last}).macs < base
    assert cm.count(id, LAYER, **{letter: last + 1}).macs >= base


def test_on_a_layer_of_plain_symbols_the_bound_is_in_them() -> None:
    layer = cm.ConvLayer(3, m, n, (2 * h, 2 * w), stride=2)
    found = cm.break_even("tucker2", "r1", layer=layer)
    assert found.relation == "<"
    assert sympy.simplify(found.bound - n * (9 * m - r2) / (4 * m + 9 * r2)) == 0


def test_errors_name_what_is_allowed() -> None:
    with pytest.raises(VariantError, match="unknown variant 'bassis': did you mean 'basis'"):
        cm.formula("bassis")
    with pytest.raises(CostModelError, match="unknown metric 'mac'"):
        cm.ratio("basis", "mac")
    with pytest.raises(CostModelError, match="unknown letter of basis 'q'"):
        cm.break_even("basis", "q")
