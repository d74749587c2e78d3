"""A network as the CSV file that `csv_reader` reads: the same layers come back."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from costmodel.core.layer_text import stated, write_layer
from costmodel.core.numbers import is_exact
from costmodel.errors import InputError
from costmodel.network.change import Choice
from costmodel.network.network import Network
from costmodel.network.operation import NOT_MODELLED, NetOp
from costmodel.network.read.csv.reader import COLUMNS
from costmodel.network.read.csv.row import Row
from costmodel.table import Column, Table
from costmodel.typed import write_cell, write_shapes

# Columns that a file leaves out where no layer of it has anything to say in them.
_OPTIONAL = set(COLUMNS) - {"name", "kind", "in_channels", "out_channels", "kernel"}


def to_csv(network: Network, comments: tuple[str, ...] = ()) -> str:
    """The layers of a network as CSV text.

    What has no line in the schema (element-wise operations, shared tensors, replaced layers) is
    refused rather than left out.

    Args:
        comments: further lines for the head of the file.
    """
    rows = [_row(op, {t.id for t in op.tensors} - {None}) for op in network.ops]
    columns = _used(rows)
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
    writer.writerows([write_cell(str(row.get(column, ""))) for column in columns] for row in rows)
    return out.getvalue()


def layer_table(network: Network) -> Table:
    """The layers of a network as a table that `from_csv` reads back, whatever read the network.

    Operations that multiply nothing and hold no parameters are left out, and a note says so. What
    comes back has the same parameters and multiplies in every layer.

    Raises:
        InputError: an operation that the table has no line for.
    """
    kept = [op for op in network.ops if op.params or op.macs or op.status == NOT_MODELLED]
    left = Counter(op.kind for op in network.ops) - Counter(op.kind for op in kept)
    read = Counter(t.id for op in kept for t in op.tensors if t.id is not None)
    shared = {key for key, times in read.items() if times > 1}
    rows = [_row(op, shared) for op in kept]
    for place, (op, row) in enumerate(zip(kept, rows, strict=True), 1):
        cells = {column: str(row.get(column, "")) for column in COLUMNS}
        (again,) = Row(network.name, place, cells).operations(1)
        if (again.params, again.macs) != (op.params, op.macs):
            raise InputError(
                f"operation {op.name!r} has {op.params} parameters and {op.macs} multiplies, of "
                f"which a line of the table can say {again.params} and {again.macs}; allowed are "
                "those that follow from a layer's sizes"
            )
    notes = []
    if left:
        kinds = ", ".join(f"{kind} ×{count}" for kind, count in left.items())
        notes.append(f"Left out is what multiplies nothing and holds no parameters: {kinds}.")
    columns = tuple(Column(key, key.replace("_", " ").capitalize()) for key in _used(rows))
    return Table(columns, [dict(row) for row in rows], tuple(notes))


def _used(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns in which some row says something, and those that every file has."""
    used = {column for row in rows for column, cell in row.items() if cell != ""}
    return [c for c in COLUMNS if c in used or c not in _OPTIONAL]


def _row(op: NetOp, shared: Collection[Any]) -> Mapping[str, Any]:
    if op.times != 1 or any(t.id in shared for t in op.tensors):
        raise InputError(
            f"operation {op.name!r} is repeated or shares its weights; allowed in a CSV file are "
            "layers with parameters of their own"
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
        what = "of no sizes that a line states" if op.macs else f"of kind {op.kind!r}"
        raise InputError(
            f"operation {op.name!r} is {what}; allowed in a CSV file are layers, matrix products, "
            "normalisations and tables"
        )
    if not all(is_exact(cell) for cell in cells.values()):
        raise InputError(f"operation {op.name!r} has unknown sizes; allowed are numbers")
    return {"name": op.name, "kind": op.kind, **{k: v for k, v in cells.items() if v is not None}}


def _variant(op: NetOp) -> str | None:
    """What stands in a layer's place, as `change.read_choice` reads it."""
    if op.bound is None:
        return None
    variant = op.bound.variant
    if variant.family == "custom":
        raise InputError(
            f"{variant.id!r} stands in place of operation {op.name!r}; allowed in a CSV file are "
            "variants of the catalogue"
        )
    return str(Choice.of(variant, op.bound.hyper))


def _norm(op: NetOp) -> dict[str, Any]:
    each = 2 if op.params % 2 == 0 else 1
    channels = op.params // each
    return {"in_channels": channels, "norm": each, "positions": op.work // channels}


def _layer(op: NetOp) -> dict[str, Any]:
    layer = op.layer
    assert layer is not None
    if layer.batch != 1:
        raise InputError(
            f"operation {op.name!r} has batch {layer.batch}; allowed in a CSV file is one image"
        )
    cells: dict[str, Any] = {
        "variant": _variant(op),
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
