"""Followed: a number that remembers how it comes about, and keeps what it was asked.

The two kinds stand where PyTorch's own `SymInt` and `SymFloat` may stand (`sizes.Size`,
`ratios.Ratio`), so no C code can read one without asking. Every answer that depends on its value (a
comparison, `range`, an index, a text) is a guard.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from costmodel.network.read.torch.questions import RELATIONS, Questions

#: Floats with a larger power of two below are not followed: their products would be rounded.
_FINEST = 1 << 20


class Followed:
    """What sizes and their ratios have in common: they answer, and the answer is kept.

    Attributes:
        value: the number at the sizes of this forward.
        questions: where the answers are kept.
    """

    value: Any
    questions: Questions

    @property
    def fraction(self) -> tuple[Any, Any]:
        """Top and bottom of the number in letters; the bottom is positive."""
        raise NotImplementedError

    @property
    def exact(self) -> bool:
        """Whether the number is the fraction itself, nothing of it rounded."""
        raise NotImplementedError

    def settled(self) -> Any:
        """The plain value; from now on the formula holds only where it is the same."""
        raise NotImplementedError

    # -- comparisons -----------------------------------------------------------------------------
    def _compared(self, other: Any, relation: str) -> Any:
        fraction = fraction_of(other)
        if fraction is None:
            return NotImplemented
        value = plain(other)
        if fraction and is_exact(other) and (self.exact or not isinstance(other, Followed)):
            (top, bottom), (above, below) = self.fraction, fraction
            sign = (self.value > value) - (self.value < value)
            return self.questions.ask(top * below - above * bottom, sign, relation)
        if not isinstance(value, float) or math.isfinite(value):
            settle(other)
            self.settled()
        return RELATIONS[relation](self.value, value)

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, "<")

    def __le__(self, other: Any) -> Any:
        return self._compared(other, "<=")

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, ">")

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, ">=")

    def __eq__(self, other: object) -> Any:
        return self._compared(other, "==")

    def __ne__(self, other: object) -> Any:
        return self._compared(other, "!=")

    def __bool__(self) -> bool:
        return bool(self != 0)

    # -- the value itself ------------------------------------------------------------------------
    def __float__(self) -> float:
        return float(self.settled())

    def __complex__(self) -> complex:
        return complex(self.settled())

    def __hash__(self) -> int:
        return hash(self.settled())

    def __repr__(self) -> str:
        return repr(self.settled())

    def __format__(self, spec: str) -> str:
        return format(self.settled(), spec)

    def __reduce__(self) -> Any:
        value = self.settled()
        return type(value), (value,)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self  # type: ignore[operator]

    def __sym_max__(self, other: Any) -> Any:
        return self if self >= other else other

    def __sym_min__(self, other: Any) -> Any:
        return self if self <= other else other


def settling(names: str) -> Callable[[type], type]:
    """Give a class methods and properties of plain numbers that settle it: "__and__ real"."""

    def decorate(cls: type) -> type:
        for name in names.split():
            setattr(cls, name, _property(name) if name in _FACTS else _method(name))
        return cls

    return decorate


_FACTS = frozenset(("real", "imag", "numerator", "denominator"))


def _method(name: str) -> Callable[..., Any]:
    def run(self: Followed, *others: Any) -> Any:
        return getattr(self.settled(), name)(*map(settle, others))

    return run


def _property(name: str) -> Any:
    return property(lambda self: getattr(self.settled(), name))


# -- numbers of any kind ---------------------------------------------------------------------------
def plain(value: Any) -> Any:
    """A number without its history, and nothing asked; containers with what is in them."""
    if issubclass(type(value), Followed):  # such a number's `__class__` is that of a plain one
        return value.value
    if isinstance(value, slice):
        return slice(plain(value.start), plain(value.stop), plain(value.step))
    if isinstance(value, list | tuple):
        items = [plain(v) for v in value]
        if all(map(operator.is_, items, value)):
            return value
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict):
        items = [plain(v) for v in value.values()]
        if all(map(operator.is_, items, value.values())):
            return value
        return dict(zip(value, items, strict=True))
    return value


def settle(value: Any) -> Any:
    """The plain number; from now on the formula holds only where it is the same."""
    return value.settled() if issubclass(type(value), Followed) else value


def fraction_of(value: Any) -> tuple[Any, Any] | tuple[()] | None:
    """Top and bottom of a number, in letters; () is a float without them, None no number."""
    if issubclass(type(value), Followed):
        return value.fraction
    if isinstance(value, int):
        return int(value), 1
    if isinstance(value, float):
        return value.as_integer_ratio() if math.isfinite(value) else ()
    return None


def is_exact(value: Any) -> bool:
    """Whether products with a number are not rounded: an int, or a float of few binary digits."""
    if issubclass(type(value), Followed):
        return value.exact
    return isinstance(value, int) or value.as_integer_ratio()[1] <= _FINEST
