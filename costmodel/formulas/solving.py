"""Roots and signs of cost polynomials, in closed form and without `sympy.solve`."""

from __future__ import annotations

from sympy import (
    Add,
    Expr,
    Integer,
    Mul,
    Pow,
    cancel,
    expand,
    factor_list,
    fraction,
    sqrt,
    together,
)

from costmodel.errors import CostModelError
from costmodel.formulas.algebra import drawn_out, factored, powers_of, without_number

_MAX_TERMS_TO_FACTOR = 64  # in several letters at once; beyond that SymPy may take minutes


def roots(polynomial: Expr, unknown: Expr) -> list[Expr]:
    """The roots of a polynomial of degree 1 or 2, in closed form.

    Raises `CostModelError` for another degree, or where it is no polynomial at all.
    """
    coefficients = coefficients_in(polynomial, unknown)
    if len(coefficients) == 2:
        a, b = coefficients
        return [_fraction(-b, a)]
    if len(coefficients) != 3:
        raise CostModelError(
            f"an equation of degree {len(coefficients) - 1} in {unknown}; allowed are 1 and 2"
        )
    a, b, c = map(factored, coefficients)
    if b == 0:
        root = sqrt(_fraction(-c, a))
        return [root, -root]
    if len(Add.make_args(expand(polynomial))) <= _MAX_TERMS_TO_FACTOR:
        _, parts = factor_list(polynomial, unknown)
        parts = [part for part, _ in parts if part.has(unknown)]
        if len(parts) > 1:
            return [root for part in parts for root in roots(part, unknown)]
        a, b, c = map(factored, coefficients_in(parts[0], unknown))
    half = b / 2
    if all(
        term.as_coeff_Mul()[0].is_Integer for term in Add.make_args(expand(half))
    ):  # an even middle coefficient needs no 4 and no 2
        root = sqrt(factored(half**2 - a * c))
        return [(root - half) / a, (-root - half) / a]
    root = sqrt(factored(b**2 - 4 * a * c))
    return [(root - b) / (2 * a), (-root - b) / (2 * a)]


def coefficients_in(expr: Expr, unknown: Expr) -> list[Expr]:
    """The coefficients of a polynomial from the highest power down.

    Raises `CostModelError` where it is none.
    """
    by_power: dict[int, list[Expr]] = {}
    for term in Add.make_args(expand(expr)):
        number, powers = powers_of(term)
        power = powers.pop(unknown, Integer(0))
        if not power.is_Integer or power < 0 or any(base.has(unknown) for base in powers):
            raise CostModelError(f"{expr} is no polynomial in {unknown}; allowed are polynomials")
        rest = Mul(number, *(Pow(base, e) for base, e in powers.items()))
        by_power.setdefault(int(power), []).append(rest)
    return [Add(*by_power.get(power, [])) for power in range(max(by_power), -1, -1)]


def equation(excess: Expr, unknown: Expr) -> Expr:
    """A polynomial in `unknown` with the roots of an expanded expression.

    Denominators and factors that are never zero are left out.
    """
    flat = excess
    if any(power.exp.is_negative for power in flat.atoms(Pow)):
        flat = expand(fraction(together(flat))[0])
    kept = [factor for factor in Mul.make_args(drawn_out(flat)) if factor.has(unknown)]
    return Mul(*(without_number(factor) for factor in kept))


def slope_sign(excess: Expr, unknown: Expr) -> int:
    """Whether an expanded expression rises (1) or falls (-1) in `unknown`, all letters positive.

    0 where its terms do not all go the same way.
    """
    signs = set()
    for term in Add.make_args(excess):
        number, powers = powers_of(term)
        if any(base != unknown and base.has(unknown) for base in powers):
            return 0
        if unknown in powers:
            signs.add(1 if number * powers[unknown] > 0 else -1)
    return signs.pop() if len(signs) == 1 else 0


def _fraction(above: Expr, below: Expr) -> Expr:
    """A quotient with common factors cancelled, its two sides collected."""
    above, below = factored(above), factored(below)
    if above.has(Add) and below.has(Add):
        above, below = fraction(cancel(above / below))
        above, below = factored(above), factored(below)
    elif any(power.exp.is_negative for power in (above + below).atoms(Pow)):
        above, below = fraction(together(above / below))
    if below.could_extract_minus_sign():
        above, below = factored(expand(-above)), factored(expand(-below))
    return above / below
