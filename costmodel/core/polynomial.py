"""Polynomials over symbols and floors: sizes that are not known yet, in microseconds.

A layer's output size is ⌊(size + …)/stride⌋ + 1, so every count of a network is a polynomial with
integer coefficients in its input sizes and in floors of them. This number type flows through the
same rules as ints do (`ConvLayer`, stages, metrics) and keeps such polynomials in a normal form,
so that a chain of strided layers ends at ⌊(H + 31)/32⌋, and all layers on one grid are one term.
SymPy's floors stay nested instead, and importing it takes longer than all the rest together; `subs`
with its symbols converts the result at the end for those who want it.

What has no such form (a minimum, a quotient by a sum) stays a call, which is exact at numbers.

    >>> H, W = symbol("H"), symbol("W")
    >>> ((H - 1) // 2 + 1 + 2 - 3) // 2 + 1
    (H + 3)//4
    >>> 2*H*H + H*(3 - 2*H)
    3*H
    >>> 6*H / (2*W + 2)
    3*Fraction(H, W + 1)
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from costmodel.core.limits import Extent
from costmodel.core.normal_form import (
    ONE,
    collected,
    exact_quotient,
    floor,
    plus,
    quotient,
    times,
    with_constant,
)
from costmodel.core.numbers import Number, Symbolic
from costmodel.core.polynomial_terms import Atom, Call, Sum, Symbol
from costmodel.core.polynomial_text import Terms
from costmodel.core.questions import Sign, Unknown
from costmodel.errors import CostModelError


class Polynomial(Sum, Symbolic):
    """A polynomial; made by arithmetic on `symbol(...)`, and an int again where nothing is left."""

    __slots__ = ()

    @property
    def free_symbols(self) -> frozenset[str]:
        """The names of the symbols in it, those inside floors included."""
        return frozenset(atom.name for atom in self.atoms() if isinstance(atom, Symbol))

    def subs(self, **values: Number) -> Number:
        """The value with numbers of any kind in place of some symbols."""
        known: dict[Atom, Number] = {}
        for atom in self.atoms():
            if isinstance(atom, Symbol):
                known[atom] = values.get(atom.name, Polynomial({((atom, 1),): 1}))
            else:
                known[atom] = atom.value(known)
        return self.value(known)

    @property
    def extent(self) -> Extent:
        """How large it is; it is written out already."""
        return Extent(
            max(Fraction(c).numerator.bit_length() for c in self.terms.values()),
            len(self.terms),
            max(sum(exponent for _, exponent in monomial) for monomial in self.terms),
        )

    @staticmethod
    def unevaluated(
        name: str,
        rule: Callable[..., Number],
        values: Iterable[Number],
        closed: Callable[..., Number | None] | None = None,
    ) -> Number:
        """`rule(*values)` as it stands; an integer where the values are integers."""
        inner = tuple(Sum(_terms(value) or {}) for value in values)
        return Polynomial({((Call(name, inner, rule, closed=closed), 1),): 1})

    # -- arithmetic ------------------------------------------------------------------------------
    def __add__(self, other: Any) -> Any:
        if isinstance(other, int):
            return self._plus(other)
        terms = _terms(other)
        return NotImplemented if terms is None else _number(plus(self.terms, terms))

    __radd__ = __add__

    def _plus(self, number: int) -> Any:
        """The sum with an int, the most frequent one: a step of an output-size rule."""
        if not number:
            return self
        result = dict(self.terms)
        constant = result.pop((), 0) + number
        if constant:
            absorbed = with_constant(result, constant) if len(result) == 1 else None
            if absorbed is not None:
                return Polynomial(absorbed)
            result[()] = constant
        return Polynomial(result)

    def __neg__(self) -> Any:
        return Polynomial({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, _NUMBERS) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, int) and not isinstance(other, bool):
            if other == 1:
                return self
            return _number(collected({m: c * other for m, c in self.terms.items()}))
        terms = _terms(other)
        return NotImplemented if terms is None else _number(times(self.terms, terms))

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Any:
        if not isinstance(exponent, int) or exponent < 0:
            return NotImplemented
        terms = ONE
        for _ in range(exponent):
            terms = times(self.terms, terms)
        return _number(terms)

    def __truediv__(self, other: Any) -> Any:
        """The quotient: a polynomial where it is one, else a call that is exact at numbers."""
        if isinstance(other, int | Fraction):
            return _number(collected({m: Fraction(c) / other for m, c in self.terms.items()}))
        terms = _terms(other)
        return NotImplemented if terms is None else _number(quotient(self.terms, terms))

    def __rtruediv__(self, other: Any) -> Any:
        terms = _terms(other)
        return NotImplemented if terms is None else _number(quotient(terms, self.terms))

    def over(self, other: Polynomial) -> Number | None:
        """The quotient where it is a polynomial in the same atoms, else None."""
        terms = exact_quotient(self.terms, other.terms)
        return None if terms is None else _number(terms)

    def __floordiv__(self, other: Any) -> Any:
        """The floor of the quotient, in normal form."""
        if isinstance(other, Fraction):
            return self * other.denominator // other.numerator
        if not isinstance(other, int):
            return self / other // 1
        if other < 1:
            raise CostModelError(f"{self} is divided by {other}; allowed are integers from 1 up")
        return _number(floor(self.terms, other))

    def __rfloordiv__(self, other: Any) -> Any:
        return other / self // 1

    def __mod__(self, other: Any) -> Any:
        return self - (self // other) * other

    def __rmod__(self, other: Any) -> Any:
        return other - (other // self) * self

    # -- comparisons: True, False, or `Unknown` where it depends on the symbols --------------------
    def __ge__(self, other: Any) -> Any:
        difference = self - other
        if not isinstance(difference, Polynomial):
            return difference >= 0
        low, fall = difference.low, (-difference).low
        if low is not None and low >= 0:
            return True
        return False if fall is not None and fall > 0 else Unknown(Sign(difference))

    def __le__(self, other: Any) -> Any:
        return -self >= -other

    def __lt__(self, other: Any) -> Any:
        known = self >= other
        return known.opposite if isinstance(known, Unknown) else not known

    def __gt__(self, other: Any) -> Any:
        known = self <= other
        return known.opposite if isinstance(known, Unknown) else not known

    def __bool__(self) -> bool:
        raise CostModelError(f"whether {self} is zero depends on its symbols")


_NUMBERS = int | Fraction | Polynomial


def symbol(name: str, integer: bool = True) -> Polynomial:
    """An unknown size; `integer=False` for a ratio. The name must be one that Python can have."""
    if not name.isidentifier() or keyword.iskeyword(name) or not name.isascii():
        raise CostModelError(f"symbol {name!r}; allowed are letters, digits and underscores")
    return Polynomial({((Symbol(name, integer), 1),): 1})


def _terms(value: Any) -> Terms | None:
    if isinstance(value, Polynomial):
        return value.terms
    if isinstance(value, int | Fraction):
        return {(): value} if value else {}
    return None


def _number(terms: Terms) -> Number:
    """The polynomial with these terms, or the plain number that it is."""
    if not terms:
        return 0
    return terms[()] if len(terms) == 1 and () in terms else Polynomial(terms)
