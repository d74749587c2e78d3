"""Polynomials with floors: the same numbers as plain integer arithmetic, in one normal form."""

import math
import random
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from costmodel.core.compiled import compiled
from costmodel.core.numbers import ceil_div, common_divisor, largest, smallest
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.core.polynomial_terms import Floor
from costmodel.core.questions import Unknown
from costmodel.errors import CostModelError
from costmodel.metrics.padding import inside

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


def test_what_divides_is_cancelled():
    assert (H * 6) / 3 == 2 * H
    assert (H * W * 4) / (W * 2) == 2 * H
    assert (A * 128) / (A * 128) == 1
    assert (H / 2) * 2 == H
    assert Fraction(2, 3) == (2 * H + 4 * W) / (3 * H + 6 * W)
    assert (H * W + 6 * H) / (4 * H * W) == (W + 6) / W / 4
    assert (6 * H).over(2 * H) == 3
    assert (H + W).over(W) is None
    with pytest.raises(CostModelError, match="allowed are integers from 1 up"):
        H // 0


@pytest.mark.parametrize(("h", "w"), [(7, 3), (6, 3), (1, 5)])
def test_what_does_not_divide_is_a_call_that_is_exact_at_numbers(h, w):
    below = 2 * w + 4
    calls = {
        H / W: Fraction(h, w),
        3 / H: Fraction(3, h),
        (6 * H + W) / (2 * W + 4): Fraction(6 * h + w, below),
        H // (W + 1): h // (w + 1),
        -H // W: -h // w,
        100 // H: 100 // h,
        100 % (H * W): 100 % (h * w),
        (H * W) % (W + 2): (h * w) % (w + 2),
        H // Fraction(3, 2): h // Fraction(3, 2),
        ceil_div(H, W + 1): -(-h // (w + 1)),
        ceil_div(H * W, 4): -(-h * w // 4),
        ceil_div(H / 3, 2): -(-h // 6),
        smallest(H, W, 5): min(h, w, 5),
        largest(H - W, 2): max(h - w, 2),
        common_divisor(H, W * 2, 12): math.gcd(h, w * 2, 12),
        smallest(H, 4) * (H / W) ** 2 + (H + 1) // 2: min(h, 4) * Fraction(h, w) ** 2
        + (h + 1) // 2,
    }
    for value, expected in calls.items():
        assert value.subs(H=h, W=w) == expected, value
        assert compiled(value, ("W", "H"))(w, h) == expected, value
        names = {"H": h, "W": w, "Fraction": Fraction, "gcd": math.gcd}
        assert eval(str(value), names) == expected, value
        symbols = dict(zip("HW", sympy.symbols("H W", integer=True, positive=True), strict=True))
        at = {symbols["H"]: sympy.Integer(h), symbols["W"]: sympy.Integer(w)}
        assert value.subs(**symbols).xreplace(at) == expected, value


def test_calls_in_documents():
    assert str(6 * H / (2 * W + 2)) == "3*Fraction(H, W + 1)"
    assert (H / (W + 1)).to_latex() == r"\frac{H}{W + 1}"
    assert ((H / (W + 1)) ** 2).to_latex() == r"\left( \frac{H}{W + 1} \right)^{2}"
    assert (H // W).to_latex() == r"\left\lfloor \frac{H}{W} \right\rfloor"
    assert str(inside(H, 3, 2, 1, 0, W)) == "taps_inside(H, 3, 2, 1, 0, W)"
    assert smallest(H, 3).to_latex() == r"\min\left(H, 3\right)"
    assert inside(H, 3, 2, 1, 1, W).to_latex().startswith(r"\mathrm{taps\_inside}\left(H, 3")


def test_comparisons_say_what_is_known():
    assert H >= 1
    assert 2 * H * W + A > 1
    assert not H < 1
    assert -H < 0
    assert not (-H - A > -1)
    assert (H + 3) // 4 >= 1
    assert H + 1 > H
    unknown = (H > 1, H >= W, (H - 3) // 2 < 1, A > 1, H - W <= 0)
    assert all(isinstance(comparison, Unknown) for comparison in unknown)
    with pytest.raises(CostModelError, match="depends on symbols"):
        bool(H > 1)


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
