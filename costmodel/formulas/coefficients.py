"""The coefficients of a cost as a polynomial in one letter."""

from __future__ import annotations

from sympy import Add, Expr, Integer, Mul, Pow, expand

from costmodel.errors import CostModelError
from costmodel.formulas.algebra import powers_of


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
