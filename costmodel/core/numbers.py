"""Arithmetic that is the same for Python ints, fractions, NumPy arrays and SymPy expressions.

The cost rules are written once with `+`, `*` and the few functions below; whatever number type goes
in comes out. Nothing heavy is imported: a symbolic value brings its own SymPy along.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable
from typing import Any

from costmodel.errors import CostModelError

#: An exact int, a `fractions.Fraction`, a NumPy array or a SymPy expression.
Number = Any


def is_symbolic(value: Number) -> bool:
    """Whether a value is a SymPy expression (which numbers and arrays are not)."""
    return hasattr(value, "free_symbols")


def is_array(value: Number) -> bool:
    """Whether a value is a NumPy array, of any size."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def is_exact(value: Number) -> bool:
    """Whether a value is one known number: neither a SymPy expression nor an array."""
    return not is_symbolic(value) and not is_array(value)


def holds(condition: Number) -> bool:
    """Whether a comparison is known to hold: in any cell of an array, and never of symbols."""
    if is_symbolic(condition):
        return condition == True  # noqa: E712  (SymPy's true is not Python's)
    return bool(condition.any() if is_array(condition) else condition)


def differ(a: Number, b: Number) -> bool:
    """Whether two numbers are known to differ; symbols are taken to fit."""
    return not is_symbolic(a) and not is_symbolic(b) and holds(a != b)


def product(values: Iterable[Number]) -> Number:
    """The product, 1 for none."""
    result: Number = 1
    for value in values:
        result = result * value
    return result


def total(values: Iterable[Number]) -> Number:
    """The sum, 0 for none."""
    values = tuple(values)
    if len(values) > 2 and any(hasattr(value, "is_Add") for value in values):
        from sympy import Add  # one sum of many terms is much quicker than as many sums of two

        return Add(*values)
    result: Number = 0
    for value in values:
        result = result + value
    return result


def exact_div(a: Number, b: Number) -> Number:
    """`a / b` where it comes out even; an error, not a rounded number, where it does not."""
    _check_divisor(a, b)
    if isinstance(a, int) and isinstance(b, int):
        quotient, rest = divmod(a, b)
        if rest:
            raise CostModelError(f"{a} is not divisible by {b}")
        return quotient
    if is_array(a) or is_array(b):
        if ((a % b) != 0).any():
            raise CostModelError(f"not every one of {a} is divisible by {b}")
        return a // b
    if isinstance(a, int) and hasattr(b, "denominator") and not is_symbolic(b):
        from fractions import Fraction

        return Fraction(a) / b
    return a / b


def floor_div(a: Number, b: Number) -> Number:
    """The largest integer that is at most `a / b`."""
    _check_divisor(a, b)
    return a // b


def ceil_div(a: Number, b: Number) -> Number:
    """The smallest integer that is at least `a / b`."""
    _check_divisor(a, b)
    if is_symbolic(a) or is_symbolic(b):
        from sympy import ceiling  # already loaded by whoever made the symbol

        return ceiling(a / b)
    return -(-a // b)


def _check_divisor(a: Number, b: Number) -> None:
    if is_exact(b) and b == 0:
        raise CostModelError(f"{a} is divided by 0")


def smallest(*values: Number) -> Number:
    """The smallest of the values, cell by cell for arrays."""
    return _extreme(values, min, "minimum", "Min")


def largest(*values: Number) -> Number:
    """The largest of the values, cell by cell for arrays."""
    return _extreme(values, max, "maximum", "Max")


def _extreme(values: tuple[Number, ...], exact: Any, array: str, symbolic: str) -> Number:
    if all(map(is_exact, values)):
        return exact(values)
    if any(map(is_symbolic, values)):
        import sympy  # already loaded by whoever made the symbol

        return getattr(sympy, symbolic)(*values)
    import numpy

    return functools.reduce(getattr(numpy, array), values)


def common_divisor(*values: Number) -> Number:
    """The greatest common divisor: the parts into which every one of the values can be split.

    Of symbols it is an unevaluated `gcd(…)`, which becomes a number once they do.
    """
    if all(map(is_exact, values)):
        return math.gcd(*values)
    if any(map(is_symbolic, values)):
        return _symbolic_gcd()(*values)
    import numpy

    return functools.reduce(numpy.gcd, values)


@functools.cache
def _symbolic_gcd() -> Any:
    import sympy

    # the class has the name under which it is printed
    class gcd(sympy.Function):
        is_integer = True
        is_positive = True

        @classmethod
        def eval(cls, *values: Any) -> Any:
            # SymPy's own gcd is that of polynomials: 1 for gcd(m, 8), whatever m is
            if all(value.is_Integer for value in values):
                return sympy.igcd(*values)
            return None

    return gcd


def as_integer(value: Number, what: str, low: int, error: type[CostModelError]) -> Number:
    """A validated size: a Python int of at least `low`, an integer array, or a symbol as it is.

    Raises `error` with one sentence for anything else (floats and booleans included).
    """
    if isinstance(value, bool):
        raise error(f"{what} is {value!r}; allowed are integers from {low} up")
    if is_array(value) and getattr(value, "ndim", 0) > 0:
        if value.dtype.kind not in "iuO" or (value < low).any():
            raise error(f"{what} holds values that are not integers from {low} up")
        return value
    try:
        number = operator.index(value)
    except TypeError:
        if is_symbolic(value) and not getattr(value, "is_number", False):
            return value
        raise error(f"{what} is {value!r}; allowed are integers from {low} up") from None
    if number < low:
        raise error(f"{what} is {number}; allowed are integers from {low} up")
    return number
