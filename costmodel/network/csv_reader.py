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
repeat | this many such layers in a row, each with parameters of its own | 1
note | for people, ignored |

Counts are per image. Every error is one sentence with file, line, column, the value and what is
allowed.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from costmodel.errors import CostModelError, InputError, unknown
from costmodel.files import read_text
from costmodel.layer import ConvLayer
from costmodel.network.model import NetOp, Parameter
from costmodel.network.network import Network, Shapes

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
    "repeat",
    "note",
)
#: The columns that every file has to have.
REQUIRED = ("name", "kind", "in_channels", "out_channels")

_SIZES = ("depth", "height", "width")
_MAX_DIGITS = 18
_MAX_REPEAT = 10_000


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
    facts, lines = _split(text)
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
        row = _Row(file, number, dict(zip(header, (c.strip() for c in cells), strict=True)))
        ops.extend(row.operations())
    if not ops:
        raise InputError(f"{file} has no layers; allowed is at least one line below the header")
    shapes: Shapes = ()
    if facts.get("input"):
        shapes = tuple(
            tuple(int(n) for n in re.findall(r"\d+", shape)) for shape in facts["input"].split(",")
        )
    return Network(
        name or facts.get("name") or default_name,
        tuple(ops),
        source=facts.get("source", file),
        input_shapes=shapes,
    )


def _split(text: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Facts from the comments, and the other lines with their numbers."""
    facts: dict[str, str] = {}
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            match = re.match(r"\s*#\s*(name|source|input)\s*:\s*(.*?)\s*$", line)
            if match:
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
    return cells


def _header(number: int, line: str, file: str) -> list[str]:
    header = [cell.strip() for cell in _cells(number, line, file)]
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


@dataclass
class _Row:
    """One line of the table."""

    file: str
    line: int
    cells: Mapping[str, str]

    def fail(self, column: str, allowed: str) -> NoReturn:
        raise InputError(
            f"{self.file}, line {self.line}, column {column!r}: "
            f"{self.cells.get(column, '')!r}; allowed are {allowed}"
        )

    def operations(self) -> list[NetOp]:
        """The line as operations, as many as `repeat` says."""
        if not self.cells["name"]:
            self.fail("name", "names such as layer1.0.conv1")
        op = self.operation()
        repeat = self.integer("repeat", 1)
        if repeat > _MAX_REPEAT:
            self.fail("repeat", f"integers up to {_MAX_REPEAT}")
        if repeat == 1:
            return [op]
        return [op.replace(name=f"{op.name}.{index}") for index in range(repeat)]

    def operation(self) -> NetOp:
        """The line as one operation."""
        kind = self.cells["kind"]
        readers = {
            "conv": self.convolution,
            "conv_transpose": self.convolution,
            "linear": self.linear,
            "matmul": self.matmul,
            "norm": self.normalisation,
            "embedding": self.embedding,
        }
        if kind not in readers:
            self.fail("kind", ", ".join(readers))
        try:
            return readers[kind]()
        except InputError:
            raise
        except CostModelError as error:
            raise InputError(f"{self.file}, line {self.line}: {error}") from None

    def convolution(self) -> NetOp:
        kernel = self.sizes("kernel", 1, None)
        size = self.size()
        if not size:
            raise InputError(
                f"{self.file}, line {self.line}, column 'width': the input size is missing; "
                "allowed are height and width (width alone in 1-D, depth too in 3-D)"
            )
        layer = ConvLayer(
            kernel=kernel,
            in_channels=self.integer("in_channels", None),
            out_channels=self.integer("out_channels", None),
            size=size,
            stride=self.sizes("stride", 1, 1),
            padding=self.padding(),
            output_padding=self.sizes("output_padding", 0, 0),
            dilation=self.sizes("dilation", 1, 1),
            groups=self.integer("groups", 1),
            bias=self.flag("bias"),
            transposed=self.cells["kind"] == "conv_transpose",
        )
        norm = self.integer("norm", 0, low=0) * layer.out_channels
        return NetOp.conv(self.cells["name"], layer, norm=norm)

    def linear(self) -> NetOp:
        op = NetOp.linear(
            self.cells["name"],
            self.integer("in_channels", None),
            self.integer("out_channels", None),
            positions=self.integer("positions", 1),
            bias=self.flag("bias"),
        )
        norm = self.integer("norm", 0, low=0) * self.integer("out_channels", None)
        return op.replace(parameters=(*op.tensors, Parameter(norm, "norm"))) if norm else op

    def matmul(self) -> NetOp:
        return NetOp.product(
            self.cells["name"],
            rows=self.integer("positions", 1),
            inner=self.integer("in_channels", None),
            columns=self.integer("out_channels", None),
            batch=self.integer("heads", 1),
        )

    def normalisation(self) -> NetOp:
        channels, each = self.integer("in_channels", None), self.integer("norm", None)
        return NetOp(
            self.cells["name"],
            "norm",
            work=channels * self.integer("positions", 1),
            parameters=(Parameter(channels * each, "norm"),),
        )

    def embedding(self) -> NetOp:
        count = self.integer("in_channels", None) * self.integer("out_channels", None)
        return NetOp.table(self.cells["name"], count)

    # -- cells -----------------------------------------------------------------------------------
    def integer(self, column: str, default: int | None, low: int = 1) -> int:
        """An integer cell; `default` None means that it is needed."""
        text = self.cells.get(column, "")
        if not text and default is not None:
            return default
        if not re.fullmatch(r"[0-9]+", text) or len(text) > _MAX_DIGITS or int(text) < low:
            self.fail(column, f"integers from {low} up")
        return int(text)

    def sizes(self, column: str, low: int, default: int | None) -> Any:
        """`3` or `3x5`."""
        text = self.cells.get(column, "")
        if not text and default is not None:
            return default
        parts = text.lower().replace("×", "x").split("x")
        if not all(re.fullmatch(r"[0-9]{1,18}", p) and int(p) >= low for p in parts):
            self.fail(column, f"integers from {low} up, or one per axis such as 3x5")
        values = tuple(map(int, parts))
        return values[0] if len(values) == 1 else values

    def padding(self) -> Any:
        text = self.cells.get("padding", "")
        if text in ("", "same", "valid"):
            return text or "same"
        if not re.fullmatch(r"[0-9]{1,18}(x[0-9]{1,18})*", text.lower().replace("×", "x")):
            self.fail("padding", "same, valid, or integers such as 1 or 1x2")
        return self.sizes("padding", 0, None)

    def flag(self, column: str) -> bool:
        text = self.cells.get(column, "").lower()
        if text not in ("", "0", "1", "true", "false", "yes", "no"):
            self.fail(column, "0 and 1")
        return text in ("1", "true", "yes")

    def size(self) -> tuple[int, ...]:
        """The input size: as many of depth, height and width as are given, without gaps."""
        given = [bool(self.cells.get(column)) for column in _SIZES]
        if given != sorted(given):
            column = next(c for c in reversed(_SIZES) if not self.cells.get(c))
            self.fail(column, "sizes of every axis: width, height and width, or all three")
        return tuple(self.integer(c, None) for c, g in zip(_SIZES, given, strict=True) if g)
