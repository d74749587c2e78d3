"""Sources: a text → a model that other counters can run, with the shapes of its inputs.

`package.module:callable` is the user's own model. A shipped network, a .csv or an .onnx file is a
list of layers, so its model is a list of modules, each of which runs on an input of its own size:
convolutions, linear layers and normalisations as listed, without activations and pooling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from costmodel.core.layer import ConvLayer
from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.network.operation import MatMul, NetOp
from costmodel.network.read.sources import Shape, open_network
from costmodel.network.read.torch.inputs import Inputs, read_inputs
from costmodel.network.read.torch.named import named_model
from costmodel.torch.lowering import CONVOLUTIONS
from costmodel.torch.modules import VariantModule

_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
LISTED = (
    "The model is built from the network's list of layers, each on an input of its own size; it "
    "has their normalisations, and no activations or pooling."
)


@dataclass(frozen=True)
class Opened:
    """A model in evaluation mode, its inputs, and sentences on how it was made.

    names: module path → the layer of the network that it was made of, where it was made of one.
    """

    model: nn.Module
    inputs: Inputs
    name: str
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def open_model(source: str, inputs: Sequence[Shape] = ()) -> Opened:
    """The model that a text names.

    Raises:
        CostModelError: an unknown name, or a source that cannot be read.
    """
    if ":" not in source or source.lower().endswith((".csv", ".onnx")):
        network = open_network(source, inputs)
        model = ListedLayers(network)
        shape = (
            tuple(int(side) for side in network.input_shapes[0]) if network.input_shapes else (1,)
        )
        listed = read_inputs(model, shape, None)
        return Opened(model.eval(), listed, network.name, (LISTED,), model.names)
    if not inputs:
        raise InputError(
            f"{source!r} needs the shape of its input; allowed is --input such as 1x3x224x224"
        )
    return opened(named_model(source), inputs[0] if len(inputs) == 1 else tuple(inputs), source)


def opened(model: Callable[..., Any], input_shape: Any, name: str = "") -> Opened:
    """A module or function with the shapes of its inputs; a function becomes a module."""
    title = name or getattr(model, "__name__", "") or type(model).__name__
    held = model if isinstance(model, nn.Module) else Function(model)
    inputs = read_inputs(held, input_shape, None)
    return Opened(held.eval(), inputs, title)


class Function(nn.Module):
    """A function of tensors as a module, because counters take only these."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        """What the function returns."""
        return self.function(*inputs)


class MatrixProduct(nn.Module):
    """A product of two activations of given shapes."""

    def __init__(self, product: MatMul) -> None:
        super().__init__()
        self.sides = [int(n) for n in (product.batch, product.rows, product.inner, product.columns)]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, rows, columns), of nothing."""
        batch, rows, inner, columns = self.sides
        return torch.matmul(x.new_empty(batch, rows, inner), x.new_empty(batch, inner, columns))


class ListedLayers(nn.Module):
    """The layers of a network, each run on an empty input of its own size."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        self.shapes: list[tuple[int, ...]] = []
        self.names: dict[str, str] = {}
        for op in network.ops:
            if op.matmul is not None or op.layer is not None:
                for _ in range(int(op.times)):
                    self._add(op)

    def _add(self, op: NetOp) -> None:
        if op.matmul is not None:
            return self._append(op, MatrixProduct(op.matmul), ())
        assert op.layer is not None
        layer = op.layer
        if op.kind == "linear":
            made: nn.Module = nn.Linear(layer.in_channels, layer.out_channels, bool(layer.bias))
            rows = layer.size[0]
            shape: tuple[Any, ...] = (layer.batch, layer.in_channels)
            shape = shape if rows == 1 else (layer.batch, rows, layer.in_channels)
        else:
            made = convolution(layer) if op.bound is None else VariantModule(op.bound)
            shape = (layer.batch, layer.in_channels, *layer.size)
        self._append(op, made, shape)
        if op.norm_params and op.kind != "linear":
            norm = _NORMS[len(layer.size)](layer.out_channels)
            self._append(op, norm, (layer.batch, layer.out_channels, *layer.out_size))

    def _append(self, op: NetOp, module: nn.Module, shape: tuple[Any, ...]) -> None:
        for path, _ in module.named_modules(prefix=f"layers.{len(self.layers)}"):
            self.names[path] = op.name
        self.layers.append(module)
        self.shapes.append(tuple(int(side) for side in shape))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """All outputs, because a trace drops what nobody asks for; the input gives the dtype."""
        return tuple(
            layer(x.new_empty(shape) if shape else x)
            for layer, shape in zip(self.layers, self.shapes, strict=True)
        )


def convolution(layer: ConvLayer) -> nn.Module:
    """The plain PyTorch layer of a `ConvLayer`; uneven padding is taken as listed by its size."""
    options: dict[str, Any] = {
        "stride": layer.stride,
        "dilation": layer.dilation,
        "groups": layer.groups,
        "bias": bool(layer.bias),
    }
    pads = layer.pads
    if any(before != after for before, after in pads):
        raise InputError(
            f"padding {pads} differs on the two sides; allowed in a built model is even padding"
        )
    options["padding"] = tuple(before for before, _ in pads)
    if layer.transposed:
        options["output_padding"] = layer.output_padding
    cls = CONVOLUTIONS[len(layer.size), layer.transposed]
    return cls(layer.in_channels, layer.out_channels, layer.kernel, **options)
