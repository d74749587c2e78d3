"""What the numbers of small stored tensors show: how many differ, and whether they are a mask.

Read are only tensors that no convolution or matrix product takes as it is: what is added,
multiplied, normalised by or looked up in. The rest of a file's weights is never looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Tensors with more elements are not looked at.
MOST = 1 << 24
#: Nor are larger ones, or of more axes, looked through for rows that occur again.
MOST_SPREAD = 1 << 20
MOST_AXES = 8
#: So many numbers are looked at first; where more than half of them differ, all count.
FIRST = 1 << 12
#: Where operators have weights or tables that need no look.
_WEIGHTS = {"Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1, "Gather": 0}
#: Operators that hand their first input's numbers on.
SAME_NUMBERS = frozenset(
    ("Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose")
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many different numbers a tensor holds, and whether zero is among them.

    spread: how many it is made of where it repeats itself, as a table of relative positions does
        that was looked up for every pair of positions; else all of them.
    """

    distinct: int
    zero: bool
    spread: int


def numbers_of(onnx: Any, graph: Any, path: str) -> dict[str, Numbers]:
    """The numbers of a graph's stored floating-point tensors, as far as they are there.

    Args:
        onnx: the package.
        graph: the graph, with its data.
        path: the model's file; external data lies in its folder, and may be absent.
    """
    taken = weights_of(graph)
    found = {}
    for name, tensor in _stored(graph):
        if name not in taken:
            numbers = _numbers(onnx, tensor, os.path.dirname(os.path.abspath(path)))
            if numbers is not None:
                found[name] = numbers
    return found


def weights_of(graph: Any) -> set[str]:
    """The names of the tensors that a convolution, a product or a table look-up takes as they are.

    Their numbers need no look.
    """
    taken: set[str] = set()
    for node in reversed(graph.node):
        place = 0 if taken.intersection(node.output) and node.op_type in SAME_NUMBERS else None
        place = _WEIGHTS.get(node.op_type, place)
        if place is not None and len(node.input) > place:
            taken.add(node.input[place])
    return taken


def _stored(graph: Any) -> Iterator[tuple[str, Any]]:
    """The tensors of a graph by name: those beside its nodes, and those in `Constant` nodes."""
    yield from ((tensor.name, tensor) for tensor in graph.initializer)
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            yield from ((node.output[0], a.t) for a in node.attribute if a.name == "value")


def _numbers(onnx: Any, tensor: Any, folder: str) -> Numbers | None:
    import numpy as np

    try:
        kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    except KeyError:  # a type that this release of onnx does not know
        return None
    count = int(np.prod(tensor.dims, dtype=object))
    if not 1 < count <= MOST or np.dtype(kind).kind != "f":
        return None
    for amount in (min(count, FIRST), count):
        try:
            if tensor.external_data:
                values = np.frombuffer(_external(tensor, folder, amount * kind.itemsize), kind)
            else:
                values = onnx.numpy_helper.to_array(tensor).reshape(-1)[:amount]
        except (OSError, ValueError, TypeError):  # absent, cut short, of another length
            return None
        if values.size != amount:
            return None
        different = np.unique(values)
        if amount < count and 2 * different.size > amount:
            return None
    repeats = 2 * different.size <= count <= MOST_SPREAD and len(tensor.dims) <= MOST_AXES
    spread = _spread(values.reshape(tuple(tensor.dims))) if repeats else count
    return Numbers(int(different.size), bool((different == 0).any()), spread)


def _spread(values: Any) -> int:
    """Numbers of the table that a tensor was looked up from, all where it was from none.

    Whole rows or columns that occur again, at some split of the axes, count once; single numbers,
    which also meet by chance, only where nothing longer does.
    """
    import numpy as np

    whole = single = int(values.size)
    for split in range(values.ndim):
        table = values.reshape(int(np.prod(values.shape[:split], dtype=object)), -1)
        for rows in (table, table.T):
            count = int(np.unique(rows, axis=0).size)
            if 2 * count > values.size:
                continue
            if rows.shape[1] > 1:
                whole = min(whole, count)
            else:
                single = min(single, count)
    return whole if whole < values.size else single


def _external(tensor: Any, folder: str, size: int) -> bytes:
    """Bytes of a tensor that is kept beside the model, in a plain file of that folder."""
    facts = {entry.key: entry.value for entry in tensor.external_data}
    place = os.path.realpath(os.path.join(folder, facts.get("location", "")))
    inside = os.path.commonpath((place, os.path.realpath(folder))) == os.path.realpath(folder)
    if not inside or not os.path.isfile(place) or int(facts.get("length", size)) < size:
        return b""
    with open(place, "rb") as file:
        file.seek(int(facts.get("offset", 0)))
        return file.read(size)
