"""One protocol for every kind of number that a cost can be counted in.

The cost rules are written once with `+`, `*`, comparisons and the functions below; whatever kind of
number goes in comes out. Only this file tells the kinds apart:

    exact       Python ints and `fractions.Fraction`
    array       NumPy's, cell by cell (sweeps)
    symbolic    not known yet: SymPy expressions, and what derives from `Symbolic` (`Polynomial`)

What is not known yet cannot always be compared; `holds`, `equal` and `differ` say what is known.
Nothing heavy is imported: a symbolic value brings its own SymPy along.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterable
from typing import Any

from costmodel.core import questions
from costmodel.core.questions import Divides, Unknown, Zero
from costmodel.errors import CostModelError

_REMEMBERED = 4096  # maxima and minima of symbols

#: An exact int, a `fractions.Fraction`, a NumPy array, a SymPy expression or a polynomial.
Number = Any


class Symbolic:
    """A number of this package's own that is not known yet, with operators like any other."""

    __slots__ = ()

    @property
    def integer(self) -> bool:
        """Whether it is an integer wherever its symbols are what they are declared to be."""
        raise NotImplementedError

    @property
    def extent(self) -> Any:
        """How large it is: a `limits.Extent`."""
        raise NotImplementedError

    @staticmethod
    def unevaluated(
        name: str,
        rule: Callable[..., Number],
        values: Iterable[Number],
        closed: Callable[..., Number | None] | None = None,
    ) -> Number:
        """A function of such numbers as a number of the same kind; see `unevaluated`."""
        raise NotImplementedError


# -- kinds -----------------------------------------------------------------------------------------
def is_symbolic(value: Number) -> bool:
    """Whether a value is not known yet: a SymPy expression or a polynomial."""
    return isinstance(value, Symbolic) or _is_sympy(value)


def is_array(value: Number) -> bool:
    """Whether a value is a NumPy array, of any size."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def is_exact(value: Number) -> bool:
    """Whether a value is one known number: neither symbolic nor an array."""
    return isinstance(value, int) or not (is_symbolic(value) or is_array(value))


def _is_sympy(value: Number) -> bool:
    return hasattr(value, "free_symbols") and not isinstance(value, Symbolic)


def plain(value: Number) -> Number:
    """A number that SymPy has, or a whole fraction, as the int or fraction that it is."""
    if isinstance(value, int):
        return value
    if getattr(value, "is_Rational", False):
        return share(int(value.p), int(value.q))
    return value.numerator if getattr(value, "denominator", 0) == 1 else value


def as_integer(value: Number, what: str, low: int, error: type[CostModelError]) -> Number:
    """A validated size: a Python int of at least `low`, an array of them, or a symbol as it is.

    An array of any integer type comes back as one of Python ints: products of sizes soon leave the
    range of a machine's word, and arrays would wrap round without a word. `error` is raised with
    one sentence for anything else (floats and booleans included).
    """
    if isinstance(value, bool):
        raise error(f"{what} is {value!r}; allowed are integers from {low} up")
    if is_array(value) and getattr(value, "ndim", 0) > 0:
        widened = _python_ints(value)
        if widened is None or (widened < low).any():
            raise error(f"{what} holds values that are not integers from {low} up")
        return widened
    try:
        number = operator.index(value)
    except TypeError:
        if is_symbolic(value) and not getattr(value, "is_number", False):
            return value
        raise error(f"{what} is {value!r}; allowed are integers from {low} up") from None
    if number < low:
        raise error(f"{what} is {number}; allowed are integers from {low} up")
    return number


def _python_ints(array: Number) -> Number | None:
    """An array of integers as one of Python ints; None for one of anything else."""
    if array.dtype.kind != "O":
        return array.astype(object) if array.dtype.kind in "iu" else None
    if any(isinstance(cell, bool) or not hasattr(cell, "__index__") for cell in array.flat):
        return None
    import numpy

    return numpy.frompyfunc(operator.index, 1, 1)(array)


# -- comparisons -----------------------------------------------------------------------------------
def holds(condition: Any) -> bool:
    """Whether a comparison is known to hold: in any cell of an array."""
    if isinstance(condition, Unknown):
        questions.granted(condition.opposite.sign)
        return False
    if _is_sympy(condition):
        return condition == True  # noqa: E712  (SymPy's true is not Python's)
    return bool(condition.any() if is_array(condition) else condition)


def equal(a: Number, b: Number) -> bool:
    """Whether two values are one and the same known number."""
    if is_exact(a) and is_exact(b):
        return bool(a == b)
    return _asked(a, b) and questions.same(a - b)


def differ(a: Number, b: Number) -> bool:
    """Whether two numbers are known to differ; symbols are taken to fit."""
    if _asked(a, b):
        questions.granted(Zero(a - b))
    return not is_symbolic(a) and not is_symbolic(b) and holds(a != b)


def _asked(a: Number, b: Number) -> bool:
    """Whether somebody wants to know what is asked of two numbers that are not known yet."""
    return questions.heard() and (isinstance(a, Symbolic) or isinstance(b, Symbolic))


def is_whole(value: Number) -> bool:
    """Whether a number may be an integer: is one, in every cell, as far as it is known."""
    if isinstance(value, Symbolic):
        if not value.integer:
            questions.granted(Divides(1, value))
        return True
    return isinstance(value, int) or _is_sympy(value) or not differ(value, value // 1)


def same(a: Number, b: Number) -> Number:
    """1 where two integers are the same and 0 where they are not, cell by cell for arrays."""
    if is_exact(a) and is_exact(b):
        return int(a == b)
    if is_symbolic(a) or is_symbolic(b):
        return 1 if a == b else 1 - smallest(1, largest(a, b) - smallest(a, b))
    return (a == b) * 1


# -- products and quotients ------------------------------------------------------------------------
def product(values: Iterable[Number]) -> Number:
    """The product, 1 for none."""
    result: Number = 1
    for value in values:
        result = result * value
    return result


def exact_div(a: Number, b: Number) -> Number:
    """`a / b` where it comes out even; an error, not a rounded number, where it does not."""
    _check_divisor(a, b)
    if isinstance(a, int) and isinstance(b, int):
        quotient, rest = divmod(a, b)
        if rest:
            raise CostModelError(f"{a} is not divisible by {b}")
        return quotient
    if is_symbolic(a) or is_symbolic(b):
        quotient = a / b
        if _asked(a, b):
            questions.granted(Divides(b, a))
        return quotient
    if is_array(a) or is_array(b):
        if holds(a % b != 0):
            raise CostModelError(f"not every one of {a} is divisible by {b}")
        return a // b
    from fractions import Fraction

    return Fraction(a) / b


def share(above: Number, below: Number) -> Number:
    """`above / below`: an int where it comes out even, else a `Fraction`; arrays cell by cell."""
    if is_symbolic(above) or is_symbolic(below):
        return above / below
    if is_array(above) or is_array(below):
        import numpy

        each: Any = numpy.frompyfunc(share, 2, 1)
        return each(above, below)
    whole, rest = divmod(above, below)
    if not rest:
        return whole
    from fractions import Fraction  # most comparisons never need one

    return Fraction(above, below)


def floor_div(a: Number, b: Number) -> Number:
    """The largest integer that is at most `a / b`."""
    _check_divisor(a, b)
    return a // b


def ceil_div(a: Number, b: Number) -> Number:
    """The smallest integer that is at least `a / b`."""
    _check_divisor(a, b)
    if _is_sympy(a) or _is_sympy(b):
        from sympy import ceiling  # already loaded by whoever made the symbol

        return ceiling(a / b)
    if _is_integer(a) and _is_integer(b) and not holds(b < 0):
        return (a + b - 1) // b  # a sum and one floor, which polynomials keep short
    return -(-a // b)


def _is_integer(value: Number) -> bool:
    return isinstance(value, int) or (isinstance(value, Symbolic) and value.integer)


def _check_divisor(a: Number, b: Number) -> None:
    if equal(b, 0) or (is_array(b) and not b.all()):
        raise CostModelError(f"{a} is divided by 0")


# -- functions of several values -------------------------------------------------------------------
def smallest(*values: Number) -> Number:
    """The smallest of the values, cell by cell for arrays."""
    if any(isinstance(value, Symbolic) for value in values):
        kept = _beaten_left_out(values, operator.le)
        return kept[0] if len(kept) == 1 else unevaluated("min", smallest, *kept)
    return _reduced(values, min, "minimum", "Min")


def largest(*values: Number) -> Number:
    """The largest of the values, cell by cell for arrays."""
    if any(isinstance(value, Symbolic) for value in values):
        kept = _beaten_left_out(values, operator.ge)
        return kept[0] if len(kept) == 1 else unevaluated("max", largest, *kept)
    return _reduced(values, max, "maximum", "Max")


def common_divisor(*values: Number) -> Number:
    """The greatest common divisor: the parts into which every one of the values can be split.

    Of symbols it is an unevaluated `gcd(…)`, which becomes a number once they do.
    """
    if any(map(is_symbolic, values)):
        # SymPy's own gcd is that of polynomials: 1 for gcd(m, 8), whatever m is
        return unevaluated("gcd", common_divisor, *values, positive=True)
    return _reduced(values, lambda known: math.gcd(*known), "gcd", "")


def _beaten_left_out(
    values: Iterable[Number], beats: Callable[[Number, Number], Any]
) -> list[Number]:
    """The values of which none is known to be no better than another, in an order of their own."""
    kept: list[Number] = []
    for value in sorted(values, key=lambda value: (is_exact(value), str(value))):
        if not any(_known(beats(other, value)) for other in kept):
            kept = [other for other in kept if not _known(beats(value, other))] + [value]
    return kept


def _known(condition: Any) -> bool:
    """Whether a comparison is known to hold; nothing is taken for granted where it is not."""
    return not isinstance(condition, Unknown) and holds(condition)


def _reduced(values: tuple[Number, ...], exact: Any, array: str, symbolic: str) -> Number:
    if all(map(is_exact, values)):
        return exact(values)
    if any(map(is_symbolic, values)):
        return _reduced_symbols(symbolic, *values)
    import numpy

    return functools.reduce(getattr(numpy, array), values)


@functools.lru_cache(maxsize=_REMEMBERED, typed=True)
def _reduced_symbols(symbolic: str, *values: Number) -> Number:
    """Remembered: SymPy factorises the difference of every two, and each metric asks the same."""
    import sympy  # already loaded by whoever made the symbol

    return getattr(sympy, symbolic)(*values)


def cell_by_cell(rule: Callable[..., int], *values: Number) -> Number:
    """A rule of Python ints on every cell of integer arrays; other values stand in all cells."""
    import numpy

    return numpy.frompyfunc(lambda *cell: rule(*map(int, cell)), len(values), 1)(*values)


def unevaluated(
    name: str,
    rule: Callable[..., Number],
    *values: Number,
    closed: Callable[..., Number | None] | None = None,
    positive: bool = False,
) -> Number:
    """`rule(*values)` as it stands, which becomes an integer once all the values are integers.

    Args:
        name: under which it is printed.
        rule: its value, for whatever kind of numbers is put in later.
        closed: its closed form of symbols, None where it has none: what SymPy's `doit` gives.
        positive: whether it is at least 1; at least 0 otherwise.
    """
    for value in values:
        if isinstance(value, Symbolic):
            return value.unevaluated(name, rule, values, closed)
    return _sympy_function(name, rule, closed, positive)(*values)


@functools.cache
def _sympy_function(name: str, rule: Any, closed: Any, positive: bool) -> Any:
    import sympy

    def of_integers(cls: Any, *values: Any) -> Any:
        known = [plain(value) for value in values]
        return sympy.Integer(rule(*known)) if all(isinstance(v, int) for v in known) else None

    def doit(self: Any, **hints: Any) -> Any:
        form = closed(*map(plain, self.args)) if closed else None
        return self if form is None else form

    facts = {"is_integer": True, "is_positive" if positive else "is_nonnegative": True}
    parts = {"eval": classmethod(of_integers), "doit": doit, "rule": staticmethod(rule)}
    return type(name, (sympy.Function,), {**facts, **parts})
