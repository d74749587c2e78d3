"""from_onnx: a network from an ONNX file, without its weights."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from costmodel.errors import CostModelError, InputError
from costmodel.network.network import Network
from costmodel.network.operations import Rebuild, Recount


def from_onnx(
    path: str | os.PathLike[str],
    input_shape: Any = None,
    *,
    dims: Mapping[str, int] | None = None,
    name: str | None = None,
) -> Network:
    """The network in an ONNX file.

    The graph and the shapes are read, and the numbers of what is only added, multiplied or
    normalised by; weights in external files may be absent. Every convolution, matrix product,
    einsum and recurrent layer is counted, quantised ones included; all other operators are listed
    by kind, those that nothing here models as "not modelled".

    Which constants are parameters follows from their use (`onnx.constants`): masks, indices,
    copies, initial states and what normalisations have measured are none. Notes say what the
    exporter has folded or computed in advance.

    Args:
        path: the file; nothing in it is trusted, see `onnx.loading` for the limits.
        input_shape: shape of the input, or a sequence of shapes for several inputs; None takes the
            sizes that the file states.
        dims: sizes of the dimensions that the file leaves open, by name: `{"height": 224}`. An
            open first dimension is 1 unless it is given.
        name: what to call the network; the default is the file's name.

    Raises:
        InputError: the file is no model, breaks a limit, has sizes that do not fit each other, or
            leaves a dimension open.
        MissingDependencyError: the package `onnx` is not installed.
    """
    from costmodel.network.read.onnx.graph import Reader
    from costmodel.network.read.onnx.loading import drop_weights, load_model, onnx_module
    from costmodel.network.read.onnx.numbers import numbers_of
    from costmodel.network.read.onnx.shapes import Shapes as TensorShapes
    from costmodel.network.read.onnx.shapes import set_inputs

    label = os.fspath(path)
    wanted = _shapes(input_shape)
    model = load_model(path, weights=True)
    numbers = numbers_of(onnx_module(), model.graph, label)
    drop_weights(model)
    shapes, notes, used = set_inputs(model, label, wanted, dict(dims or {}))
    reader = Reader(TensorShapes(model, label), label, numbers)
    ops = reader.run()
    title = name or os.path.splitext(os.path.basename(label))[0]

    def build(values: Mapping[str, Any]) -> Recount:
        for letter, value in values.items():
            if not isinstance(value, int):
                raise CostModelError(
                    f"the sizes in {label!r} can be set, but {letter} cannot be left open; allowed "
                    "are networks from PyTorch, a table or a generator"
                )
        again = from_onnx(path, dims=dict(values))
        return Recount(again.ops, again.input_shapes, steps=again.steps())

    return Network(
        title,
        tuple(ops),
        source=f"ONNX opset {_opset(model)}",
        input_shapes=shapes,
        notes=(*notes, *reader.notes),
        rebuild=lambda: Rebuild(used, build) if used else None,
        steps=lambda: reader.tensors.steps,
    )


def _shapes(value: Any) -> list[tuple[int, ...]] | None:
    if value is None:
        return None
    several = [value] if all(isinstance(v, int) for v in value) else list(value)
    for shape in several:
        if not isinstance(shape, list | tuple) or not all(
            isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in shape
        ):
            raise InputError(
                f"input_shape holds {shape!r}; allowed are shapes such as (1, 3, 224, 224)"
            )
    return [tuple(s) for s in several]


def _opset(model: Any) -> int:
    return max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)
