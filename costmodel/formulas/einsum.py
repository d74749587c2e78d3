"""A stage as a formula of tensors: `Y[n,y,x] = Σ_{m,i,j} W[n,m,i,j] X[m,y+i,x+j]`.

y and x (and z in 3-D) are positions; X reads zero outside of its grid. Of a stage with sizes,
stride, dilation and the zeros in front stand in the positions: `X[m,2y+i-1,x+2j-2]`. A line without
sizes has stride and dilation 1 and counts taps from the first position that they reach; an axis `x`
in turn has the position p. A transposed window writes where the others read, for all of its taps:
`Y[n,2y+i-1,…] += …`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from costmodel.core import notation
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import EACH, WINDOW_LETTERS, InputAxis, StageLine, WeightAxis
from costmodel.errors import CostModelError, unknown
from costmodel.formulas.printing.latex_printer import letter_latex


@dataclass(frozen=True)
class _Signs:
    """How indices are written: `one` letter, the `comma`, a `tensor`, a `sum`, and four signs."""

    comma: str
    tensor: str
    sum: str
    spread: str
    around: str
    member: str
    times: str
    dot: str
    adds: str
    latex: bool

    def one(self, name: str) -> str:
        return letter_latex(name) if self.latex else name

    def list(self, names: Iterable[str]) -> str:
        return self.comma.join(map(self.one, names))


# Names of a position, by its axis' letter in a window; the second one where a line has the first.
_PLACES = {"l": ("z", "w"), "i": ("y", "h"), "j": ("x", "w"), EACH: ("p", "h")}
#: What the indices of a line without sizes mean, for below its formula.
POSITIONS = (
    "y and x are positions, at stride 1. A window's taps count from the first position that it "
    "reaches; outside of its grid X is zero."
)
_STYLES = {
    "text": _Signs(",", "{0}[{1}]", "Σ_{{{0}}} ", "~", "±", "∈", "", "·", "+=", False),
    "latex": _Signs(
        *(", ", "{0}_{{{1}}}", r"\sum_{{{0}}} ", r" \sim ", r" \pm ", r" \in "),
        *(" ", r" \cdot ", "{+}=", True),
    ),
}


def einsum_formula(
    stage: str | StageLine | BoundStage, style: str = "text", transposed: bool = False
) -> str:
    """The sum that a stage computes, with the indices in the declaration's order.

    Args:
        stage: a stage line as text, parsed, or bound to sizes.
        style: "text" (Unicode) or "latex" (without dollars).
        transposed: whether the window of a line without sizes is a transposed one.

    Raises:
        CostModelError: another style, or text that is not one single stage.

    >>> einsum_formula("m, m b i j -> m b")
    'Y[m,b,y,x] = Σ_{i,j} W[m,b,i,j] X[m,y+i,x+j]'
    """
    if style not in _STYLES:
        raise CostModelError(unknown("style", style, _STYLES))
    write, line = _STYLES[style], _line(stage)
    moves = _moves(stage, line, transposed)
    scattered = {letter for move in moves if move.scatters for letter in move.taps}
    indices = [
        _pattern(axis, write) if axis.pattern else write.list(axis.names)
        for axis in line.contracted
        if not scattered.issuperset(axis.names)
    ]
    total = write.sum.format(write.comma.join(indices)) if indices else ""
    inputs = [_input(axis, write) for axis in line.inputs]
    outputs = list(map(write.one, line.output_names))
    outputs += [move.reached(write) if move.scatters else write.one(move.place) for move in moves]
    inputs += [write.one(move.place) if move.scatters else move.reached(write) for move in moves]
    return (
        f"{write.tensor.format('Y', write.comma.join(outputs))} "
        f"{write.adds if scattered else '='} {total}"
        f"{write.tensor.format('W', write.list(line.weight_names))} "
        f"{write.tensor.format('X', write.comma.join(inputs))}"
    )


def places(stage: BoundStage) -> tuple[str, ...]:
    """The names of the positions in the stage's formula, one per spatial axis."""
    return tuple(move.place for move in _moves(stage, stage.line, False))


@dataclass(frozen=True)
class _Move:
    """How a window moves along one spatial axis: stride · place + dilation · tap − before.

    tap: the window's letter, "" without a window. scatters: whether that is where a transposed
    window writes, instead of where a window reads.
    """

    place: str
    tap: str = ""
    stride: str = "1"
    dilation: str = "1"
    before: int = 0
    scatters: bool = False

    @property
    def taps(self) -> tuple[str, ...]:
        return (self.tap,) if self.tap else ()

    def reached(self, write: _Signs) -> str:
        """The position that a tap reaches."""
        text = _term(self.stride, self.place, write)
        if self.tap:
            text += f"+{_term(self.dilation, self.tap, write)}"
        return f"{text}{-self.before:+d}" if self.before else text


def _moves(stage: str | StageLine | BoundStage, line: StageLine, transposed: bool) -> list[_Move]:
    """One move per spatial axis; of a line without sizes in 2-D, or along whatever axis `x` is."""
    names = {*line.input_names, *line.weight_names, *line.output_names}

    def place(letter: str) -> str:
        return next(name for name in _PLACES[letter] if name not in names)

    if isinstance(stage, BoundStage):
        return [
            _Move(
                place(letter),
                letter if letter in line.windows else "",
                str(g.stride),
                str(g.dilation),
                int(g.pads[0]),
                g.transposed and letter in line.windows,
            )
            for letter, g in zip(WINDOW_LETTERS[len(stage.geometry)], stage.geometry, strict=True)
        ]
    steps = {name: line.option(name) for name in ("up", "down", "dilation")}
    stride, dilation = str(steps["up"] or steps["down"] or 1), str(steps["dilation"] or 1)
    scatters = transposed or steps["up"] is not None
    letters = (EACH,) if EACH in line.windows else WINDOW_LETTERS[3 if "l" in line.windows else 2]
    return [
        _Move(place(letter), letter, stride, dilation, 0, scatters)
        if letter in line.windows
        else _Move(place(letter))
        for letter in letters
    ]


def _term(factor: str, name: str, write: _Signs) -> str:
    if factor == "1":
        return write.one(name)
    times = write.times if factor.isdigit() else write.dot
    return f"{factor if factor.isdigit() else write.one(factor)}{times}{write.one(name)}"


def _line(stage: str | StageLine | BoundStage) -> StageLine:
    if isinstance(stage, BoundStage):
        return stage.line
    if isinstance(stage, StageLine):
        return stage
    lines = notation.parse(stage).stages()
    if len(lines) != 1:
        raise CostModelError(f"{len(lines)} stages in {stage!r}; allowed is one")
    return lines[0]


def _pattern(axis: WeightAxis, write: _Signs) -> str:
    """Window indices that run together over the taps that exist: (i,j)∈T."""
    return f"({write.list(axis.names)}){write.member}{axis.size}"


def _input(axis: InputAxis, write: _Signs) -> str:
    """One index of the input; of a channel window position and tap, with what is between them."""
    if not axis.tap:
        return write.one(axis.name)
    sign = {"+": "+", "~": write.spread, "+-": write.around}[axis.sign]
    return f"{write.one(axis.name)}{sign}{write.one(axis.tap)}"
