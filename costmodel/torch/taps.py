"""Index arithmetic that module and reference agree on: channel windows and patterns of taps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOW_LETTERS, InputAxis

#: One tap of a window: its offset on every axis of the pattern, in taps.
Tap = tuple[int, ...]


def channel_indices(stage: BoundStage, axis: InputAxis) -> list[list[int]]:
    """Which input channel each (position, tap) of a channel window reads, wrapping round.

    `e+c` reads channel e + c, `e~c` spreads the positions evenly: ⌊e·total/positions⌋ + c.
    """
    total, positions, taps = (int(stage.sizes[name]) for name in (axis.key, *axis.names))
    starts = (
        [position * total // positions for position in range(positions)]
        if axis.spread
        else range(positions)
    )
    return [[(start + tap) % total for tap in range(taps)] for start in starts]


def nearest_taps(extents: Sequence[int], count: int) -> list[Tap]:
    """The default pattern: the `count` taps nearest the centre, in reading order."""
    centre = [(extent - 1) / 2 for extent in extents]
    grid = list(itertools.product(*(range(extent) for extent in extents)))
    grid.sort(key=lambda tap: (sum((t - c) ** 2 for t, c in zip(tap, centre, strict=True)), tap))
    return sorted(grid[:count])


def pattern_of(stage: BoundStage) -> tuple[list[int], list[Tap]]:
    """The spatial axes of a stage's pattern, and its taps on them; nothing without a pattern."""
    letters = WINDOW_LETTERS[len(stage.geometry)]
    for axis in stage.line.weights:
        if axis.pattern:
            places = [letters.index(name) for name in axis.names]
            extents = [stage.geometry[place].kernel for place in places]
            return places, nearest_taps(extents, stage.weight_axis_size(axis))
    return [], []
