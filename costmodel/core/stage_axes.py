"""Which axes of a stage a plain convolution takes for what, and the shape that its weight has then.

The axes of a stage have four roles (`StageLine`). A convolution has two: groups, and channels read
and written within each. Shared axes go to its batch, grouped ones are its groups, summed ones its
input channels, new ones its output channels; a pattern of taps and a window whose tap the channel
picks become channels as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOW_LETTERS
from costmodel.core.taps import Tap, pattern_of

GROUPS = "the layer's groups"  # an axis of every stage, in front of its own
TAPS = "the pattern's taps"


@dataclass(frozen=True)
class StageAxes:
    """The axes of a bound stage as the convolution that computes it has them.

    letters: of the layer's windows. shared, grouped, summed, new: axes by the part they take.
    read: the input's axes in order, copies by tap behind them. written: the output's, in order.
    diagonal: spatial axis by window letter, where the channel picks the tap. pattern_axes, pattern:
    the spatial axes of a pattern, and its taps on them.
    """

    stage: BoundStage
    letters: tuple[str, ...]
    shared: tuple[str, ...]
    grouped: tuple[str, ...]
    summed: tuple[str, ...]
    new: tuple[str, ...]
    read: tuple[str, ...]
    written: tuple[str, ...]
    diagonal: dict[str, int]
    pattern_axes: list[int]
    pattern: list[Tap]

    @classmethod
    def of(cls, stage: BoundStage) -> StageAxes:
        """The axes of a stage whose sizes are ints."""
        line, transposed = stage.line, stage.transposed
        letters = WINDOW_LETTERS[len(stage.geometry)]
        pattern_axes, pattern = pattern_of(stage)
        diagonal = {letter: axis for axis, letter in enumerate(letters) if letter in line.summed}
        kept = diagonal if transposed else {}  # added up after the convolution
        copies = (TAPS,) if pattern else ()
        summed = tuple(name for name in line.summed if name not in kept)
        return cls(
            stage,
            letters,
            line.shared,
            (GROUPS, *(n for n in line.input_names if n in line.grouped or n in kept)),
            summed if transposed else (*summed, *copies),
            (*line.new, *copies) if transposed else line.new,
            (GROUPS, *line.input_names, *(() if transposed else copies)),
            (GROUPS, *line.output_names),
            diagonal,
            pattern_axes,
            pattern,
        )

    @property
    def order(self) -> tuple[str, ...]:
        """The axes of `read` as the convolution reads them."""
        return (*self.shared, *self.grouped, *self.summed)

    @property
    def result(self) -> tuple[str, ...]:
        """The axes of its result."""
        return (*self.shared, *self.grouped, *self.new)

    @property
    def weight(self) -> tuple[str, ...]:
        """The channel axes of its weight, in order."""
        if self.stage.transposed:
            return (*self.grouped, *self.summed, *self.new)
        return (*self.grouped, *self.new, *self.summed)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The size of every axis that is not a window of the convolution."""
        known = {GROUPS: self.stage.groups, TAPS: len(self.pattern), **self.stage.sizes}
        return {name: int(known[name]) for name in dict.fromkeys((*self.read, *self.new))}

    def size(self, names: Iterable[str]) -> int:
        """The product of some axes' sizes."""
        result = 1
        for name in names:
            result *= self.sizes[name]
        return result

    @property
    def kernel(self) -> tuple[int, ...]:
        """The convolution's window: 1 on axes whose taps are channels instead."""
        channels = (*self.diagonal.values(), *self.pattern_axes)
        return tuple(
            1 if axis in channels else int(g.kernel) for axis, g in enumerate(self.stage.geometry)
        )

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """The shape of the convolution's weight, as PyTorch has it."""
        groups, summed, new = map(self.size, (self.grouped, self.summed, self.new))
        channels = (groups * summed, new) if self.stage.transposed else (groups * new, summed)
        return (*channels, *self.kernel)
