"""Shapes of every tensor of a graph, and the values of small integer tensors that shapes depend on.

ONNX's own rules infer node by node, with the values of small constants known. Its pass over a whole
graph knows no more and has no bounds: shapes that are joined with themselves 30 times, or a tensor
of a million axes, take all memory.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from copy import copy
from math import prod
from typing import Any

from costmodel.errors import InputError
from costmodel.network.read.onnx.folding import FOLDED, evaluated, most_elements
from costmodel.network.read.onnx.loading import (
    KEPT_ELEMENTS,
    MAX_ELEMENTS,
    fail,
    known_types,
    onnx_module,
    short,
)
from costmodel.typed import write_sizes

Shape = tuple[int, ...]

#: Axes of one tensor.
MAX_RANK = 64
#: Bytes of the constants whose values are kept, all together.
MAX_KEPT_BYTES = 1 << 28


class Shapes:
    """Shapes and small values by tensor name, for one graph.

    Args:
        model: a checked model whose inputs have fixed sizes.
        name: the file, for messages.
    """

    def __init__(self, model: Any, name: str) -> None:
        self.onnx = onnx_module()
        self.name = name
        self.model = model
        self.shapes: MutableMapping[str, Shape] = {}
        self.values: MutableMapping[str, Any] = {}
        self.types: MutableMapping[str, Any] = {}
        self._kept = 0
        self._versions = {o.domain or "ai.onnx": o.version for o in model.opset_import}
        graph = self.model.graph
        for value in (*graph.input, *graph.value_info, *graph.output):
            self._take(value.name, value.type)
        for tensor in graph.initializer:
            self.constant(tensor.name, tensor)

    def get(self, name: str) -> Shape | None:
        """The shape of a tensor, None where it cannot be known."""
        return self.shapes.get(name)

    def constant(self, name: str, tensor: Any) -> None:
        """Take in a constant: its shape, and its value where it is small."""
        self.shapes[name] = tuple(tensor.dims)
        kind = self.onnx.helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))
        self.types[name] = kind
        count = prod(tensor.dims)
        has_data = any(
            len(getattr(tensor, f))
            for f in ("raw_data", "float_data", "int32_data", "int64_data", "double_data")
        )
        if count <= KEPT_ELEMENTS and not tensor.external_data and (has_data or not count):
            try:
                self._keep(name, self.onnx.numpy_helper.to_array(tensor))
            except InputError:
                raise
            except Exception as error:  # a length that does not fit the sides, an unknown type
                fail(self.name, f"has a broken constant {name!r} ({short(error)})")

    def visit(self, node: Any) -> None:
        """Fill in what a node gives, as far as it is not known yet."""
        inputs = [i for i in node.input if i]
        if not all(o in self.shapes for o in node.output if o):
            if node.op_type == "If" and not node.domain:
                self._infer_branches(node)
            else:
                self._infer_node(node, inputs)
                self._infer_recurrent(node)
        if node.op_type not in FOLDED or node.domain or len(node.output) != 1:
            return
        if node.op_type == "Shape" and inputs and inputs[0] in self.shapes:
            self._evaluate(node, {inputs[0]: self._placeholder(inputs[0])})
        elif all(i in self.values for i in inputs):
            values = {i: self.values[i] for i in inputs}
            if most_elements(node, [values[i] for i in inputs]) <= KEPT_ELEMENTS:
                self._evaluate(node, values)

    # -- parts -----------------------------------------------------------------------------------
    def _keep(self, name: str, value: Any) -> None:
        """Keep the value of a small constant, as long as all of them together are few bytes."""
        self._kept += value.nbytes
        if self._kept > MAX_KEPT_BYTES:
            fail(
                self.name,
                f"has small constants of more than {MAX_KEPT_BYTES} bytes in all; allowed are "
                f"{MAX_KEPT_BYTES}",
            )
        self.values[name] = value

    def _infer_branches(self, node: Any) -> None:
        """What both branches give, where it is the same; a branch sees what stands before it."""
        ends: list[list[Any]] = []
        for attribute in node.attribute:
            if not attribute.HasField("g"):
                continue
            inner = copy(self)
            inner.shapes = ChainMap({}, self.shapes)
            inner.values = ChainMap({}, self.values)
            inner.types = ChainMap({}, self.types)
            for tensor in attribute.g.initializer:
                inner.constant(tensor.name, tensor)
            for one in attribute.g.node:
                inner.visit(one)
            self._kept = inner._kept
            ends.append([inner.types.get(o.name) for o in attribute.g.output])
        for name, *kinds in zip(node.output, *ends, strict=False):
            if kinds and all(kind is not None and kind == kinds[0] for kind in kinds):
                self._take(name, kinds[0])

    def _take(self, name: str, kind: Any) -> None:
        if not kind.HasField("tensor_type"):
            return
        tensor = kind.tensor_type
        if tensor.elem_type not in known_types():
            return
        if tensor.elem_type:
            self.types.setdefault(name, kind)
        if not tensor.HasField("shape"):
            return
        dims = tensor.shape.dim
        if len(dims) > MAX_RANK:
            fail(
                self.name,
                f"gives tensor {name!r} {len(dims)} axes; allowed are {MAX_RANK}",
            )
        if all(d.HasField("dim_value") for d in dims):
            sides = tuple(d.dim_value for d in dims)
            elements = prod(max(side, 1) for side in sides)
            if min(sides, default=0) < 0 or elements > MAX_ELEMENTS:
                fail(
                    self.name,
                    f"gives tensor {name!r} a shape of {sides}; allowed are sides from 0 up, with "
                    f"at most {MAX_ELEMENTS} elements",
                )
            self.shapes[name] = sides
            self.types[name] = kind

    def _infer_recurrent(self, node: Any) -> None:
        """Outputs of a recurrent layer whose weights misfit, from its input and initial states."""
        if node.op_type not in ("LSTM", "GRU", "RNN") or len(node.input) < 6:
            return
        x, state = self.get(node.input[0]), self.get(node.input[5])
        if x is None or state is None or not len(x) == len(state) == 3:
            return
        cell = self.get(node.input[6]) if len(node.input) > 6 else None
        sides = ((x[0], state[0], x[1], state[2]), state, cell)
        kind = self.types[node.input[0]].tensor_type.elem_type
        for name, shape in zip(node.output, sides, strict=False):
            if name and shape is not None and name not in self.shapes:
                self._take(name, self.onnx.helper.make_tensor_type_proto(kind, list(shape)))

    def _infer_node(self, node: Any, inputs: Sequence[str]) -> None:
        version = self._versions.get(node.domain or "ai.onnx")
        if version is None or any(i not in self.types for i in inputs):
            return
        try:
            schema = self.onnx.defs.get_schema(node.op_type, version, node.domain)
            data = {
                i: self.onnx.numpy_helper.from_array(self.values[i], i)
                for i in inputs
                if i in self.values
            }
            kinds = self.onnx.shape_inference.infer_node_outputs(
                schema,
                node,
                {i: self.types[i] for i in inputs},
                data,
                opset_imports=list(self.model.opset_import),
                ir_version=self.model.ir_version,
            )
        except Exception:  # an operator that ONNX cannot infer stays without a shape
            return
        for name, kind in kinds.items():
            self._take(name, kind)

    def _placeholder(self, name: str) -> Any:
        """A value of a tensor's shape that takes no memory, for operators that only look at it."""
        import numpy as np

        return np.broadcast_to(np.int8(0), self.shapes[name])  # of bytes, or it is too large

    def _evaluate(self, node: Any, values: Mapping[str, Any]) -> None:
        (output,) = node.output
        result = evaluated(self.model, node, values, output)
        if result is not None and result.size <= KEPT_ELEMENTS:
            self._keep(output, result)
            self.shapes[output] = result.shape
            kind = self.onnx.helper.np_dtype_to_tensor_dtype(result.dtype)
            self.types[output] = self.onnx.helper.make_tensor_type_proto(kind, result.shape)


def set_inputs(
    model: Any,
    name: str,
    input_shape: Sequence[Sequence[int]] | None,
    dims: Mapping[str, int],
) -> tuple[tuple[Shape, ...], tuple[str, ...], dict[str, int]]:
    """Give every input of a graph fixed sizes, in place.

    Args:
        model: the model.
        name: the file, for messages.
        input_shape: shapes of the inputs in order, or None for those that the file states.
        dims: sizes of named dimensions.

    Returns:
        The shapes, the sentences that have to be said, and the named dimensions with their sizes.

    Raises:
        InputError: a dimension without a size, or one that the file states otherwise.
    """
    inputs = _inputs(model)
    if input_shape is not None and len(input_shape) != len(inputs):
        names = ", ".join(i.name for i in inputs)
        raise InputError(
            f"{len(input_shape)} input shapes are given, but {name!r} has {len(inputs)} inputs: "
            f"{names}"
        )
    used: dict[str, int] = {}
    notes: list[str] = []
    shapes: list[Shape] = []
    open_names = {
        d.dim_param
        for i in inputs
        for d in i.type.tensor_type.shape.dim
        if d.WhichOneof("value") == "dim_param" and d.dim_param
    }
    for key, value in dims.items():
        if key not in open_names:
            allowed = ", ".join(sorted(open_names)) or "none, all its sizes are fixed"
            raise InputError(f"{name!r} has no dimension {key!r}; allowed are {allowed}")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(f"dimension {key} is {value!r}; allowed are integers from 1 up")
    for place, value in enumerate(inputs):
        given = tuple(input_shape[place]) if input_shape is not None else None
        stated = value.type.tensor_type.shape.dim
        if not value.type.HasField("tensor_type"):
            raise InputError(f"input {value.name!r} of {name!r} is no tensor; allowed are tensors")
        if given is not None and not value.type.tensor_type.HasField("shape"):
            for _ in given:
                stated.add()
        if given is not None and len(given) != len(stated):
            raise InputError(
                f"input {value.name!r} of {name!r} has {len(stated)} axes, but the given shape "
                f"{write_sizes(given)} has {len(given)}"
            )
        sides: list[int] = []
        for axis, dim in enumerate(stated):
            side = _side(dim, given[axis] if given else None, dims, used)
            if side is None and axis == 0:
                side = 1
                label = f"{dim.dim_param!r} " if dim.dim_param else ""
                notes.append(f"The open first dimension {label}of input {value.name!r} is 1.")
            if side is None:
                label = dim.dim_param
                raise InputError(
                    f"input {value.name!r} of {name!r} leaves dimension {label} open; allowed is "
                    f"its size: dims={{{label!r}: 8}}, --at {label}=8, or an input shape"
                )
            if dim.HasField("dim_value") and dim.dim_value not in (side, 0):
                raise InputError(
                    f"input {value.name!r} of {name!r} has size {dim.dim_value} on axis {axis}, "
                    f"but {side} is given"
                )
            if dim.dim_param and used.setdefault(dim.dim_param, side) != side:
                raise InputError(
                    f"dimension {dim.dim_param!r} of {name!r} is given as both "
                    f"{used[dim.dim_param]} and {side}"
                )
            dim.dim_value = side
            sides.append(side)
        shapes.append(tuple(sides))
    # Stated sizes of inner tensors may speak of the open dimensions; they are inferred anew.
    if used or input_shape is not None or notes:
        del model.graph.value_info[:]
        for output in model.graph.output:
            if output.type.HasField("tensor_type"):
                output.type.tensor_type.ClearField("shape")
    return tuple(shapes), tuple(notes), used


def open_sizes(model: Any) -> dict[str, int | None]:
    """The dimensions that a model leaves open, by name: what each is unless it is given.

    An open first dimension is 1; None is one that has to be given.
    """
    found: dict[str, int | None] = {}
    for value in _inputs(model):
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param:
                found.setdefault(dim.dim_param, None if axis else 1)
    return found


def _inputs(model: Any) -> list[Any]:
    """What a model is called with; an open dimension without a name gets one: x[2]."""
    held = {tensor.name for tensor in model.graph.initializer}
    made = {output for node in model.graph.node for output in node.output}
    inputs = [i for i in model.graph.input if i.name not in held and i.name not in made]
    for value in inputs:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if not dim.dim_param and not dim.dim_value > 0:
                dim.dim_param = f"{value.name}[{axis}]"
    return inputs


def _side(
    dim: Any, given: int | None, dims: Mapping[str, int], used: Mapping[str, int]
) -> int | None:
    if given is not None:
        return int(given)
    if dim.WhichOneof("value") == "dim_value" and dim.dim_value > 0:
        return int(dim.dim_value)
    return dims.get(dim.dim_param, used.get(dim.dim_param)) if dim.dim_param else None
