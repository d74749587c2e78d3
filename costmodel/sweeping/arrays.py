"""Cells of a box as NumPy arrays: in machine words where they hold all, else in Python ints."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import floor_div
from costmodel.core.polynomial_terms import Sum
from costmodel.sweeping.bounds import DIVIDED, DIVISOR, EQUAL, GREATEST, LEAST
from costmodel.sweeping.lowering import Lowering
from costmodel.sweeping.traced import Guard

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]


@dataclass(frozen=True)
class Kernel:
    """Guards and values of a program as one function of arrays.

    function: of the sizes by name; gives the guards' and the values' arrays, which are as small as
    the axes that they depend on. text: its source.
    """

    function: Callable[..., tuple[Sequence[Any], Sequence[Any]]]
    text: str


def kernel(levels: Mapping[str, int], guards: Sequence[Guard], values: Sequence[Sum]) -> Kernel:
    """Print and compile the function that computes guards and values.

    levels: of every size; axes further inside are those that arrays repeat fastest.
    """
    lowering = Lowering(levels)
    conditions = [lowering.guard(guard)[1] for guard in guards]
    names = [lowering.value(value) for value in values]
    lines = [f"    {name} = {text}" for _, name, text in lowering.lines]
    text = "\n".join(
        [
            f"def cells({', '.join(levels)}):",
            *lines,
            f"    return [{', '.join(conditions)}], [{', '.join(names)}]",
            "",
        ]
    )
    rules = {name: _whole(rule) for name, rule in lowering.rules.items()}
    space: dict[str, Any] = {"__builtins__": {}, **_functions(), **rules}
    exec(compile(text, "<cells>", "exec"), space)
    return Kernel(space["cells"], text)


@functools.cache
def _functions() -> dict[str, Any]:
    """What the named calls are on arrays."""
    import numpy

    def equal(a: Any, b: Any) -> Any:
        return (a == b) * 1

    def divided(a: Any, b: Any) -> Any:
        if "O" in (numpy.asarray(a).dtype.kind, numpy.asarray(b).dtype.kind):
            return exact(a, b)
        return numpy.floor_divide(a, b)  # by zero it is 0: a guard forbids the point

    exact = numpy.frompyfunc(lambda a, b: floor_div(a, b) if b else 0, 2, 1)
    return {
        DIVIDED: divided,
        LEAST: numpy.minimum,
        GREATEST: numpy.maximum,
        DIVISOR: numpy.gcd,
        EQUAL: equal,
    }


def _whole(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of Python numbers on arrays of machine words, 0 where it cannot be done."""
    import numpy

    def at(*cell: Any) -> Any:
        try:
            return rule(*(int(value) if hasattr(value, "__index__") else value for value in cell))
        except (ArithmeticError, ValueError):
            return 0  # at a point that a guard leaves out

    nin: int = getattr(rule, "nin")  # noqa: B009  (a ufunc, of which Python's types know little)
    return numpy.frompyfunc(at, nin, 1)
