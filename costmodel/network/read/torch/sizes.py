"""Size: an int that remembers the polynomial it came from.

A model computes with the sizes it reads off its tensors (`h // 8`, `w + (7 - w % 7) % 7`). When
they are `Size`s, the results still know how they depend on the input. What polynomials cannot
express is a plain int: its value is settled, by a guard.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

import torch

from costmodel.core.polynomial import Polynomial
from costmodel.core.polynomial_terms import Call
from costmodel.errors import CostModelError
from costmodel.network.read.torch.followed import Followed, plain, settle, settling
from costmodel.network.read.torch.questions import Questions
from costmodel.network.read.torch.ratios import Ratio


@settling(
    """__and__ __rand__ __or__ __ror__ __xor__ __rxor__ __invert__ __rlshift__ __rrshift__ __rpow__
    as_integer_ratio bit_count bit_length conjugate is_integer to_bytes
    real imag numerator denominator"""
)
class Size(Followed, torch.SymInt):
    """An int with the polynomial in the input's letters that it is the value of.

    Args:
        value: the int at the sizes of this forward.
        term: the polynomial; use `size` to get a plain int for a plain term.
        questions: where answers are kept; None is a record of its own.
    """

    def __init__(self, value: int, term: Polynomial, questions: Questions | None = None) -> None:
        self.value = value
        self.term = term
        self.questions = Questions() if questions is None else questions

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """An int to whom asks with `isinstance`, as the size would be without letters."""
        return int

    @property
    def fraction(self) -> tuple[Any, Any]:
        """Itself over 1."""
        return self.term, 1

    @property
    def exact(self) -> bool:
        """Always."""
        return True

    def settled(self) -> int:
        """The plain value; from now on the formula holds only where it is the same."""
        self.questions.ask(self.term - self.value, 0, "==")
        return self.value

    def __index__(self) -> int:
        return self.settled()

    __int__ = __index__

    # -- arithmetic ------------------------------------------------------------------------------
    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return self._with(other, operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b // a)

    def __mod__(self, other: Any) -> Any:
        return self._with(other, operator.mod)

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b % a)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __neg__(self) -> Any:
        return size(-self.value, -self.term, self.questions)

    def __lshift__(self, other: Any) -> Any:
        return self * (1 << operator.index(other))

    def __rshift__(self, other: Any) -> Any:
        return self // (1 << operator.index(other))

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is None and type(other) is int and 0 <= other <= 8:
            return size(self.value**other, self.term**other, self.questions)
        return pow(self.settled(), settle(other), modulus)

    def __truediv__(self, other: Any) -> Any:
        return self.__sym_float__() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.__sym_float__()

    def __sym_float__(self) -> Ratio:
        return Ratio(float(self.value), self.term, 1, self.questions, size)

    def __floor__(self) -> Size:
        return self

    __ceil__ = __trunc__ = __sym_int__ = __floor__

    def __round__(self, digits: Any = None) -> Any:
        return self if digits is None else round(self.settled(), digits)

    def _with(self, other: Any, rule: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, float):
            return rule(self.__sym_float__(), other)
        if not isinstance(other, int):
            return NotImplemented
        value = rule(self.value, plain(other))
        try:
            found = rule(self.term, term(other))
        except CostModelError:  # a floor of a quotient by a negative number, say
            return rule(self.settled(), settle(other))
        if not isinstance(found, Polynomial) or not _has_calls(found):
            return size(value, found, self.questions)
        self.questions.ask(found - value, 0, "==")  # no polynomial: what it is worth is settled
        return value


def size(value: int, term: Any, questions: Questions | None = None) -> Any:
    """A `Size`, or a plain int where the term has no letter in it."""
    return Size(value, term, questions) if isinstance(term, Polynomial) else value


def term(value: Any) -> Any:
    """The polynomial of a size, a plain int as it is."""
    return value.term if type(value) is Size else int(value)


def terms(values: Iterable[Any]) -> tuple[Any, ...]:
    """The polynomials of several sizes."""
    return tuple(term(v) for v in values)


def _has_calls(value: Polynomial) -> bool:
    return any(isinstance(atom, Call) for atom in value.atoms())
