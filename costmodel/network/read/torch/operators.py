"""One table of PyTorch's operators and functions: a row each, filled where its rules stand.

Names are those of `torch.ops.aten`, and of the Python functions and methods above them; the
trailing underscore of an in-place form is dropped before they are looked up. What no file of
`rules/` speaks of is "not modelled" and stays visible as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from costmodel.errors import CostModelError
from costmodel.registry import Registry

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operator:
    """What is known of one operator.

    kind: a key of `KINDS`: the column that its work stands in.
    values: its result depends on the numbers in a tensor, not only on shapes.
    product: records a product; gives the result as a meta tensor, or `NotImplemented` where
        PyTorch has to decide.
    result: gives the result of its arguments without PyTorch's kernel, or `NotImplemented`.
    shape: gives the shape of the result in `Size`s; see `rules/shapes.py`.
    """

    kind: str = "other"
    values: bool = False
    product: Callable[..., Any] | None = None
    result: Callable[..., Any] | None = None
    shape: Callable[..., Any] | None = None


_UNKNOWN = Operator()


class Operators(Registry[Operator]):
    """The rows by name."""

    def row(self, name: str) -> Operator:
        """The row of an operator; an empty one where nothing is known of it."""
        return self._read().get(name, _UNKNOWN)

    def declare(self, names: Iterable[str], **facts: Any) -> None:
        """Fill fields of the rows of some operators; each field can be filled once."""
        entries = dict(self._entries)
        for name in names:
            row = entries.get(name, _UNKNOWN)
            if any(getattr(row, field) != getattr(_UNKNOWN, field) for field in facts):
                raise CostModelError(f"{', '.join(facts)} of {name} declared twice")
            entries[name] = replace(row, **facts)
        self._entries = entries


#: Every operator that something is known of.
OPERATORS = Operators("operator", package="costmodel.network.read.torch.rules")


def product_rule(*names: str) -> Callable[[Function], Function]:
    """Register a rule that records a product: (recorder, arguments, keywords) → the result."""
    return _rule("product", names)


def result_rule(*names: str) -> Callable[[Function], Function]:
    """Register a function of an operator's own arguments that gives its result."""
    return _rule("result", names)


def shape_rule(*names: str) -> Callable[[Function], Function]:
    """Register a shape rule: (shape of a tensor, arguments, keywords, output) → shapes."""
    return _rule("shape", names)


def _rule(field: str, names: Iterable[str]) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        OPERATORS.declare(names, **{field: function})
        return function

    return register


def base_name(operator: str) -> str:
    """An operator's name without the mark of its in-place form: "relu_" → "relu"."""
    if operator.endswith("_") and not operator.endswith("__"):
        return operator[:-1]
    return operator
