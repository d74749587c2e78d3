"""Guards: what a forward has asked about its sizes, as conditions on a formula's letters.

A formula follows one path through a forward. It is true wherever every question on that path (a
branch, a loop's length, a minimum) has the same answer: these answers are its guards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from costmodel.core.numbers import Number
from costmodel.core.polynomial import Polynomial
from costmodel.core.polynomial_terms import Floor

#: Floors are looked into so deep.
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition on sizes: `value` is at least 0 (">="), is 0 ("=="), or is not 0 ("!=").

    value: an integer wherever its letters are sizes.
    """

    value: Polynomial
    relation: str

    def holds(self, sizes: Mapping[str, int]) -> bool:
        """Whether the condition holds where every letter is a known size."""
        try:
            return self.met(self.value.subs(**sizes))
        except ZeroDivisionError:  # a quotient of sizes that is none here
            return False

    def met(self, value: Number) -> bool:
        """Whether the condition holds where `value` is this number."""
        if self.relation == ">=":
            return bool(value >= 0)
        return (value == 0) is (self.relation == "==")

    @property
    def certain(self) -> bool:
        """Whether it holds at all sizes from 1 up, as far as its signs show."""
        if self.relation == ">=":
            return _never_below(self.value, 0)
        if self.relation == "==":
            return False
        return _never_below(self.value, 1) or _never_below(-self.value, 1)


def _never_below(value: Polynomial, least: int) -> bool:
    """Whether an integer is known to be so large at all sizes from 1 up."""
    for both in (False, True):
        bound: Number = value
        for _ in range(_DEPTH):
            low = bound.low if isinstance(bound, Polynomial) else bound
            if low is not None and low > least - 1:
                return True
            if isinstance(bound, Polynomial):
                bound = _without_floors(bound, both)
    return False


def _without_floors(value: Polynomial, both: bool) -> Number:
    """A number that is never larger: ⌊p/c⌋ ≤ p/c where it is subtracted, else ≥ (p − c + 1)/c."""
    result: Number = 0
    for monomial, coefficient in value.terms.items():
        atom, exponent = monomial[0] if monomial else (None, 0)
        if isinstance(atom, Floor) and len(monomial) == exponent == 1:
            top = Polynomial(atom.top.terms)
            if coefficient < 0:
                result = result + coefficient * top / atom.bottom
                continue
            if both:
                result = result + coefficient * (top - (atom.bottom - 1)) / atom.bottom
                continue
        result = result + Polynomial({monomial: coefficient})
    return result
