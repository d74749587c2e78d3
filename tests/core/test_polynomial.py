"""Polynomials with floors: the same numbers as plain integer arithmetic, in one normal form."""

import random
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from costmodel.core.polynomial import Floor, Polynomial, symbol
from costmodel.errors import CostModelError
from costmodel.network.formula import compiled, to_latex, to_sympy, to_text

H, W, A = symbol("H"), symbol("W"), symbol("alpha", integer=False)

#: A chain of steps `(x + a) // d + b` as layers make them.
CHAINS = st.lists(
    st.tuples(st.integers(-6, 6), st.integers(1, 4), st.integers(-2, 2)), min_size=1, max_size=5
)


def chain(x, steps):
    for a, d, b in steps:
        x = (x + a) // d + b
    return x


@given(CHAINS, CHAINS, st.integers(1, 900), st.integers(1, 900))
def test_chains_of_layers_agree_with_integers(rows, columns, h, w):
    value = chain(H, rows) * 7 * chain(W, columns) + chain(H, rows) - chain(W, rows) * 2
    expected = chain(h, rows) * 7 * chain(w, columns) + chain(h, rows) - chain(w, rows) * 2
    assert value.subs(H=h, W=w) == expected
    assert compiled(value, ("H", "W"))(h, w) == expected
    formula, sizes = to_sympy(value), {"H": h, "W": w}
    assert formula.subs({s: sizes[s.name] for s in formula.free_symbols}) == expected
    assert eval(to_text(value), {"H": h, "W": w}) == expected


@given(CHAINS)
def test_a_chain_of_layers_is_one_floor(steps):
    value = chain(H, steps)
    floors = [atom for atom in value.atoms() if isinstance(atom, Floor)]
    assert len(floors) <= 1


@given(
    st.lists(st.integers(-9, 9), min_size=3, max_size=3),
    st.integers(1, 12),
    st.integers(-50, 50),
    st.integers(-50, 50),
)
def test_floors_of_sums_agree_with_integers(coefficients, divisor, h, w):
    a, b, c = coefficients
    value = (a * H + b * W + c) // divisor
    expected = (a * h + b * w + c) // divisor
    assert (value.subs(H=h, W=w) if isinstance(value, Polynomial) else value) == expected


@given(st.integers(-40, 40), st.integers(1, 9), st.fractions(0, 3, max_denominator=24))
def test_floors_of_ratios_do_not_take_them_for_integers(constant, divisor, alpha):
    value = (A * 32 + constant) // divisor
    assert value.subs(alpha=alpha) == (alpha * 32 + constant) // divisor


def test_like_terms_are_collected():
    value = H * W + W * H * 2 - 3 * (W * H)
    assert value == 0
    assert isinstance(value, int)
    assert (H + 1) * (H + 1) - H * H - 2 * H == 1


def test_equal_sizes_are_equal_however_they_came_about():
    once = (H - 1) // 4 + 1
    twice = ((H - 1) // 2 + 1 - 1) // 2 + 1
    assert once == twice
    assert hash(once) == hash(twice)
    assert str(once) == "(H + 3)//4"


def test_a_size_is_one_floor_whatever_is_added_to_it_on_the_way():
    size = (H + 3) // 4
    assert str(size - 2) == "(H - 5)//4"
    assert size - 2 + 2 == (size + W) - W == (size * 2 + 6) / 2 - 3 == size
    assert str((size - 2) * (W // 2 + 1)) == "((H - 5)//4)*((W + 2)//2)"


def test_common_factors_of_a_floor_cancel():
    assert (4 * H + 6) // 8 == (2 * H + 3) // 4
    assert (8 * H + 3) // 8 == H


def test_division_is_exact_or_refused():
    assert (H * 6) / 3 == 2 * H
    assert (H * W * 4) / (W * 2) == 2 * H
    assert (A * 128) / (A * 128) == 1
    assert (H / 2) * 2 == H
    for make in (lambda: H / W, lambda: 3 / H, lambda: (H + W) / (H - W), lambda: H // 0):
        with pytest.raises(CostModelError):
            make()


def test_remainders():
    assert (5 * H + 7) % 5 == 2
    assert ((5 * H + 2 * W) % 5).subs(H=11, W=4) == 3
    assert (H % 4).subs(H=11) == 3


def test_a_condition_on_a_symbol_is_refused():
    with pytest.raises(CostModelError, match="depends on its symbols"):
        bool(H - W)


@pytest.mark.parametrize("name", ["lambda", "a b", "x;y", "1a", "", "h⁺"])
def test_names_that_python_cannot_have_are_refused(name):
    with pytest.raises(CostModelError, match="symbol"):
        symbol(name)


def test_text_latex_and_sympy():
    value = symbol("N") * (3 * H * W - 2 * ((H + 1) // 2) ** 2 + 5)
    assert to_text(value) == "N*(3*H*W - 2*((H + 1)//2)**2 + 5)"
    assert to_latex(value) == (
        r"N \left( 3 H W - 2 \left\lfloor \frac{H + 1}{2} \right\rfloor^{2} + 5 \right)"
    )
    h, w, n = (sympy.Symbol(s, integer=True, positive=True) for s in "HWN")
    assert to_sympy(value) == n * (3 * h * w - 2 * sympy.floor((h + 1) / 2) ** 2 + 5)
    assert to_text(7) == to_latex(7) == "7"
    assert to_sympy(7) == 7
    assert to_latex(A * A / 3 - A) == r"\alpha \left( \frac{1}{3} \alpha - 1 \right)"
    assert eval(to_text(A / 3), {"alpha": 6, "Fraction": Fraction}) == 2


def test_sympy_takes_polynomials_by_itself():
    assert sympy.sympify(H * 2) == 2 * sympy.Symbol("H", integer=True, positive=True)


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


def test_dropping_the_floors_would_be_noticed():
    value = (H + 1) // 2
    assert any(value.subs(H=h) != Fraction(h + 1, 2) for h in random.sample(range(1, 99), 20))
