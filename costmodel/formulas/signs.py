"""Signs of expressions in letters, of which all that is known is how small each may be.

Every size is an integer from 1 up. With 1 + t in place of a letter, a polynomial whose coefficients
are all positive is positive at every size; one whose coefficients have both signs may be either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sympy import (
    Add,
    Dummy,
    Eq,
    Expr,
    Function,
    Ge,
    Gt,
    Le,
    Lt,
    Pow,
    Symbol,
    expand,
    fraction,
    sqrt,
)
from sympy.logic.boolalg import Boolean

from costmodel.formulas.algebra import drawn_out, factored, without_number

#: The least value of a letter.
Low = Callable[[Symbol], Expr]


class Sign(NamedTuple):
    """Which signs an expression may have: from `low` to `high`, of −1, 0 and 1."""

    low: int
    high: int

    def __contains__(self, sign: object) -> bool:
        return isinstance(sign, int) and self.low <= sign <= self.high


ANY = Sign(-1, 1)


def sign_of(expr: Expr, low: Low) -> Sign:
    """The signs that an expression may have at all sizes; never too few of them."""
    above, below = fraction(expr)
    if below.free_symbols:
        products = [a * b for a in sign_of(above, low) for b in sign_of(below, low)]
        return Sign(min(products), max(products))
    others = [
        part
        for part in expr.atoms(Function, Pow)
        if part.free_symbols and not (isinstance(part, Pow) and part.exp.is_Integer)
    ]
    if not all(part.is_nonnegative for part in others):
        return ANY
    dummies = {part: Dummy(positive=True) for part in others}
    plain = expr.xreplace(dummies)
    shifted = {s: s + low(s) for s in plain.free_symbols.difference(dummies.values())}
    terms = [term.as_coeff_Mul() for term in Add.make_args(expand(plain.xreplace(shifted)))]
    signs = {bool(number.is_positive) - bool(number.is_negative) for number, _ in terms}
    surely = any(not rest.free_symbols and number != 0 for number, rest in terms)
    if len(signs) > 1:
        return ANY
    sign = signs.pop()
    return Sign(min(sign, 0 if not surely else sign), max(sign, 0 if not surely else sign))


def below_zero(expr: Expr, strict: bool = True) -> Boolean:
    """`expr < 0` (or ≤) as a person writes it: what is subtracted stands on the other side.

    Factors that all terms share are positive, and left out; of a letter's square alone on a side
    both sides take the root: d < k·√m.
    """
    left, right = _sides(expr)
    if left.is_number or (right.is_Symbol and not left.is_Symbol):
        return (Gt if strict else Ge)(right, left, evaluate=False)
    return (Lt if strict else Le)(left, right, evaluate=False)


def is_zero(expr: Expr) -> Boolean:
    """`expr = 0`, written in the same way."""
    left, right = _sides(expr)
    return Eq(*((right, left) if left.is_number else (left, right)), evaluate=False)


def _sides(expr: Expr) -> tuple[Expr, Expr]:
    """Two sides whose difference has the sign of an expression, or whose roots' difference has."""
    whole = drawn_out(expand(expr))
    sums = [factor for factor in whole.as_ordered_factors() if isinstance(factor, Add)]
    if len(sums) == 1:
        whole = without_number(sums[0])
    terms = Add.make_args(whole)
    left = factored(Add(*(term for term in terms if term.as_coeff_Mul()[0] > 0)))
    right = factored(Add(*(-term for term in terms if term.as_coeff_Mul()[0] < 0)))
    if _is_square(left) and not right.has(Add):
        return left.base, sqrt(right)
    if _is_square(right) and not left.has(Add):
        return sqrt(left), right.base
    return left, right


def _is_square(expr: Expr) -> bool:
    return bool(isinstance(expr, Pow) and expr.exp == 2 and expr.base.is_Symbol)
