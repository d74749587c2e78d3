"""Limits: an extent bounds what comes out, and nothing beyond the limits is ever begun."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy

import costmodel as cm
from costmodel.core import draft
from costmodel.core.bind import bind
from costmodel.core.expression import parse
from costmodel.core.limits import MAX_BITS, MAX_DEGREE, MAX_TERMS, check_product, extent
from costmodel.core.polynomial import symbol
from costmodel.errors import LimitError, VariantError
from costmodel.formulas.algebra import factored
from costmodel.formulas.formula import formula

LAYER = cm.ConvLayer((3, 5), 14, 22, (17, 26))
SYMBOLS = dict(zip("mnh", sympy.symbols("m n h", positive=True, integer=True), strict=True))
POLYNOMIALS = {name: symbol(name) for name in "mnh"}


def random_text(rng: random.Random, depth: int) -> str:
    if not depth:
        return rng.choice(["m", "n", "h", str(rng.randint(2, 99))])
    left, right = (random_text(rng, rng.randrange(depth)) for _ in range(2))
    return rng.choice(
        [
            f"({left} + {right})",
            f"({left} - {right})",
            f"({left})*({right})",
            f"({left})/({right})",
            f"({left})^{rng.randint(0, 3)}",
        ]
    )


def written_out(expr: sympy.Expr) -> tuple[int, int, int]:
    """Terms above and below the line, and the degree, counted on what SymPy expands."""
    sides = [sympy.expand(side) for side in sympy.fraction(sympy.together(expr))]
    above, below = (len(sympy.Add.make_args(side)) for side in sides)
    letters = sorted(expr.free_symbols, key=str)
    degrees = [sympy.Poly(s, *letters).total_degree() for s in sides] if letters else [0]
    return above, below, max(degrees)


def test_an_extent_is_a_bound_on_what_is_written_out() -> None:
    rng = random.Random(1812)
    seen = []
    for _ in range(300):
        expr = sympy.sympify(random_text(rng, 4).replace("^", "**"), locals=SYMBOLS)
        if not expr.is_finite:
            continue
        above, below, degree = written_out(expr)
        bound = extent(expr)
        assert bound.terms >= above
        assert bound.below >= below or bound.terms >= below
        if sympy.fraction(sympy.together(expr))[1] == 1:
            assert bound.degree >= degree
        seen.append(above)
    assert max(seen) > 5  # sums worth the name


def test_extents_of_polynomials_are_exact_and_those_of_numbers_their_bits() -> None:
    m, n = POLYNOMIALS["m"], POLYNOMIALS["n"]
    assert extent((m + 3 * n) ** 4)[:3] == (len(f"{108:b}"), 5, 4)
    assert extent(10**9).bits == 30
    assert (extent(Fraction(3, 8)).bits, extent(Fraction(3, 8)).bits_below) == (2, 4)
    assert extent(np.array([7, 10**30], dtype=object)).bits == 100


@pytest.mark.parametrize("sign", ["+", "-", "*", "^", "/", "//"])
def test_every_operator_is_bounded_in_bits(sign: str) -> None:
    chain = {"a": 3**400, "b": Fraction(1, 3**400), "c": Fraction(1, 7**200)}
    text = {"+": "b+c", "-": "b-c", "*": "a*a", "^": "a^2", "/": "b/a", "//": "b//a"}[sign]
    with pytest.raises(LimitError, match=f"more than {MAX_BITS} bits"):
        parse(text).evaluate(chain)


def test_doubling_sizes_end_at_the_limit() -> None:
    names = "abcdefgopqstuv"
    where = "; ".join(f"{a}={b}*{b}" for a, b in zip(names, "n" + names, strict=False))
    mine = draft.draft("m, v m -> v | v, n v -> n", draft.sizes(where), {})
    with pytest.raises(VariantError, match=f"bits; allowed are {MAX_BITS}"):
        bind(mine, LAYER)


@pytest.mark.parametrize(
    ("text", "what", "letters"),
    [
        ("((m + n - h)^9)^9", f"{MAX_TERMS} terms", SYMBOLS),
        ("((m + n - h)^9)^9", f"{MAX_TERMS} terms", POLYNOMIALS),
        ("(" + ")*(".join(f"m+{i}*n+h" for i in range(12)) + ")", f"{MAX_TERMS} terms", SYMBOLS),
        ("(m^9)^9", f"{MAX_DEGREE} letters", SYMBOLS),
        ("(m^9)^9", f"{MAX_DEGREE} letters", POLYNOMIALS),
    ],
)
def test_symbols_are_bounded_before_they_are_expanded(text, what, letters) -> None:
    with pytest.raises(LimitError, match=f"more than {what}"):
        parse(text).evaluate(letters)


def test_many_fractions_are_bounded_by_what_they_have_in_common() -> None:
    with pytest.raises(LimitError, match="terms once it is written out"):
        parse(" + ".join(f"n/(m+{i})" for i in range(12))).evaluate(SYMBOLS)


def test_what_is_in_a_floor_is_bounded_too() -> None:
    m, n, h = SYMBOLS.values()
    deep = sympy.floor((m + n / 2 + h) ** 60)
    with pytest.raises(LimitError, match="terms"):
        factored(deep + m)


def test_a_sum_of_many_stages_is_bounded_before_it_is_collected() -> None:
    one = "m, m i j -> m @ macs=(m+n+{}*h)^8"
    mine = draft.draft("\n".join(one.format(i + 2) for i in range(30)) + "\nm, n m -> n", {}, {})
    assert cm.count(mine, LAYER).macs > 0  # numbers have no such limit
    with pytest.raises(LimitError, match="terms"):
        formula(mine)


def test_a_stage_is_refused_before_its_axes_are_multiplied() -> None:
    where = dict.fromkeys("abc", "99999999999^9")  # 329 bits each
    stages = f"m, {' '.join(where)} m -> {' '.join(where)} | :n"
    with pytest.raises(VariantError, match=f"the sizes of stage .* more than {MAX_BITS} bits"):
        bind(draft.draft(stages, where, {}), LAYER)
    check_product([10**6] * 40)
    with pytest.raises(LimitError, match="terms"):
        check_product([POLYNOMIALS["m"] + i for i in range(12)])
