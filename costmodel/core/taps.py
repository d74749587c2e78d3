"""Which taps a window has, and what they read: patterns of taps, and windows over channels."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

from costmodel.core.numbers import (
    Number,
    cell_by_cell,
    equal,
    floor_div,
    is_exact,
    is_symbolic,
    largest,
    product,
    same,
    unevaluated,
)
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOW_LETTERS, InputAxis

#: One tap of a window: its offset on every axis of the pattern, in taps.
Tap = tuple[int, ...]


def channel_indices(stage: BoundStage, axis: InputAxis) -> list[list[int]]:
    """Which input channel each (position, tap) of a channel window reads.

    `e+c` reads channel e + c, `e~c` spreads the positions evenly: ⌊e·total/positions⌋ + c; both
    wrap round. `e+-c` reads `zeros_before` channels earlier, and a zero, index `total`, outside.
    """
    total, positions, taps = (int(stage.sizes[name]) for name in (axis.key, *axis.names))
    starts = (
        [position * total // positions for position in range(positions)]
        if axis.spread
        else range(positions)
    )
    if not axis.zeros:
        return [[(start + tap) % total for tap in range(taps)] for start in starts]
    before = zeros_before(total, positions, taps)
    places = [[start + tap - before for tap in range(taps)] for start in starts]
    return [[place if 0 <= place < total else total for place in row] for row in places]


def zeros_before(total: Number, positions: Number, taps: Number) -> Number:
    """Zeros in front of the channels of a window `e+-c`; of an odd number one more is behind.

    A window of c taps at stride s = total / positions needs max(c − s, 0) in all, as the "same"
    padding of TensorFlow has it.
    """
    return floor_div(largest(taps * positions - total, 0), 2 * positions)


def nearest_taps(extents: Sequence[int], count: int) -> list[Tap]:
    """The default pattern: the `count` taps nearest the centre, in reading order."""
    centre = [(extent - 1) / 2 for extent in extents]
    grid = list(itertools.product(*(range(extent) for extent in extents)))
    grid.sort(key=lambda tap: (sum((t - c) ** 2 for t, c in zip(tap, centre, strict=True)), tap))
    return sorted(grid[:count])


def pattern_of(stage: BoundStage) -> tuple[list[int], list[Tap]]:
    """The spatial axes of a stage's pattern, and its taps on them; nothing without a pattern."""
    places, extents, count = _pattern(stage)
    return places, nearest_taps(extents, count) if places else []


def extent(stage: BoundStage, axis: int) -> Number:
    """How many taps apart the outermost ones on a spatial axis are, both included.

    The window's side; of a pattern the side of those that exist.
    """
    places, extents, count = _pattern(stage)
    whole = stage.geometry[axis].kernel
    if axis not in places or equal(same(count, product(extents)), 1):
        return whole
    return _extent(count, places.index(axis), *extents)


def _extent(*values: Number) -> Number:
    """`nearest_extent` of any kind of numbers; of symbols as it stands."""
    if any(map(is_symbolic, values)):
        return unevaluated("taps_extent", _extent, *values, positive=True)
    if all(map(is_exact, values)):
        return nearest_extent(*values)
    return cell_by_cell(nearest_extent, *values)


def _pattern(stage: BoundStage) -> tuple[list[int], list[Number], Number]:
    letters = WINDOW_LETTERS[len(stage.geometry)]
    for axis in stage.line.weights:
        if axis.pattern:
            places = [letters.index(name) for name in axis.names]
            extents = [stage.geometry[place].kernel for place in places]
            return places, extents, stage.weight_axis_size(axis)
    return [], [], 0


@functools.lru_cache(maxsize=1024)
def nearest_extent(count: int, place: int, *extents: int) -> int:
    """The side, on one axis of its own, of the default pattern."""
    offsets = [tap[place] for tap in nearest_taps(extents, count)]
    return max(offsets) - min(offsets) + 1
