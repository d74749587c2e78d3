"""Polynomials with floors: the same numbers as plain integer arithmetic, in one normal form."""

import random
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from costmodel.core.compiled import compiled
from costmodel.core.polynomial import Floor, Polynomial, symbol
from costmodel.errors import CostModelError

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
    symbolic_h, symbolic_w = sympy.symbols("H W", integer=True, positive=True)
    assert value.subs(H=symbolic_h, W=symbolic_w).subs({symbolic_h: h, symbolic_w: w}) == expected
    assert eval(str(value), {"H": h, "W": w}) == expected


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


def test_text_and_latex():
    value = symbol("N") * (3 * H * W - 2 * ((H + 1) // 2) ** 2 + 5)
    assert str(value) == "N*(3*H*W - 2*((H + 1)//2)**2 + 5)"
    assert value.to_latex() == (
        r"N \left( 3 H W - 2 \left\lfloor \frac{H + 1}{2} \right\rfloor^{2} + 5 \right)"
    )
    assert (A * A / 3 - A).to_latex() == r"\alpha \left( \frac{1}{3} \alpha - 1 \right)"
    assert eval(str(A / 3), {"alpha": 6, "Fraction": Fraction}) == 2


def test_dropping_the_floors_would_be_noticed():
    value = (H + 1) // 2
    assert any(value.subs(H=h) != Fraction(h + 1, 2) for h in random.sample(range(1, 99), 20))
