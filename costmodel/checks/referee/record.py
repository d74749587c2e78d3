"""Record: what one forward calls, as a tree of module, function and operator calls.

Other counters look at a network from different heights: hooks of modules, patched functions, traced
operators, operators below autograd. A record holds all of them, with which contains which, so that
one forward is enough to say what each of them sees. It is plain data: shapes, numbers and names,
no tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from costmodel.network.operation import NetOp

MODULE, FUNCTION, OPERATOR = "module", "function", "operator"


class TensorShape(tuple[int, ...]):
    """A tensor among recorded arguments: its shape, batch first as a rule."""

    @property
    def numel(self) -> int:
        """Number of elements."""
        return prod(self)


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    level: MODULE, FUNCTION or OPERATOR. name: the class ("Conv2d"), the function with where it was
    looked up ("F.conv2d", "torch.matmul", "Tensor.add"), or the operator ("convolution").
    path: the module that runs. parent: index of the call around it, -1 for none.
    args, kwargs: as called, with a `TensorShape` for every tensor. output: the first one returned.
    facts: of a module: `bases` (its classes' names), `kernel`, `groups`, `bias`, `affine`, its
    `parameters` by name, `children`, `owners` (how many paths lead to it). op: of an operator: the
    operation with its exact multiplies.
    """

    index: int
    level: str
    name: str
    path: str
    parent: int
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    output: TensorShape = field(default_factory=lambda: TensorShape())
    facts: Mapping[str, Any] = field(default_factory=dict)
    op: NetOp | None = None

    @property
    def macs(self) -> int:
        """Exact multiply-accumulates of this operator; 0 for modules and functions."""
        return int(self.op.macs) if self.op is not None else 0

    @property
    def inputs(self) -> tuple[TensorShape, ...]:
        """Shapes of the tensors among the positional arguments, lists opened, in order."""
        return tuple(shapes(self.args))

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """An argument by position or name."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)


def shapes(value: Any) -> Iterator[TensorShape]:
    """Every tensor's shape in nested arguments."""
    if isinstance(value, TensorShape):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from shapes(item)


@dataclass(frozen=True)
class Record:
    """All calls of one forward in the order in which they began.

    batch: the first axis of the first input. parameters: elements of all parameters.
    """

    name: str
    calls: tuple[Call, ...]
    batch: int = 1
    notes: tuple[str, ...] = ()

    @property
    def macs(self) -> int:
        """The exact count: the sum over all operators."""
        return sum(call.macs for call in self.calls)

    def renamed(self, names: Mapping[str, str]) -> Record:
        """The record with other names for the calls and operations of some module paths."""
        return replace(self, calls=tuple(_renamed(call, names) for call in self.calls))

    def ancestors(self, call: Call) -> Iterator[Call]:
        """The calls around a call, from the inside out."""
        while call.parent >= 0:
            call = self.calls[call.parent]
            yield call


def _renamed(call: Call, names: Mapping[str, str]) -> Call:
    name = names.get(call.path)
    if name is None:
        return call
    op = call.op and call.op.replace(name=name)
    return replace(call, path=name, op=op)
