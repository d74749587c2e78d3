"""Reading an ONNX file that nobody vouches for.

Checked before anything is used: the file's size, that it parses, the number of nodes (after local
functions are written out, which may call each other), nesting, every stated dimension, that
constants hold as many numbers as they say, and that external data stays in the file's folder.
Weights are dropped right after parsing, and external data may be absent: of both only what is
added, multiplied or normalised by is looked at, see `numbers`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from math import prod
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, NoReturn

from costmodel.errors import InputError, MissingDependencyError
from costmodel.files import read_bytes

#: A protobuf message cannot be larger.
MAX_BYTES = (1 << 31) - 1
#: Nodes of all graphs together, local functions written out.
MAX_NODES = 1_000_000
#: Graphs inside graphs, and functions inside functions.
MAX_DEPTH = 32
#: Elements of one tensor: what 64-bit sizes hold.
MAX_ELEMENTS = 1 << 62
#: Constants up to so many elements are kept: they may be shapes.
KEPT_ELEMENTS = 4096

_TYPED = ("float", "int32", "int64", "double", "uint64", "string")
# Types of less than a byte, by the ends of their names.
_PACKED = {"INT4": 4, "FLOAT4E2M1": 4, "INT2": 2}


def onnx_module() -> Any:
    """The `onnx` package; `MissingDependencyError` where it is not installed."""
    try:
        import onnx
        import onnx.shape_inference
    except ImportError as error:
        raise MissingDependencyError("onnx", "reading an .onnx file", "onnx") from error
    return onnx


def load_model(path: str | os.PathLike[str], weights: bool = False) -> Any:
    """The checked `ModelProto` of a file, with local functions inlined.

    weights: whether to keep those that are stored in the file itself; counting needs none.

    Raises:
        InputError: the file cannot be read, or breaks one of the limits above.
        MissingDependencyError: `onnx` is not installed.
    """
    onnx = onnx_module()
    name = os.fspath(path)
    model = onnx.ModelProto()
    data = read_bytes(name, MAX_BYTES)
    try:
        model.ParseFromString(data)
    except Exception as error:  # DecodeError of whichever protobuf runtime is installed
        raise InputError(
            f"{name!r} is not an ONNX model ({type(error).__name__}); allowed is a file that "
            "holds one ModelProto"
        ) from None
    del data
    if not model.HasField("graph") or not model.graph.node:
        fail(name, "holds no graph with operations; allowed is an ONNX model")
    check(model, name)
    if not weights:
        drop_weights(model)
    if model.functions:
        model = _inlined(model, name)
    return model


def drop_weights(model: Any) -> None:
    """Forget the numbers of all tensors but small ones."""
    for graph in graphs(model.graph):
        for tensor in graph.initializer:
            _drop_data(tensor)


def check(model: Any, name: str) -> None:
    """Every limit that can be checked on the parsed message."""
    nodes = 0
    for graph in _nested(model.graph, 0, name):
        nodes += len(graph.node)
        if nodes > MAX_NODES:
            fail(name, f"has more than {MAX_NODES} operations; allowed are {MAX_NODES}")
        for tensor in graph.initializer:
            _check_tensor(tensor, name)
        for value in (*graph.input, *graph.output, *graph.value_info):
            _check_dims((d.dim_value for d in value.type.tensor_type.shape.dim), value.name, name)
        _check_tensors(graph.node, name)
    for function in model.functions:
        _check_tensors(function.node, name)
    _check_names(model, name)
    _written_out(model, name)


def _check_names(model: Any, name: str) -> None:
    """Every name is text; protobuf hands broken UTF-8 out as bytes."""
    for graph in graphs(model.graph):
        named = (*graph.initializer, *graph.input, *graph.output, *graph.value_info)
        texts = [item.name for item in named]
        texts += [
            d.dim_param
            for value in (*graph.input, *graph.output, *graph.value_info)
            for d in value.type.tensor_type.shape.dim
        ]
        for node in (*graph.node, *(n for f in model.functions for n in f.node)):
            texts += [node.name, node.op_type, node.domain, *node.input, *node.output]
            texts += [attribute.name for attribute in node.attribute]
        for text in texts:
            if not isinstance(text, str):
                fail(name, f"holds the name {text[:40]!r}; allowed are names in UTF-8")


def graphs(graph: Any) -> Iterator[Any]:
    """A graph and all graphs inside."""
    yield graph
    for node in graph.node:
        for inner in _inner(node):
            yield from graphs(inner)


def _inner(node: Any) -> Iterator[Any]:
    """The graphs in a node's attributes."""
    for attribute in node.attribute:
        yield from (graph for graph in (attribute.g, *attribute.graphs) if graph.node)


def _nested(graph: Any, depth: int, name: str) -> Iterator[Any]:
    """The same for a file that may nest them without end."""
    if depth > MAX_DEPTH:
        fail(name, f"nests graphs more than {MAX_DEPTH} deep; allowed are {MAX_DEPTH}")
    yield graph
    for node in graph.node:
        for inner in _inner(node):
            yield from _nested(inner, depth + 1, name)


def _check_tensors(nodes: Any, name: str) -> None:
    """The tensors in the attributes of nodes."""
    for node in nodes:
        for attribute in node.attribute:
            for tensor in (attribute.t, *attribute.tensors):
                _check_tensor(tensor, name)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                _check_dims(sparse.dims, sparse.values.name, name)
                _check_tensor(sparse.values, name)
                _check_tensor(sparse.indices, name)


def _check_tensor(tensor: Any, name: str) -> None:
    _check_dims(tensor.dims, tensor.name, name)
    if tensor.data_type not in known_types():
        fail(name, f"gives tensor {tensor.name!r} type {tensor.data_type}; allowed are ONNX's own")
    for entry in tensor.external_data:
        if entry.key == "location":
            _check_location(entry.value, tensor.name, name)
    if not tensor.external_data:
        _check_data(tensor, name)


def _check_dims(dims: Any, tensor: str, name: str) -> None:
    total = 1
    for dim in dims:
        if dim < 0:
            fail(name, f"gives tensor {tensor!r} a side of {dim}; allowed are sides from 0 up")
        total *= max(dim, 1)
        if total > MAX_ELEMENTS:
            fail(name, f"gives tensor {tensor!r} more than {MAX_ELEMENTS} elements")


def _check_data(tensor: Any, name: str) -> None:
    """A tensor that holds numbers holds as many as its sides say: what reads it makes room for all.

    Files that were made small hold none, which is allowed.
    """
    elements, held = prod(tensor.dims), len(tensor.raw_data)
    bits = _bits(tensor.data_type) if held else 0
    if bits and held != -(-elements * bits // 8):
        fail(
            name,
            f"has a broken constant {tensor.name!r}: {held} bytes for {elements} numbers of {bits} "
            "bits; allowed are as many as its sides say",
        )
    for kind in _TYPED:
        count = len(getattr(tensor, f"{kind}_data"))
        # complex numbers take two places, numbers of four and of two bits share one
        if count and count not in (elements, 2 * elements, -(-elements // 2), -(-elements // 4)):
            fail(
                name,
                f"has a broken constant {tensor.name!r}: {count} numbers for {elements}; allowed "
                "are as many as its sides say",
            )


def _bits(kind: int) -> int:
    """Bits of one number of a type, 0 for texts and types that are not known."""
    onnx = onnx_module()
    title = onnx.TensorProto.DataType.Name(kind) if kind in known_types() else "STRING"
    if title in ("STRING", "UNDEFINED"):
        return 0
    for ending, bits in _PACKED.items():
        if title.endswith(ending):
            return bits
    return 8 * int(onnx.helper.tensor_dtype_to_np_dtype(kind).itemsize)


@cache
def known_types() -> frozenset[int]:
    """The types of elements that ONNX has, by number; a file can state any number."""
    return frozenset(onnx_module().TensorProto.DataType.values())


def _check_location(location: str, tensor: str, name: str) -> None:
    """External data lies beside the model or in a folder below, however the path is written."""
    if not isinstance(location, str):
        fail(name, f"keeps tensor {tensor!r} in {location!r}; allowed are names in UTF-8")
    for flavour in (PurePosixPath(location), PureWindowsPath(location)):
        if flavour.is_absolute() or flavour.drive or flavour.root or ".." in flavour.parts:
            fail(
                name,
                f"keeps tensor {tensor!r} in {location!r}; allowed are files in the model's folder",
            )


def _drop_data(tensor: Any) -> None:
    """Forget a weight's numbers; small constants are kept, they may be shapes."""
    if prod(tensor.dims) > KEPT_ELEMENTS or tensor.external_data:
        for kind in ("raw", *_TYPED):
            tensor.ClearField(f"{kind}_data")


def _written_out(model: Any, name: str) -> None:
    """Check how many nodes the model has once its functions are written out.

    Functions that call functions grow exponentially with their number; one that calls itself never
    ends.
    """
    functions = {_key(f): f for f in model.functions}
    sizes: dict[tuple[str, str, str], int] = {}
    active: list[tuple[str, str, str]] = []

    def size(nodes: Any) -> int:
        total = 0
        for node in nodes:
            key = _key(node, call=True)
            total += function_size(key) if key in functions else 1
            total += sum(size(inner.node) for inner in _inner(node))
            if total > MAX_NODES:
                fail(
                    name,
                    f"has more than {MAX_NODES} operations once its functions are written out; "
                    f"allowed are {MAX_NODES}",
                )
        return total

    def function_size(key: tuple[str, str, str]) -> int:
        if key not in sizes:
            if key in active or len(active) >= MAX_DEPTH:
                fail(
                    name,
                    f"has function {key[1]!r} that calls itself or nests more than {MAX_DEPTH} "
                    f"deep; allowed are {MAX_DEPTH}",
                )
            active.append(key)
            sizes[key] = size(functions[key].node)
            active.pop()
        return sizes[key]

    size(model.graph.node)
    for key in functions:
        function_size(key)


def _key(item: Any, call: bool = False) -> tuple[str, str, str]:
    return item.domain, item.op_type if call else item.name, item.overload


def _inlined(model: Any, name: str) -> Any:
    from onnx import inliner

    try:
        return inliner.inline_local_functions(model)
    except Exception as error:  # what the C++ side throws
        fail(name, f"has functions that cannot be written out ({short(error)})")


def short(error: BaseException) -> str:
    """The first line of a foreign error, as part of a sentence."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def fail(name: str, what: str) -> NoReturn:
    """Refuse a file."""
    raise InputError(f"{name!r} {what}")
