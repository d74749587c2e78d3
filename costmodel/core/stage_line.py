"""What a declaration consists of once it is read: items in a row, stages, and their axes.

Plain frozen values without sizes; `notation` makes them from text and `bind` puts numbers in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import assert_never

from costmodel.core.expression import Expr

#: Window letters by number of spatial axes, in the order of `ConvLayer.size`.
WINDOW_LETTERS: dict[int, tuple[str, ...]] = {1: ("i",), 2: ("i", "j"), 3: ("l", "i", "j")}
WINDOWS = frozenset("ijl")
#: In a weight: one stage per window axis in turn.
EACH = "x"
#: Names that a hyper-parameter cannot have: axes of the layer, and its grid in expressions.
RESERVED = ("m", "n", "i", "j", "l", "x", "h", "w", "H", "W", "taps")
#: What may follow an `@`, and what it means.
OPTIONS = {
    "down": "the stage's window strides by this factor on top of the layer's stride",
    "up": "a transposed stage with this stride, back to the grid of the layer's output",
    "dilation": "the dilation of this stage's window, on top of the layer's",
    "macs": "an explicit multiply count, for algorithms that do not follow the stage rule",
}


@dataclass(frozen=True)
class InputAxis:
    """One axis of a stage's input: a name, or a window over channels, `position sign tap`.

    sign: "+" reads channel position + tap; "~" spreads the positions evenly over the channels, both
    wrap round; "+-" spreads them too, with each in the middle of its window and zeros outside.
    """

    name: str
    at: int
    tap: str = ""
    sign: str = ""
    size: Expr | None = None

    @property
    def spread(self) -> bool:
        """Whether the positions are spread evenly, however many there are."""
        return self.sign in ("~", "+-")

    @property
    def zeros(self) -> bool:
        """Whether there are zeros outside of the channels, instead of the other end of them."""
        return self.sign == "+-"

    @property
    def names(self) -> tuple[str, ...]:
        """The axis names that index this axis: one, or position and tap."""
        return (self.name, self.tap) if self.tap else (self.name,)

    @property
    def key(self) -> str:
        """The name under which a bound stage has the size of this axis."""
        return f"{self.name}+{self.tap}" if self.tap else self.name

    def __str__(self) -> str:
        text = f"{self.name}{self.sign}{self.tap}"
        return text if self.size is None else f"{text}={self.size}"


@dataclass(frozen=True)
class WeightAxis:
    """One axis of a weight: a name, a window of its own size, or a pattern of a window's taps."""

    names: tuple[str, ...]
    at: int
    size: Expr | None = None
    pattern: bool = False

    @property
    def key(self) -> str:
        """The name under which a bound stage has the size of this axis."""
        return "(" + " ".join(self.names) + ")" if self.pattern else self.names[0]

    def __str__(self) -> str:
        return self.key if self.size is None else f"{self.key}={self.size}"


@dataclass(frozen=True)
class StageLine:
    """A parsed stage: `inputs, weights -> outputs @options`, with offsets for error messages."""

    inputs: tuple[InputAxis, ...]
    weights: tuple[WeightAxis, ...]
    outputs: tuple[InputAxis, ...]
    options: tuple[tuple[str, Expr], ...]
    text: str
    at: int

    @property
    def axes(self) -> tuple[InputAxis | WeightAxis, ...]:
        """Every axis as it stands in the line."""
        return (*self.inputs, *self.weights, *self.outputs)

    # looked up again and again while a stage is bound and counted
    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """Every name that indexes the input, in order."""
        return tuple(name for axis in self.inputs for name in axis.names)

    @cached_property
    def weight_names(self) -> tuple[str, ...]:
        """Every name that indexes the weight, in order."""
        return tuple(name for axis in self.weights for name in axis.names)

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """Every name that indexes the output, in order."""
        return tuple(axis.name for axis in self.outputs)

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """The spatial window letters of the weight (those that the output does not keep)."""
        return tuple(
            name
            for name in self.weight_names
            if (name in WINDOWS or name == EACH) and name not in self.output_names
        )

    # -- the four roles of an axis; every other one is a window, in the weight alone ---------------
    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Names in input and output only: the same weight runs over each, as over a batch."""
        return tuple(
            name
            for name in self.input_names
            if name in self.output_names and name not in self.weight_names
        )

    @cached_property
    def grouped(self) -> tuple[str, ...]:
        """Names in input, weight and output: each has a convolution of its own."""
        return tuple(
            name
            for name in self.input_names
            if name in self.output_names and name in self.weight_names
        )

    @cached_property
    def summed(self) -> tuple[str, ...]:
        """Names in input and weight only: what one output adds up, beside its window.

        A window letter among them is one whose tap the channel picks (`n j, n i j -> n`).
        """
        return tuple(name for name in self.input_names if name not in self.output_names)

    @cached_property
    def new(self) -> tuple[str, ...]:
        """Names in weight and output only: each gives an output of its own."""
        return tuple(name for name in self.output_names if name not in self.input_names)

    @cached_property
    def contracted(self) -> tuple[WeightAxis, ...]:
        """The weight axes that the output does not keep: it adds up the products over them."""
        return tuple(a for a in self.weights if not set(self.output_names).intersection(a.names))

    @property
    def isotropic(self) -> bool:
        """Whether the window covers all axes alike, and so means the same in 1-D and 3-D."""
        sizes = {a.names[0]: str(a.size) for a in self.weights if not a.pattern}
        return EACH in self.windows or (
            set(self.windows) in (set(), {"i", "j"}) and sizes.get("i") == sizes.get("j")
        )

    def option(self, name: str) -> Expr | None:
        """The value of an option, None where it is not given."""
        return dict(self.options).get(name)

    def with_weights(self, weights: tuple[WeightAxis, ...]) -> StageLine:
        """The same line with other weight axes, and a text that says so."""
        text = (
            f"{' '.join(map(str, self.inputs))}, {' '.join(map(str, weights))} -> "
            f"{' '.join(map(str, self.outputs))}"
        )
        if self.options:
            text += " @ " + " ".join(f"{name}={value}" for name, value in self.options)
        return replace(self, weights=weights, text=text)


def expand_windows(line: StageLine, dims: int, literal: bool) -> list[StageLine]:
    """Fit the window letters of a line to a layer with `dims` spatial axes.

    `x` becomes one stage per window axis. A line with both `i` and `j` carries the whole window in
    any dimension (in 1-D `j` falls away, in 3-D `l` joins), unless the variant names `l` itself.
    """
    letters = WINDOW_LETTERS[dims]
    if EACH in line.weight_names:
        return [_on_axis(line, letter) for letter in letters]
    if literal or dims == 2 or not line.windows:
        return [line]
    axes: list[WeightAxis] = []
    for axis in line.weights:
        if not WINDOWS.intersection(axis.names):
            axes.append(axis)
        elif axis.pattern:
            axes.append(replace(axis, names=letters))
        elif axis.names == ("i",):
            axes += [replace(axis, names=(letter,)) for letter in letters]
    return [line.with_weights(tuple(axes))]


def _on_axis(line: StageLine, letter: str) -> StageLine:
    """The line with its `x` as the window of one spatial axis."""
    return line.with_weights(
        tuple(
            replace(axis, names=tuple(letter if name == EACH else name for name in axis.names))
            for axis in line.weights
        )
    )


@dataclass(frozen=True)
class Slice:
    """Take the channels `low:high` of the input; None is the beginning or the end."""

    low: Expr | None
    high: Expr | None
    at: int


@dataclass(frozen=True)
class Resample:
    """Average pooling by a factor (`/2`), or upsampling (`*2`) that undoes it."""

    factor: int
    up: bool
    at: int


@dataclass(frozen=True)
class Block:
    """Parallel branches joined by "concat" or "sum", or one branch, `times` in a row."""

    branches: tuple[Sequence, ...]
    mode: str
    times: Expr | None
    at: int


#: What stands between two `|`; who walks over items ends with `assert_never`.
Item = StageLine | Slice | Resample | Block


@dataclass(frozen=True)
class Sequence:
    """Items one after the other; an empty sequence passes its input on.

    where_same: whether it is a branch only where the block's output has the shape of its input.
    """

    items: tuple[Item, ...]
    where_same: bool = False

    def stages(self) -> list[StageLine]:
        """Every stage line in reading order, those inside blocks included."""
        lines: list[StageLine] = []
        for item in self.items:
            match item:
                case StageLine():
                    lines.append(item)
                case Block():
                    lines += [line for branch in item.branches for line in branch.stages()]
                case Slice() | Resample():
                    pass
                case _:
                    assert_never(item)
        return lines

    def expressions(self) -> Iterator[tuple[Expr, int]]:
        """Every expression, and where the item or axis that holds it begins in the text."""
        for item in self.items:
            match item:
                case StageLine():
                    yield from ((axis.size, axis.at) for axis in item.axes if axis.size is not None)
                    yield from ((value, item.at) for _, value in item.options)
                case Slice():
                    yield from ((end, item.at) for end in (item.low, item.high) if end is not None)
                case Block():
                    if item.times is not None:
                        yield item.times, item.at
                    for branch in item.branches:
                        yield from branch.expressions()
                case Resample():
                    pass
                case _:
                    assert_never(item)
