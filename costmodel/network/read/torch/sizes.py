"""Size: an int that remembers the polynomial it came from.

A model computes with the sizes it reads off its tensors (`h // 8`, `w + (7 - w % 7) % 7`). When
they are `Size`s, the results still know how they depend on the input, and yet are the ints that
PyTorch wants. Arithmetic that polynomials cannot express gives a plain int: its dependence is lost,
and the check of the finished formula notices where that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from costmodel.core.numbers import ceil_div
from costmodel.core.polynomial import Polynomial
from costmodel.errors import CostModelError


class Size(int):
    """An int with the polynomial in the input's letters that it is the value of."""

    term: Polynomial

    def __new__(cls, value: int, term: Polynomial) -> Size:
        """A size with this value; use `size` to get a plain int for a plain term."""
        made = super().__new__(cls, value)
        made.term = term
        return made

    def __add__(self, other: Any) -> Any:
        return _apply(int.__add__, lambda a, b: a + b, self, other)

    def __radd__(self, other: Any) -> Any:
        return _apply(int.__add__, lambda a, b: a + b, self, other)

    def __sub__(self, other: Any) -> Any:
        return _apply(int.__sub__, lambda a, b: a - b, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _apply(int.__rsub__, lambda a, b: b - a, self, other)

    def __mul__(self, other: Any) -> Any:
        return _apply(int.__mul__, lambda a, b: a * b, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _apply(int.__mul__, lambda a, b: a * b, self, other)

    def __floordiv__(self, other: Any) -> Any:
        return _apply(int.__floordiv__, _floor_div, self, other)

    def __mod__(self, other: Any) -> Any:
        return _apply(int.__mod__, lambda a, b: a - _floor_div(a, b) * b, self, other)

    def __neg__(self) -> Any:
        return size(-int(self), -self.term)

    def __pos__(self) -> Size:
        return self

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is None and type(other) is int and 0 <= other <= 8:
            return size(int(self) ** other, self.term**other)
        return pow(int(self), other, modulus)

    def __truediv__(self, other: Any) -> Any:
        value = int(self) / other
        return Quotient(value, self, other) if type(other) is int and other > 0 else value

    def __index__(self) -> int:
        return int(self)

    def __hash__(self) -> int:
        return int.__hash__(self)

    def __reduce__(self) -> Any:
        return int, (int(self),)


class Quotient(float):
    """A true quotient of sizes, which rounds to a `Size` again."""

    top: Size
    bottom: int

    def __new__(cls, value: float, top: Size, bottom: int) -> Quotient:
        """The quotient `top / bottom`, whose value is given."""
        made = super().__new__(cls, value)
        made.top, made.bottom = top, bottom
        return made

    def __floor__(self) -> int:
        return self.top // self.bottom

    def __ceil__(self) -> int:
        return ceil_div(self.top, self.bottom)


def size(value: int, term: Any) -> int:
    """A `Size`, or a plain int where the term has no letter in it."""
    return Size(value, term) if isinstance(term, Polynomial) else value


def term(value: Any) -> Any:
    """The polynomial of a size, a plain int as it is."""
    return value.term if isinstance(value, Size) else int(value)


def terms(values: Iterable[Any]) -> tuple[Any, ...]:
    """The polynomials of several sizes."""
    return tuple(term(v) for v in values)


def _floor_div(a: Polynomial, b: Any) -> Any:
    if not isinstance(b, Polynomial):
        return a // b
    quotient = a.over(b)  # what is no polynomial is better lost than followed further
    if quotient is None:
        raise CostModelError(f"{a} is not divisible by {b}")
    return quotient


def _apply(
    plain: Callable[[int, int], int], rule: Callable[[Any, Any], Any], left: Size, right: Any
) -> Any:
    if type(right) is not int and type(right) is not Size:
        return plain(int(left), right) if isinstance(right, int) else NotImplemented
    value = plain(int(left), int(right))
    if value is NotImplemented:
        return value
    try:
        return size(value, rule(left.term, right.term if type(right) is Size else right))
    except CostModelError:  # a quotient by a size, say
        return value
