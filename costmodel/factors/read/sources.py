"""Where weights come from, as one text: a file of a known kind, or a model of the user's own.

    model.pt, model.pth           a state dict, or a module of PyTorch's own layers
    model.safetensors             named arrays
    model.onnx                    the initialisers of an ONNX file
    kernel.npy                    one kernel
    package.module:callable       a PyTorch module, or a function or class that returns one

Nothing in a file is ever executed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.errors import InputError
from costmodel.factors.read.stored import Weights

#: What a file of weights may end in.
ENDINGS = (".pt", ".pth", ".safetensors", ".onnx", ".npy")


def open_weights(
    source: str,
    inputs: Sequence[tuple[int, ...]] = (),
    sizes: Mapping[str, Any] | None = None,
) -> Weights:
    """The layers of a source; their kernels are read one at a time, when they are asked for.

    Args:
        source: as listed above.
        inputs: shapes of the inputs, batch first, which say how large the grids are; of models and
            of ONNX files.
        sizes: dimensions that an ONNX file leaves open, by name.

    Raises:
        InputError: an unknown kind of source, or one that cannot be read.
        MissingDependencyError: the library that reads it is not installed.
    """
    ending = os.path.splitext(source)[1].lower()
    if ending == ".onnx":
        from costmodel.factors.read.onnx import read_onnx

        return read_onnx(source, inputs, sizes)
    if sizes:
        raise InputError(f"sizes for {source!r}; allowed are those that an ONNX file leaves open")
    if ending not in ENDINGS and ":" in source:
        from costmodel.factors.read.model import read_model

        return read_model(source, inputs)
    if inputs:
        raise InputError(
            f"an input shape for {source!r}, which has no layers that run; allowed is one for an "
            ".onnx file or package.module:callable"
        )
    if ending in (".pt", ".pth"):
        from costmodel.factors.read.saved import read_saved

        return read_saved(source)
    if ending in (".safetensors", ".npy"):
        from costmodel.factors.read.arrays import read_npy, read_safetensors

        return read_npy(source) if ending == ".npy" else read_safetensors(source)
    raise InputError(
        f"{source!r} is no source of weights; allowed are files that end in {', '.join(ENDINGS)}, "
        "and package.module:callable"
    )
