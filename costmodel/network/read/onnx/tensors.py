"""Tensors: which of a graph's tensors each node reads and writes, as the steps of a network."""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.metrics.lifetimes import Step, Written
from costmodel.network.read.onnx.loading import onnx_module
from costmodel.network.read.onnx.operators import FLOATS, VIEWS
from costmodel.network.read.onnx.shapes import Shapes


class Tensors:
    """Follows the tensors that depend on a graph's inputs; constants are there before.

    A result that nothing reads is left out: all results but the first are optional in ONNX.

    Args:
        shapes: shapes and types of the tensors.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._steps: list[Step] = []
        self._numbers: dict[str, int] = {}
        self._count = 0
        self._known = True
        graph = shapes.model.graph
        self._read = {value.name for value in graph.output}
        self._read.update(name for node in graph.node for name in node.input if name)

    @property
    def steps(self) -> tuple[Step, ...] | None:
        """The steps so far, None where a size or what a graph inside reads is not known."""
        return tuple(self._steps) if self._known else None

    def step(self, reads: Any, writes: Any, ops: range = range(0)) -> None:
        """Read some tensors by name and write others."""
        read = tuple(dict.fromkeys(self._numbers[n] for n in reads if n in self._numbers))
        self._steps.append(Step(read, tuple(map(self._written, writes)), tuple(ops)))

    def node(self, node: Any, ops: range) -> None:
        """One node, which is these operations."""
        if any(a.g.node or a.graphs for a in node.attribute):
            self._known = False
        if node.op_type in VIEWS and not node.domain and node.input[0] in self._numbers:
            self._numbers[node.output[0]] = self._numbers[node.input[0]]
            self.step(node.input, (), ops)
        else:
            self.step(node.input, [name for name in node.output if name in self._read], ops)

    def _written(self, name: str) -> Written:
        self._numbers[name] = self._count
        self._count += 1
        shape = self.shapes.get(name)
        self._known = self._known and shape is not None
        return Written(prod(shape or ()), self._bits(name))

    def _bits(self, name: str) -> int | None:
        """The word of a tensor that holds no floating-point numbers."""
        kind = self.shapes.types.get(name)
        if kind is None or kind.tensor_type.elem_type in FLOATS:
            return None
        dtype = onnx_module().helper.tensor_dtype_to_np_dtype(kind.tensor_type.elem_type)
        return 8 * int(dtype.itemsize)
