"""A stage as a formula of tensors: `Y[n] = Σ_{m,i,j} W[n,m,i,j] X[m]`.

Pixels are implicit, as in the notation: X is read at the positions that the window indices name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from costmodel.core import notation
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import InputAxis, StageLine, WeightAxis
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
    latex: bool

    def one(self, name: str) -> str:
        return letter_latex(name) if self.latex else name

    def list(self, names: Iterable[str]) -> str:
        return self.comma.join(map(self.one, names))


_STYLES = {
    "text": _Signs(",", "{0}[{1}]", "Σ_{{{0}}} ", "~", "±", "∈", False),
    "latex": _Signs(", ", "{0}_{{{1}}}", r"\sum_{{{0}}} ", r" \sim ", r" \pm ", r" \in ", True),
}


def einsum_formula(stage: str | StageLine | BoundStage, style: str = "text") -> str:
    """The sum that a stage computes, with the indices in the declaration's order.

    Args:
        stage: a stage line as text, parsed, or bound to sizes.
        style: "text" (Unicode) or "latex" (without dollars).

    Raises:
        CostModelError: another style, or text that is not one single stage.

    >>> einsum_formula("m, m b i j -> m b")
    'Y[m,b] = Σ_{i,j} W[m,b,i,j] X[m]'
    """
    if style not in _STYLES:
        raise CostModelError(unknown("style", style, _STYLES))
    write, line = _STYLES[style], _line(stage)
    outputs = line.output_names
    indices = [
        _pattern(axis, write) if axis.pattern else write.list(axis.names)
        for axis in line.contracted
    ]
    total = write.sum.format(write.comma.join(indices)) if indices else ""
    inputs = write.comma.join(_input(axis, write) for axis in line.inputs)
    return (
        f"{write.tensor.format('Y', write.list(outputs))} = {total}"
        f"{write.tensor.format('W', write.list(line.weight_names))} "
        f"{write.tensor.format('X', inputs)}"
    )


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
