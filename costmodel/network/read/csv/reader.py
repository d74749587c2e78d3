"""A network as a table: one line per layer, in a CSV file.

    # name: tiny
    # source: where these numbers come from
    # input: 1x3x32x32
    name,kind,in_channels,out_channels,kernel,height,width,stride,padding,bias,norm
    conv1,conv,3,16,3,32,32,2,1,0,2
    fc,linear,16,10,,,,,,1,

Lines that begin with `#` are comments; `name`, `source` and `input` among them are kept. The
columns may stand in any order; an empty cell takes the default.

column | meaning | default
---|---|---
name | dotted path of the layer, needed |
kind | conv, conv_transpose, linear, matmul, norm or embedding, needed |
in_channels | input channels; of a matmul its inner size, of an embedding its rows; needed |
out_channels | output channels; of a matmul its columns; needed but for norm |
kernel | window, 3 or 3x5; needed for convolutions |
depth, height, width | INPUT size: height and width, width alone in 1-D, all three in 3-D |
stride, dilation | 2 or 2x1 | 1
padding | same, valid, 1 or 1x2 | same
output_padding | transposed convolutions only | 0
groups | independent groups of channels | 1
bias | 1 for one bias per output channel | 0
norm | normalisation parameters per output channel (2: scale and shift) | 0
positions | linear: vectors per image; matmul: rows | 1
heads | matmul: independent products per image | 1
variant | what stands in the layer's place: tucker2, or with values "basis,b=4" | the layer
repeat | this many such layers in a row, each with parameters of its own | 1
note | for people, ignored |

Counts are per image. Every error is one sentence with file, line, column, the value and what is
allowed.
"""

from __future__ import annotations

import csv
import os
import re

from costmodel.errors import InputError, unknown
from costmodel.files import read_text
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.network.operations import Shapes
from costmodel.network.read.csv.row import Row
from costmodel.typed import named, read_cell, read_shapes

#: The columns, in the order in which a file of ours has them.
COLUMNS = (
    "name",
    "kind",
    "in_channels",
    "out_channels",
    "kernel",
    "depth",
    "height",
    "width",
    "stride",
    "padding",
    "output_padding",
    "dilation",
    "groups",
    "bias",
    "norm",
    "positions",
    "heads",
    "variant",
    "repeat",
    "note",
)
#: The columns that every file has to have.
REQUIRED = ("name", "kind", "in_channels", "out_channels")
#: Layers of one file, repeated ones included.
MAX_LAYERS = 100_000
#: Characters of a network's name, its source and its input's shape.
MAX_FACT = 500


def from_csv(path: str | os.PathLike[str], name: str = "") -> Network:
    """Read a network from a CSV file of layers.

    Args:
        path: the file, or "-" for standard input.
        name: what to call the network; by default what the file says, or the file's name.

    Raises:
        InputError: a file that cannot be read or understood, naming line, column and value.
    """
    shown = "standard input" if path == "-" else os.fspath(path)
    stem = "network" if path == "-" else os.path.splitext(os.path.basename(shown))[0]
    text = read_text(os.fspath(path)).removeprefix("\ufeff")
    return parse_csv(text, shown, name, default_name=stem)


def parse_csv(text: str, file: str, name: str = "", default_name: str = "network") -> Network:
    """Read a network from the text of such a file; `file` is what errors call it."""
    facts, lines = _split(text, file)
    if not lines:
        raise InputError(
            f"{file} has no header row; allowed is a header with the columns {', '.join(REQUIRED)}"
        )
    header = _header(*lines[0], file)
    ops: list[NetOp] = []
    for number, line in lines[1:]:
        cells = _cells(number, line, file)
        if len(cells) != len(header):
            raise InputError(
                f"{file}, line {number}: {len(cells)} cells under {len(header)} columns; allowed "
                "is one cell per column"
            )
        row = Row(file, number, dict(zip(header, (c.strip() for c in cells), strict=True)))
        ops.extend(row.operations(MAX_LAYERS - len(ops)))
    if not ops:
        raise InputError(f"{file} has no layers; allowed is at least one line below the header")
    shapes: Shapes = ()
    if facts.get("input"):
        shapes = named(f"{file}, input", read_shapes, facts["input"])
    return Network(
        name or facts.get("name") or default_name,
        tuple(ops),
        source=facts.get("source", file),
        input_shapes=shapes,
    )


def _split(text: str, file: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Facts from the comments, and the other lines with their numbers."""
    facts: dict[str, str] = {}
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            match = re.match(r"\s*#\s*(name|source|input)\s*:\s*(.*?)\s*$", line)
            if match:
                if len(match[2]) > MAX_FACT:
                    raise InputError(
                        f"{file}, line {number}: a {match[1]} of {len(match[2])} characters; "
                        f"allowed are {MAX_FACT}"
                    )
                facts.setdefault(match[1], match[2])
        elif line.strip(" \t,"):
            lines.append((number, line))
    return facts, lines


def _cells(number: int, line: str, file: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], strict=True)
    except (csv.Error, ValueError) as error:
        raise InputError(
            f"{file}, line {number}: {error}; allowed are cells separated by commas"
        ) from None
    return list(map(read_cell, cells))


def _header(number: int, line: str, file: str) -> list[str]:
    header = [cell.strip() for cell in _cells(number, line, file)]
    if {"layer", "params", "macs"} <= set(header):
        plan = f", or its network with `--plan {file}`" if "variant" in header else ""
        raise InputError(
            f"{file} is a table of costs; allowed is a table of layers, such as "
            f"`costmodel network SOURCE --view file -o {file}` writes{plan}"
        )
    for place, column in enumerate(header):
        if column not in COLUMNS:
            raise InputError(f"{file}, line {number}: {unknown('column', column, COLUMNS)}")
        if column in header[:place]:
            raise InputError(
                f"{file}, line {number}: column {column!r} stands twice; allowed is once"
            )
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise InputError(
            f"{file}, line {number}: column {missing[0]!r} is missing; needed are "
            f"{', '.join(REQUIRED)}"
        )
    return header
