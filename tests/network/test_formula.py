"""Closed formulas of networks: exact at every size, as Python and as SymPy expressions."""

import pickle
import random
from fractions import Fraction

import pytest
import sympy

import costmodel as cm
from costmodel.core.polynomial import symbol
from costmodel.errors import CostModelError
from costmodel.network.columns import total
from costmodel.network.formula import evaluated, formulas, to_sympy

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


@pytest.mark.parametrize("variant", ["octave", "winograd", "fft", "ghost", "topological"])
@pytest.mark.parametrize("metric", ["macs", "macs_without_padding", "peak_memory"])
def test_a_replaced_network_has_the_formula_that_recounting_gives(variant, metric):
    net = cm.load("resnet18").replace(variant, pays=False)
    count = net.compiled(metric)
    generator = random.Random(f"{variant} {metric}")
    for _ in range(3):
        sizes = {"N": generator.randint(1, 5)} | {s: generator.randint(33, 300) for s in "HW"}
        assert count(**sizes) == total(net.at(**sizes), metric), sizes


@pytest.mark.parametrize("steps", ["", "at", "replace", "replace at", "at replace at"])
def test_a_network_is_evaluated_in_another_process_as_here(steps):
    net = cm.load("resnet18")
    for step in steps.split():
        net = net.at(H=97, W=61) if step == "at" else net.replace("spatial_svd", pays=False)
    sent = pickle.loads(pickle.dumps(net))
    table, totals = evaluated(sent, ("macs", "params"), {"H": 75, "W": 58})
    there = net.at(H=75, W=58)
    assert totals == {"macs": there.macs, "params": there.params}
    assert pickle.loads(pickle.dumps(table)).rows == formulas(net, totals, ("H", "W")).rows
    assert total(sent, "peak_memory") == total(net, "peak_memory")


def test_the_text_of_a_formula_is_python():
    net = cm.load("resnet18").replace("octave", pays=False)
    for row in formulas(net, ("macs", "arithmetic_intensity"), ("N", "H", "W")):
        value = eval(row["formula"], {"N": 2, "H": 75, "W": 101, "Fraction": Fraction})
        assert value == total(net.at(N=2, H=75, W=101), row["metric"])


def test_a_field_of_view_does_not_add_up():
    with pytest.raises(CostModelError, match="view_rows has no total in resnet18; allowed are"):
        cm.load("resnet18").polynomial("view_rows")
