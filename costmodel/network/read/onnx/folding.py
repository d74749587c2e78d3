"""Folding: the values of small constants that a graph computes, which shapes depend on.

How large a result becomes is worked out from the values that go in, never from what a file says of
it: a few bytes can ask for a range of a billion numbers and call it a scalar.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from costmodel.network.read.onnx.loading import KEPT_ELEMENTS, onnx_module

#: Operators whose result is worked out when all their inputs are known: arithmetic on shapes.
_NAMES = """
    Shape Size Gather Concat Unsqueeze Squeeze Slice Add Sub Mul Div Mod Cast Floor Ceil Neg Min
    Max Equal Where Reshape Identity Constant ConstantOfShape ReduceProd ReduceSum Transpose
    Expand Range Not And Or Greater Less Sqrt Flatten Split Abs Clip
"""
FOLDED = frozenset(_NAMES.split())


def most_elements(node: Any, values: list[Any]) -> int:
    """How many elements the result of a node has at most, from the values of its inputs."""
    rule = _SIZES.get(node.op_type)
    try:
        return rule(values) if rule is not None else _broadcast(values)
    except (ArithmeticError, ValueError, IndexError, TypeError):
        return KEPT_ELEMENTS + 1  # not a number of elements at all: nothing to work out


def evaluated(model: Any, node: Any, values: Mapping[str, Any], output: str) -> Any:
    """The value of a node's only result as an array, None where ONNX has no rule for it.

    Call it only where `most_elements` is small.
    """
    import numpy as np
    from onnx.reference import ReferenceEvaluator

    helper = onnx_module().helper
    graph = helper.make_graph(
        [node],
        "one",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
            for n, v in values.items()
        ],
        [helper.make_empty_tensor_value_info(output)],
    )
    try:
        one = helper.make_model(graph, opset_imports=list(model.opset_import))
        (result,) = ReferenceEvaluator(one).run(None, dict(values))
    except Exception:  # the shape is all that was wanted; without it the row says so
        return None
    return np.asarray(result)


def _broadcast(values: list[Any]) -> int:
    """Of operators cell by cell; those that only look at one tensor give no more than it has."""
    rank = max((value.ndim for value in values), default=0)
    shapes = [(1,) * (rank - value.ndim) + value.shape for value in values]
    return prod(max(sides) for sides in zip(*shapes, strict=True))


def _range(values: list[Any]) -> int:
    start, limit, delta = (value.item() for value in values)
    return max(math.ceil((limit - start) / delta), 0)


def _expanded(values: list[Any]) -> int:
    return int(values[0].size) * _product(values[1:])


def _product(values: list[Any]) -> int:
    return prod(max(int(side), 1) for side in values[0].flat)


_SIZES: Mapping[str, Callable[[list[Any]], int]] = {
    "Range": _range,
    "ConstantOfShape": _product,
    "Expand": _expanded,
    "Gather": lambda values: int(values[0].size) * int(values[1].size),
    "Concat": lambda values: sum(int(value.size) for value in values),
    "Reshape": lambda values: int(values[0].size),
    **{
        name: lambda values: int(values[0].size)
        for name in ("Unsqueeze", "Squeeze", "Slice", "ReduceProd", "ReduceSum", "Split")
    },
}
