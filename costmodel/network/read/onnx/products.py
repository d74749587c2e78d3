"""Products of ONNX operators: what a rule is given, and what it says.

A rule gets a `NodeView` and returns the node's `Product`s, or None where a shape that it needs is
not known. Sizes that do not fit each other raise `InputError`. The rules stand in `rules/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.errors import InputError
from costmodel.network.operation import MatMul, Parameter
from costmodel.network.read.onnx.shapes import Shape
from costmodel.registry import Registry


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node: its attributes, the names and shapes of its inputs ("" and None for absent ones)."""

    label: str
    attributes: dict[str, Any]
    inputs: tuple[str, ...]
    shapes: tuple[Shape | None, ...]
    constant: tuple[bool, ...]
    out: Shape | None

    def shape(self, place: int) -> Shape | None:
        """Shape of an input, None where it is absent or not known."""
        return self.shapes[place] if place < len(self.shapes) else None

    def has(self, place: int) -> bool:
        """Whether an optional input is given."""
        return place < len(self.inputs) and bool(self.inputs[place])

    def is_constant(self, place: int) -> bool:
        """Whether an input is a weight: a constant, or computed from constants alone."""
        return place < len(self.constant) and self.constant[place]

    def fail(self, what: str) -> InputError:
        """An error about this node."""
        return InputError(f"{self.label} {what}")


@dataclass(frozen=True, slots=True)
class Product:
    """What a node multiplies: a layer, a product or a count, and which inputs hold weights.

    held: parameters that are not in the inputs as they should be.
    """

    kind: str
    layer: ConvLayer | None = None
    matmul: MatMul | None = None
    macs: int | None = None
    weights: tuple[int, ...] = ()
    biases: tuple[int, ...] = ()
    held: tuple[Parameter, ...] = ()
    suffix: str = ""


NodeRule = Callable[[NodeView], "list[Product] | None"]
#: Operator type → its rule.
PRODUCTS = Registry[NodeRule]("ONNX product", package="costmodel.network.read.onnx.rules")


def rule(*names: str) -> Callable[[NodeRule], NodeRule]:
    """Register a rule under operator types."""

    def register(function: NodeRule) -> NodeRule:
        for name in names:
            PRODUCTS.add(name, function)
        return function

    return register
