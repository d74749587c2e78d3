"""Traced numbers: the notation's rules run once, and what they compute and check is written down.

A `Traced` size stands for a whole axis, as an array does, and takes the same way through layers,
stages and metrics. Its value is a polynomial in the sizes that vary, floors, minima and quotients;
every check on the way becomes a guard, which a point passes or is left out. So the rules are not
written a second time: a kernel is printed from what they themselves did.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from costmodel.core.normal_form import ONE, exact_quotient, floor, plus, times
from costmodel.core.numbers import floor_div, same
from costmodel.core.polynomial_terms import Call, Sum, Symbol
from costmodel.core.polynomial_text import Terms
from costmodel.errors import CostModelError
from costmodel.sweeping.bounds import DIVIDED, DIVISOR, EQUAL, GREATEST, LEAST, Bounds, Range

#: What the relations of guards ask.
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


class Guard(NamedTuple):
    """What a point must not fulfil: `value relation 0`, with "<", "<=", "==" or "!=".

    open: it only says that some stage is empty, which is an error or a branch that falls away:
    such a point is counted by itself.
    """

    relation: str
    value: Sum
    open: bool = False

    def met(self, value: Any) -> Any:
        """Whether a value, or each of an array, fulfils it."""
        return COMPARED[self.relation](value, 0)

    def ruled_out(self, limits: Range) -> bool:
        """Whether no value within these limits fulfils it."""
        low, high = limits
        match self.relation:
            case "<":
                return low is not None and low >= 0
            case "<=":
                return low is not None and low > 0
            case "==":
                return (low is not None and low > 0) or (high is not None and high < 0)
        return low == high == 0


@dataclass
class Trace:
    """What one run of the rules wrote down: the guards, in order, and the limits of all sizes."""

    bounds: Bounds
    guards: dict[Guard, None] = field(default_factory=dict)

    def number(self, name: str) -> Traced:
        """The size that an axis gives; its limits are those of the bounds."""
        return Traced({((Symbol(name), 1),): 1}, self)

    def forbid(self, relation: str, terms: Terms, open: bool = False) -> bool:
        """Note that a point must not fulfil this; whether it is known that every point does."""
        scale = math.lcm(*(c.denominator for c in terms.values()))
        guard = Guard(relation, Sum({m: int(c * scale) for m, c in terms.items()}), open)
        limits = self.bounds.of(guard.value)
        if guard.ruled_out(limits):
            return False
        if limits.low is not None and limits.low == limits.high:
            return bool(guard.met(limits.low))
        self.guards.setdefault(guard)
        return False


class Traced:
    """An integer that varies from point to point; to every rule it looks like an array."""

    __slots__ = ("terms", "trace")

    shape, ndim = (0,), 1

    def __init__(self, terms: Terms, trace: Trace) -> None:
        self.terms, self.trace = terms, trace

    @property
    def dtype(self) -> Any:
        """What an array of such integers has."""
        import numpy

        return numpy.dtype(numpy.int64)

    def astype(self, kind: object) -> Traced:
        """Itself: its values have no word length."""
        return self

    def all(self) -> bool:
        """Whether no value is zero; points where one is are left out."""
        return not self.trace.forbid("==", self.terms)

    def _of(self, terms: Terms) -> Any:
        """The value with these terms; the plain number where nothing varies in it."""
        return terms.get((), 0) if not any(terms) else Traced(terms, self.trace)

    def _call(self, name: str, rule: Callable[..., Any], *values: Any) -> Any:
        inner = tuple(Sum(terms_of(value)) for value in values)
        known = self.trace.bounds.decided(name, inner)
        return self._of({((Call(name, inner, rule), 1),): 1} if known is None else known.terms)

    # -- arithmetic ------------------------------------------------------------------------------
    def __add__(self, other: Any) -> Any:
        return self._of(plus(self.terms, terms_of(other)))

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self._of({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        return self._of(times(self.terms, terms_of(other)))

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Any:
        terms = ONE
        for _ in range(exponent):
            terms = times(terms, self.terms)
        return self._of(terms)

    def __floordiv__(self, other: Any) -> Any:
        divisor = constant(other)
        if all(c < 0 for c in self.terms.values()) and self._positive(other):
            return -((-self + other - 1) // other)  # a ceiling, without doubling its terms
        if divisor is not None and divisor > 0:
            return self._of(floor(self.terms, divisor))
        exact = exact_quotient(self.terms, terms_of(other))
        if exact is not None and all(isinstance(c, int) for c in exact.values()):
            return self._of(exact)
        return self._call(DIVIDED, floor_div, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return Traced(terms_of(other), self.trace) // self

    def __mod__(self, other: Any) -> Any:
        return self - (self // other) * other

    def __rmod__(self, other: Any) -> Any:
        return other - (other // self) * self

    def _positive(self, other: Any) -> bool:
        low = self.trace.bounds.of(Sum(terms_of(other))).low
        return low is not None and low > 0

    def __array_ufunc__(self, ufunc: Any, method: str, *values: Any, **options: Any) -> Any:
        """NumPy's functions, and rules that are called cell by cell."""
        import numpy

        if method != "__call__" or options:
            raise CostModelError(f"NumPy's {ufunc.__name__}.{method} of sizes that vary")
        names = {numpy.minimum: LEAST, numpy.maximum: GREATEST, numpy.gcd: DIVISOR}
        return self._call(names.get(ufunc, ""), ufunc, *values)

    # -- comparisons: what is asked of them is written down ----------------------------------------
    def _asked(self, relation: str, difference: Any) -> Any:
        if isinstance(difference, Traced):
            return Asked(relation, difference)
        return COMPARED[relation](difference, 0)

    def __lt__(self, other: Any) -> Any:
        return self._asked("<", self - other)

    def __gt__(self, other: Any) -> Any:
        return self._asked("<", other - self)

    def __le__(self, other: Any) -> Any:
        return self._asked("<=", self - other)

    def __ge__(self, other: Any) -> Any:
        return self._asked("<=", other - self)

    def __eq__(self, other: object) -> Any:
        return self._asked("==", self - other)

    def __ne__(self, other: object) -> Any:
        return self._asked("!=", self - other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(Sum(self.terms))

    __repr__ = __str__


@dataclass(frozen=True, eq=False)
class Asked:
    """A comparison of a traced value with zero: rules ask whether any point fulfils it."""

    relation: str
    value: Traced

    shape, dtype = (0,), bool  # to the rules it is an array, too

    def any(self) -> bool:
        """Whether every point is known to fulfil it; where one does, it is left out."""
        return self.value.trace.forbid(self.relation, self.value.terms, self.relation == "==")

    def __mul__(self, other: Any) -> Any:
        """1 where it holds and 0 where not, times a number."""
        if self.relation != "==":
            raise CostModelError(f"{self.relation} as a number; allowed is ==")
        return self.value._call(EQUAL, same, self.value, 0) * other


def terms_of(value: Any) -> Terms:
    """The terms of a traced value or of a plain number."""
    if isinstance(value, Traced):
        return value.terms
    return {(): value} if value else {}


def constant(value: Any) -> int | None:
    """The integer that a value is at every point, None where it varies."""
    terms = terms_of(value)
    if (any(terms) and () not in terms) or len(terms) > 1:
        return None
    number = terms.get((), 0)
    return number if isinstance(number, int) else None
