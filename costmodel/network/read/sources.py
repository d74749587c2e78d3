"""Where a network comes from, as one text: a shipped name, a file, or a model of the user's own.

    resnet18                      data/networks/resnet18.csv
    layers.csv, -                 a table of layers, from a file or from standard input
    model.onnx                    an ONNX file
    package.module:callable       a PyTorch module, or a function or class that returns one

Only the last two import onnx or torch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from costmodel.errors import CostModelError, InputError, MissingDependencyError, unknown
from costmodel.network.network import Network
from costmodel.network.operations import FREE_LETTERS
from costmodel.network.read.csv.reader import from_csv
from costmodel.network.read.library import available, load

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
    if source in available():
        return _resized(load(source), inputs)
    if os.path.exists(source):
        raise InputError(
            f"{source!r} is neither a .csv nor an .onnx file; allowed are those, a shipped "
            "network's name, or package.module:callable"
        )
    raise InputError(
        unknown("network", source, available()) + ", a .csv or .onnx file, package.module:callable"
    )


def _resized(network: Network, inputs: Sequence[Shape]) -> Network:
    """A table's network at another input shape, where it knows how to be resized."""
    if not inputs:
        return network
    if len(inputs) != 1 or len(inputs[0]) != len(FREE_LETTERS) + 1:
        raise InputError(
            f"input {_text(inputs)} for network {network.name!r}; allowed is one shape such as "
            "1x3x224x224"
        )
    batch, channels, height, width = inputs[0]
    wanted = network.input_shapes[0][1] if network.input_shapes else channels
    if channels != wanted:
        raise InputError(
            f"input {_text(inputs)} has {channels} channels; allowed for {network.name} is {wanted}"
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
    from costmodel.network.read.torch.reader import from_torch

    _module_class()
    model = _called(source)
    return from_torch(model, input_shape=inputs[0] if len(inputs) == 1 else tuple(inputs))


def _called(source: str) -> Any:
    """The model that `package.module:callable` names; what it raises becomes one sentence."""
    module_name, _, path = source.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # a model file beside the user, as with `python -m`
    try:
        found: Any = import_module(module_name)
    except (ImportError, ValueError, SyntaxError) as error:
        raise InputError(
            f"cannot import {module_name!r} of {source!r}: {error}; allowed is an importable module"
        ) from None
    for name in path.split("."):
        if not hasattr(found, name):
            names = [n for n in vars(found) if not n.startswith("_")]
            raise InputError(unknown(f"name in {module_name}", name, names))
        found = getattr(found, name)
    if isinstance(found, _module_class()):
        return found
    if not callable(found):
        raise InputError(f"{source!r} is a {type(found).__name__}; allowed is a module or callable")
    if _needs_arguments(found):
        return found  # a function of tensors, not one that makes a model
    try:
        made = found()
    except CostModelError:
        raise
    except Exception as error:  # the user's code: whatever it raises is about this source
        raise InputError(
            f"{source!r} raised {type(error).__name__}: {error}; allowed is a class or function "
            "that gives a model when called without arguments"
        ) from None
    if not callable(made):
        raise InputError(
            f"{source!r} returned a {type(made).__name__}; allowed is a model or a function"
        )
    return made


def _module_class() -> type:
    """The class of PyTorch's modules; `MissingDependencyError` without PyTorch."""
    try:
        from torch.nn import Module
    except ImportError:
        raise MissingDependencyError("torch", "reading a PyTorch model", "torch") from None
    found: type = Module
    return found


def _needs_arguments(function: Any) -> bool:
    from inspect import Parameter, signature

    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    optional = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return any(p.default is Parameter.empty and p.kind not in optional for p in parameters)


def _text(inputs: Sequence[Shape]) -> str:
    return ",".join("x".join(map(str, shape)) for shape in inputs)
