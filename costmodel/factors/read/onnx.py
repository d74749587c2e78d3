"""Weights out of an ONNX file: the initialisers that its convolutions and products read.

A file is parsed whole, as protobuf has it, so that memory holds the file once; data beside it
(external data) is read one tensor at a time, from the model's own folder alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.core.readable import shape_text
from costmodel.errors import InputError
from costmodel.factors.read.stored import StoredLayer, Weights, check_kernel
from costmodel.network.operation import NetOp
from costmodel.network.read.onnx.loading import graphs, load_model, onnx_module, short
from costmodel.network.read.sources import open_network

_PRODUCTS = ("Gemm", "MatMul")


def read_onnx(
    path: str, inputs: Sequence[tuple[int, ...]] = (), sizes: Mapping[str, Any] | None = None
) -> Weights:
    """The layers of an ONNX file whose kernels are stored in it.

    Args:
        path: the file; the limits of `network.read.onnx.loading` hold.
        inputs: shapes of the inputs, where the file leaves them open.
        sizes: the dimensions that the file leaves open, by name.

    Raises:
        InputError: the file is no model, or holds no kernels.
        MissingDependencyError: `onnx` is not installed.
    """
    onnx = onnx_module()
    network = open_network(path, inputs, sizes)
    model = load_model(path, weights=True)
    stored = {t.name: t for graph in graphs(model.graph) for t in graph.initializer}
    turned = _turned(model)
    layers: dict[str, StoredLayer] = {}
    notes = []
    for op in network.ops:
        name = _weight(op)
        if op.layer is None or name is None or name not in stored:
            continue
        if name in layers:
            first = layers[name]
            layers[name] = StoredLayer(
                first.name, first.layer, first.load, first.kind, True, (*first.also, op.name)
            )
            continue
        kernel = _Initialiser(onnx, stored[name], os.path.dirname(path), op, turned.get(name))
        if not kernel.fits:
            notes.append(
                f"{op.name}: its weight {name!r} of {shape_text(stored[name].dims)} is rearranged "
                "before it is used, and left out."
            )
            continue
        dtype = onnx.TensorProto.DataType.Name(stored[name].data_type)
        check_kernel(name, stored[name].dims, dtype.replace("DOUBLE", "FLOAT"))
        layers[name] = StoredLayer(op.name, op.layer, kernel, op.kind, True)
    if not layers:
        raise InputError(
            f"{path!r} holds no kernels; allowed are models whose weights are stored in the file"
        )
    return Weights(path, tuple(layers.values()), (*network.notes, *notes))


def _weight(op: NetOp) -> str | None:
    found = [t.id for t in op.tensors if t.role == "weight" and isinstance(t.id, str)]
    return found[0] if len(found) == 1 else None


def _turned(model: Any) -> dict[str, bool]:
    """Whether a product's second factor is (m, n) and not (n, m), by the tensor's name."""
    found = {}
    for graph in graphs(model.graph):
        for node in graph.node:
            if node.op_type in _PRODUCTS and len(node.input) > 1:
                flags = [a.i for a in node.attribute if a.name == "transB"]
                found[node.input[1]] = not any(flags)
    return found


class _Initialiser:
    """The way to the numbers of one initialiser."""

    def __init__(self, onnx: Any, tensor: Any, folder: str, op: NetOp, turned: bool | None) -> None:
        self.onnx, self.tensor, self.folder = onnx, tensor, folder
        self.turned = bool(turned) and op.kind == "linear"
        layer = op.layer
        assert layer is not None
        n, m = layer.out_channels, layer.in_channels // layer.groups
        sides: tuple[int, ...] = (n, m, *layer.kernel)
        if op.kind == "linear":
            sides = (m, n) if self.turned else (n, m)
        elif layer.transposed:
            sides = (layer.in_channels, n // layer.groups, *layer.kernel)
        self.fits = tuple(tensor.dims) == sides and (op.kind != "linear" or turned is not None)

    def __call__(self) -> Any:
        try:
            array = self.onnx.numpy_helper.to_array(self.tensor, base_dir=self.folder)
        except Exception as error:  # the reader of foreign data raises what it finds
            raise InputError(
                f"tensor {self.tensor.name!r} cannot be read ({short(error)}); allowed are "
                "weights that are stored whole"
            ) from None
        return array.T if self.turned else array
