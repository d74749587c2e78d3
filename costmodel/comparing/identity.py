"""Whether two chains of stages are one and the same convolution, whatever their axes are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.core.bound import BoundBlock, BoundSequence, BoundVariant
from costmodel.core.stage import BoundStage
from costmodel.errors import CostModelError


def chain(bound: BoundVariant) -> tuple[BoundStage, ...]:
    """The stages of a variant that is nothing but stages in a row.

    A residual around all of them is left out: it has no weights, and adds what came in.

    Raises:
        CostModelError: it has other branches, channel windows, patterns of taps or options.
    """
    items = _inside(bound.program).items
    stages = tuple(item for item in items if isinstance(item, BoundStage))
    if len(stages) != len(items) or not all(map(_plain, stages)):
        raise CostModelError(
            f"{bound.variant.id} is no plain chain: {bound.variant.stages}; allowed are stages in "
            "a row, without channel windows, patterns and options"
        )
    return stages


def same_stages(
    one: Sequence[BoundStage], other: Sequence[BoundStage], backwards: bool = False
) -> bool:
    """Whether two chains are the same, up to the names of axes and axes of size one.

    With each other's weights they then compute the same function, and cost the same by any metric.

    Args:
        one, other: stages of `chain`, of ints or symbols; sizes are equal where they look equal.
        backwards: whether the other is to be read from its output to its input: then it is the
            transpose of the first, and computes its gradient.
    """
    forms = [_form(stage) for stage in one]
    others = [_form(stage, backwards) for stage in (reversed(other) if backwards else other)]
    return forms == others


def _inside(program: BoundSequence) -> BoundSequence:
    """What stands in a residual around the whole program, or the program itself."""
    match program.items:
        case (BoundBlock(mode="sum", times=1) as block,):
            full = [branch for branch in block.branches if branch.items]
            return full[0] if len(full) == 1 else program
    return program


def _plain(stage: BoundStage) -> bool:
    line = stage.line
    windows = any(axis.tap for axis in line.inputs) or any(axis.pattern for axis in line.weights)
    return not windows and not line.options


def _form(stage: BoundStage, backwards: bool = False) -> tuple[Any, ...]:
    """A stage with numbers for names: axes in the order in which they are first met.

    The order of the axes stays: it says which channel of one stage is which of the next.
    """
    line = stage.line
    ends = (line.input_names, line.output_names)
    read, written = reversed(ends) if backwards else ends
    met = [name for name in dict.fromkeys((*read, *written)) if stage.sizes[name] != 1]
    place = {name: index for index, name in enumerate(met)}
    return (
        *(tuple(place[name] for name in names if name in place) for names in (read, written)),
        frozenset(place[name] for name in line.weight_names if name in place),
        frozenset(place[name] for name in line.windows if name in place),
        [stage.sizes[name] for name in met],
        stage.geometry,
        (stage.groups, stage.batch),
    )
