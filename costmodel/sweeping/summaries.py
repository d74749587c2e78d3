"""Summaries of groups: how many points, the least and greatest value, and exact quantiles.

A quantile is a value that occurs: the least one that at least that share of the group's points does
not exceed. It is found without keeping values: every pass counts how many lie in each of many parts
of the range that is left, until one value is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import plain
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.sweeping.cells import Counter
from costmodel.sweeping.over import called
from costmodel.sweeping.part import Blocks, Box, Part
from costmodel.sweeping.space import Space

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

BLOCK = 1 << 20
_BINS = 4096
_MOST_GROUPS = 100_000
#: A group: the place of its part, and the place of its value on each axis that groups.
Group = tuple[int, ...]
#: What is looked for: a group, a metric's key, a share.
Sought = tuple[Group, str, Fraction]


@dataclass
class Extent:
    """What is known of groups after one pass.

    counts: points by group. ends: least and greatest value by group and metric.
    misfits, outside: points that are no rows.
    """

    counts: dict[Group, int] = field(default_factory=dict)
    ends: dict[tuple[Group, str], tuple[Any, Any]] = field(default_factory=dict)
    misfits: int = 0
    outside: int = 0

    def merged(self, other: Extent) -> Extent:
        """Both as one."""
        counts = dict(self.counts)
        for group, count in other.counts.items():
            counts[group] = counts.get(group, 0) + count
        ends = dict(self.ends)
        for key, (low, high) in other.ends.items():
            known = ends.get(key, (low, high))
            ends[key] = min(known[0], low), max(known[1], high)
        return Extent(counts, ends, self.misfits + other.misfits, self.outside + other.outside)


class Grouped:
    """The blocks of a space, group by group.

    by: names of axes, and "variant"; metrics: keys.
    """

    def __init__(self, space: Space, by: Sequence[str], metrics: Sequence[str]) -> None:
        self.space, self.metrics = space, tuple(metrics)
        self.by = by = tuple(map(called, by))
        self.blocks = [Blocks(part.shape, BLOCK) for part in space.parts]
        self._counters = [Counter(part, metrics) for part in space.parts]
        self.axes = [_axes(part, by) for part in space.parts]
        for name in by:
            if name != "variant" and not any(
                name in (over.name, over.letter, *over.fields)
                for part in space.parts
                for over in part.axes
            ):
                raise InputError(f"group {name!r}; allowed are 'variant' and what varies")
        groups = sum(
            math.prod(part.shape[axis] for axis in axes)
            for part, axes in zip(space.parts, self.axes, strict=True)
        )
        if groups > _MOST_GROUPS:
            raise InputError(f"{groups:,} groups; allowed are up to {_MOST_GROUPS:,}")

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def key(self, part: int, digits: Sequence[int]) -> Group:
        """The group of these places on the axes that group."""
        return (part if "variant" in self.by else -1, *self._values(part, digits))

    def _values(self, part: int, digits: Sequence[int]) -> tuple[Any, ...]:
        own = self.space.parts[part].axes
        names = [n for n in self.by if n != "variant"]
        at = {
            name: own[axis].values[digit]
            for axis, digit in zip(self.axes[part], digits, strict=True)
            for name in names
            if name in (own[axis].name, own[axis].letter, *own[axis].fields)
        }
        return tuple(at.get(name) for name in names)

    def extent(self, number: int) -> Extent:
        """Counts and ends in one block."""
        place, box, values, fits, outside = self._block(number)
        result = Extent(outside=outside, misfits=int(fits.size - fits.sum()) - outside)
        for row, digits in enumerate(self._digits(place, box)):
            count = int(fits[row].sum())
            if not count:
                continue
            own: dict[tuple[Group, str], tuple[Any, Any]] = {}
            group = self.key(place, digits)
            for metric, table in values.items():
                found = table[row][fits[row]]
                own[group, metric] = (_exact(found.min()), _exact(found.max()))
            result = result.merged(Extent({group: count}, own))
        return result

    def histogram(self, ranges: Mapping[Sought, tuple[int, int]], number: int) -> dict[Sought, Any]:
        """How many values of a block lie in each part of the range of what is sought."""
        import numpy

        place, box, values, fits, _ = self._block(number)
        result: dict[Sought, Any] = {}
        for row, digits in enumerate(self._digits(place, box)):
            group = self.key(place, digits)
            for sought, (low, high) in ranges.items():
                if sought[0] != group:
                    continue
                found = values[sought[1]][row][fits[row]]
                inside = found[(found >= low) & (found <= high)]
                parts = ((inside - low) // _width(low, high)).astype(numpy.int64)
                bins = numpy.bincount(parts, minlength=_BINS)
                result[sought] = result[sought] + bins if sought in result else bins
        return result

    def _digits(self, place: int, box: Box) -> list[tuple[int, ...]]:
        return list(itertools.product(*(range(*box[axis]) for axis in self.axes[place])))

    def _block(self, number: int) -> tuple[int, Box, dict[str, Array], Array, int]:
        """A block's values with a row per group."""
        import numpy

        for place, blocks in enumerate(self.blocks):  # noqa: B007
            if number < len(blocks):
                break
            number -= len(blocks)
        box = self.blocks[place][number]
        cells = self._counters[place].cells(box)
        axes = self.axes[place]
        rest = [axis for axis in range(len(box)) if axis not in axes]
        rows = math.prod(cells.shape[axis] for axis in axes)

        def by_group(value: Any) -> Any:
            whole = numpy.broadcast_to(value, cells.shape)
            return whole.transpose([*axes, *rest]).reshape(rows, -1)

        fits = by_group(cells.fits)
        values = {}
        for metric in self.metrics:
            value = cells.values.get(metric, 0)
            if not hasattr(value, "dtype"):
                value = numpy.array(value, dtype=object if abs(value) >= 2**63 else numpy.int64)
            values[metric] = by_group(value)
        return place, box, values, fits, cells.outside


def narrowed(
    ranges: Mapping[Sought, tuple[int, int]],
    ranks: dict[Sought, int],
    counted: Mapping[Sought, Any],
) -> dict[Sought, tuple[int, int]]:
    """The ranges after one more pass; ranks become those within them."""
    result = {}
    for sought, (low, high) in ranges.items():
        width, below = _width(low, high), 0
        for place, count in enumerate(counted[sought].tolist()):
            if below + count >= ranks[sought]:
                ranks[sought] -= below
                result[sought] = (low + place * width, min(high, low + (place + 1) * width - 1))
                break
            below += count
    return result


def quantile_ranks(
    extent: Extent, metrics: Sequence[str], shares: Sequence[Fraction]
) -> dict[Sought, int]:
    """Which value in order each quantile is, from 1 on."""
    for metric in metrics:
        if shares and not METRICS[metric].whole:
            raise InputError(f"quantiles of {metric!r}; allowed are metrics that are integers")
    return {
        (group, metric, share): max(1, math.ceil(share * count))
        for group, count in extent.counts.items()
        for metric in metrics
        for share in shares
    }


def _exact(value: Any) -> Any:
    """A number of an array as Python's own."""
    return value.item() if hasattr(value, "item") else plain(value)


def _width(low: int, high: int) -> int:
    return -(-(high - low + 1) // _BINS)


def _axes(part: Part, by: Sequence[str]) -> list[int]:
    return [
        axis
        for axis, over in enumerate(part.axes)
        if {over.name, over.letter, *over.fields}.intersection(by)
    ]
