"""Where a network comes from, as one text: a known name, a file, or a model of the user's own.

    resnet18                      data/networks/resnet18.csv
    resnet200                     a further size of a family, which its generator builds
    layers.csv, -                 a table of layers, from a file or from standard input
    model.onnx                    an ONNX file
    package.module:callable       a PyTorch module, or a function or class that returns one

Only the last two import onnx or torch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.network.operations import FREE_LETTERS
from costmodel.network.read.csv.reader import from_csv
from costmodel.network.read.library import known, load, unknown_network
from costmodel.typed import write_shapes

Shape = tuple[int, ...]


def open_network(
    source: str, inputs: Sequence[Shape] = (), sizes: Mapping[str, Any] | None = None
) -> Network:
    """Read a network from wherever the text points.

    Args:
        source: as listed above.
        inputs: shapes of the inputs, batch first; needed for a model, optional elsewhere.
        sizes: values by name: of the letters that `Network.at` takes, or of the dimensions that an
            ONNX file leaves open.

    Raises:
        CostModelError: an unknown name, or a source that cannot be read.
    """
    if source.lower().endswith(".onnx"):
        return _onnx(source, inputs, sizes or {})
    network = _fixed(source, inputs)
    return network.at(**sizes) if sizes else network


def _fixed(source: str, inputs: Sequence[Shape]) -> Network:
    if source == "-" or source.lower().endswith(".csv"):
        return _resized(from_csv(source), inputs)
    if ":" in source:
        return _model(source, inputs)
    if known(source):
        return _resized(load(source), inputs)
    if os.path.exists(source):
        raise InputError(
            f"{source!r} is neither a .csv nor an .onnx file; allowed are those, a shipped "
            "network's name, or package.module:callable"
        )
    raise InputError(f"{unknown_network(source)}, a .csv or .onnx file, package.module:callable")


def _resized(network: Network, inputs: Sequence[Shape]) -> Network:
    """A table's network at another input shape, where it knows how to be resized."""
    if not inputs:
        return network
    if len(inputs) != 1 or len(inputs[0]) != len(FREE_LETTERS) + 1:
        raise InputError(
            f"input {write_shapes(inputs)} for network {network.name!r}; allowed is one shape such "
            "as 1x3x224x224"
        )
    batch, channels, height, width = inputs[0]
    wanted = network.input_shapes[0][1] if network.input_shapes else channels
    if channels != wanted:
        raise InputError(
            f"input {write_shapes(inputs)} has {channels} channels; allowed for {network.name} "
            f"is {wanted}"
        )
    return network.at(N=batch, H=height, W=width)


def _onnx(source: str, inputs: Sequence[Shape], dims: Mapping[str, Any]) -> Network:
    from costmodel.network.read.onnx.reader import from_onnx

    for name, value in dims.items():
        if not isinstance(value, int) or value < 1:
            raise InputError(f"dimension {name} is {value}; allowed are integers from 1 up")
    shape = (inputs[0] if len(inputs) == 1 else tuple(inputs)) or None
    return from_onnx(source, shape, dims=dims or None)


def _model(source: str, inputs: Sequence[Shape]) -> Network:
    if not inputs:
        raise InputError(
            f"{source!r} needs the shape of its input; allowed is --input such as 1x3x224x224"
        )
    from costmodel.network.read.torch.named import named_model, needed_arguments
    from costmodel.network.read.torch.reader import from_torch

    model = named_model(source)
    needed = "" if hasattr(model, "forward") else needed_arguments(model)
    try:
        return from_torch(model, input_shape=inputs[0] if len(inputs) == 1 else tuple(inputs))
    except InputError as error:
        if not needed:
            raise
        raise InputError(
            f"{error}; {source!r} needs {needed}: allowed is a function of tensors, or what gives "
            "a model when called without arguments"
        ) from None
