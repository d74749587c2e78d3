"""A network as the CSV file that `csv_reader` reads: the same layers come back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from costmodel.core.layer_text import stated, write_layer
from costmodel.core.numbers import is_exact
from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.network.read.csv.reader import COLUMNS
from costmodel.typed import write_shapes

# Columns that a file leaves out where no layer of it has anything to say in them.
_OPTIONAL = set(COLUMNS) - {"name", "kind", "in_channels", "out_channels", "kernel"}


def to_csv(network: Network, comments: tuple[str, ...] = ()) -> str:
    """The layers of a network as CSV text.

    What has no line in the schema (element-wise operations, shared tensors, replaced layers) is
    refused rather than left out.

    Args:
        comments: further lines for the head of the file.
    """
    rows = [_row(op) for op in network.ops]
    used = {column for row in rows for column, cell in row.items() if cell != ""}
    columns = [c for c in COLUMNS if c in used or c not in _OPTIONAL]
    out = io.StringIO()
    out.write(f"# name: {network.name}\n")
    if network.source:
        out.write(f"# source: {network.source}\n")
    if network.input_shapes:
        out.write(f"# input: {write_shapes(network.input_shapes)}\n")
    for comment in comments:
        out.write(f"# {comment}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return out.getvalue()


def _row(op: NetOp) -> Mapping[str, Any]:
    if op.bound is not None or op.times != 1 or any(t.id is not None for t in op.tensors):
        raise InputError(
            f"operation {op.name!r} is replaced, repeated or shares its weights; allowed in a CSV "
            "file are layers with parameters of their own"
        )
    if op.matmul is not None:
        cells: dict[str, Any] = {
            "in_channels": op.matmul.inner,
            "out_channels": op.matmul.columns,
            "positions": op.matmul.rows,
            "heads": op.matmul.batch,
        }
    elif op.layer is not None:
        cells = _layer(op)
    elif op.kind == "embedding" and len(op.tensors) == 1:
        cells = {"in_channels": 1, "out_channels": op.tensors[0].count}
    elif op.kind == "norm" and op.tensors:
        return {"name": op.name, "kind": op.kind, **_norm(op)}
    else:
        raise InputError(
            f"operation {op.name!r} is of kind {op.kind!r}; allowed in a CSV file are layers, "
            "matrix products, normalisations and tables"
        )
    if not all(is_exact(cell) for cell in cells.values()):
        raise InputError(f"operation {op.name!r} has unknown sizes; allowed are numbers")
    return {"name": op.name, "kind": op.kind, **{k: v for k, v in cells.items() if v is not None}}


def _norm(op: NetOp) -> dict[str, Any]:
    (tensor,) = op.tensors
    each = 2 if tensor.count % 2 == 0 else 1
    channels = tensor.count // each
    return {"in_channels": channels, "norm": each, "positions": op.work // channels}


def _layer(op: NetOp) -> dict[str, Any]:
    layer = op.layer
    assert layer is not None
    if layer.batch != 1:
        raise InputError(
            f"operation {op.name!r} has batch {layer.batch}; allowed in a CSV file is one image"
        )
    cells: dict[str, Any] = {
        "in_channels": layer.in_channels,
        "out_channels": layer.out_channels,
        "bias": int(layer.bias) or None,
        "norm": op.norm_params // layer.out_channels or None,
    }
    if op.kind == "linear":
        positions = layer.size[0]
        return {**cells, "positions": positions if positions != 1 else None}
    names = ("depth", "height", "width")[-layer.dims :]
    cells.update(zip(names, layer.size, strict=True))
    texts = write_layer(layer)
    said = {"padding": texts["padding"], **stated(texts)}
    columns = ("stride", "padding", "dilation", "output_padding")
    cells.update((column, said[column]) for column in columns if column in said)
    cells["groups"] = layer.groups if "groups" in said else None
    return {**cells, "kernel": texts["k"]}
