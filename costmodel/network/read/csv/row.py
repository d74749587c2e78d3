"""One line of a network's CSV file as operations; see `csv_reader` for the columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import USUAL
from costmodel.errors import CostModelError, InputError, shown
from costmodel.network.change import read_choice
from costmodel.network.operation import NetOp, Parameter
from costmodel.network.replace import substitute
from costmodel.typed import read_axes, read_integer, read_padding

_SIZES = ("depth", "height", "width")
_MAX_REPEAT = 10_000
#: Characters of a name: a path of modules has fewer.
MAX_NAME = 200


@dataclass
class Row:
    """One line: the file and the line number for errors, and the cells by column."""

    file: str
    line: int
    cells: Mapping[str, str]

    def fail(self, column: str, allowed: str) -> NoReturn:
        """Refuse the cell of a column."""
        raise InputError(
            f"{self.file}, line {self.line}, column {column!r}: "
            f"{shown(self.cells.get(column, ''))!r}; allowed are {allowed}"
        )

    def operations(self, most: int) -> list[NetOp]:
        """The line as operations, as many as `repeat` says; `InputError` beyond `most` of them."""
        if not self.cells["name"]:
            self.fail("name", "names such as layer1.0.conv1")
        if len(self.cells["name"]) > MAX_NAME:
            self.fail("name", f"up to {MAX_NAME} characters")
        op = self.operation()
        repeat = self.integer("repeat", 1)
        if repeat > _MAX_REPEAT:
            self.fail("repeat", f"integers up to {_MAX_REPEAT}")
        if repeat > most:
            raise InputError(
                f"{self.file}, line {self.line}: more layers than a file may have; allowed are "
                f"{most} more"
            )
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
            op = readers[kind]()
            return self.placed(op) if self.cells.get("variant") else op
        except InputError:
            raise
        except CostModelError as error:
            raise InputError(f"{self.file}, line {self.line}: {error}") from None

    def placed(self, op: NetOp) -> NetOp:
        """The operation with a variant in the layer's place."""
        if op.layer is None:
            self.fail("variant", "an empty cell: this line is no convolution or linear layer")
        choice = read_choice(self.cells["variant"])
        return substitute(op, bind(choice.variant, op.layer, dict(choice.hyper)))

    def convolution(self) -> NetOp:
        """A convolution, transposed or not."""
        kernel = self.read("kernel", read_axes, 1)
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
            stride=self.read("stride", read_axes, 1),
            padding=self.read("padding", read_padding, 0),
            output_padding=self.read("output_padding", read_axes, 0),
            dilation=self.read("dilation", read_axes, 1),
            groups=self.integer("groups", None),
            bias=self.flag("bias"),
            transposed=self.cells["kind"] == "conv_transpose",
        )
        norm = self.integer("norm", 0, low=0) * layer.out_channels
        return NetOp.conv(self.cells["name"], layer, norm=norm)

    def linear(self) -> NetOp:
        """A linear layer."""
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
        """A product of two activations."""
        return NetOp.product(
            self.cells["name"],
            rows=self.integer("positions", 1),
            inner=self.integer("in_channels", None),
            columns=self.integer("out_channels", None),
            batch=self.integer("heads", 1),
        )

    def normalisation(self) -> NetOp:
        """A normalisation of its own."""
        channels, each = self.integer("in_channels", None), self.integer("norm", None)
        return NetOp(
            self.cells["name"],
            "norm",
            work=channels * self.integer("positions", 1),
            parameters=(Parameter(channels * each, "norm"),),
        )

    def embedding(self) -> NetOp:
        """A table of trained numbers."""
        count = self.integer("in_channels", None) * self.integer("out_channels", None)
        return NetOp.table(self.cells["name"], count)

    # -- cells -----------------------------------------------------------------------------------
    def text(self, column: str) -> str:
        """A cell; an empty one of a layer says what layers have by default."""
        return self.cells.get(column) or USUAL.get(column, "")

    def read(self, column: str, read: Callable[..., Any], low: int) -> Any:
        """A cell's value, from `low` up."""
        try:
            return read(self.text(column), low)
        except InputError as error:
            raise InputError(f"{self.file}, line {self.line}, column {column!r}: {error}") from None

    def integer(self, column: str, default: int | None, low: int = 1) -> int:
        """An integer cell; `default` None means that it is needed."""
        if not self.text(column) and default is not None:
            return default
        value: int = self.read(column, read_integer, low)
        return value

    def flag(self, column: str) -> bool:
        """Yes or no."""
        text = self.text(column).lower()
        if text not in ("0", "1", "true", "false", "yes", "no"):
            self.fail(column, "0 and 1")
        return text in ("1", "true", "yes")

    def size(self) -> tuple[int, ...]:
        """The input size: as many of depth, height and width as are given, without gaps."""
        given = [bool(self.cells.get(column)) for column in _SIZES]
        if given != sorted(given):
            column = next(c for c in reversed(_SIZES) if not self.cells.get(c))
            self.fail(column, "sizes of every axis: width, height and width, or all three")
        return tuple(self.integer(c, None) for c, g in zip(_SIZES, given, strict=True) if g)
