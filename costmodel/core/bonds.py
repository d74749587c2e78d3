"""Factors and bonds: the stages of a variant as one product of small tensors.

What a linear variant computes is one kernel, the product of its stages' weights, summed over every
index that one stage writes and a later one adds up. Such an index is a bond; the others, its input
and output channels and its windows, are the kernel's own and stay open.

    m, r m i -> r | r, n r j -> n        K[n, m, i, j] = Σ_r  A[r, m, i] · B[n, r, j]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import assert_never

from costmodel.core.expression import Expr
from costmodel.core.stage_line import (
    WINDOWS,
    Block,
    Item,
    Resample,
    Sequence,
    Slice,
    StageLine,
    expand_windows,
)
from costmodel.core.variant import Variant

#: An index of the product of tensors: two stages may each have an `r` that is not the other's.
Index = int


#: Where an item stands: (block, branch) from outside to inside.
Place = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Factor:
    """One stage's weight: the indices of its axes, and the branches that it stands in."""

    indices: frozenset[Index]
    place: Place


@dataclass(frozen=True)
class Factors:
    """The weights of a variant, and what their axes are.

    factors: in reading order. names: the axis name of each index. sizes: of each that has a size
    of its own. open: the indices that are no bonds. plain: whether the product is the whole kernel:
    stages and concatenated branches alone, and no window after another one over its axis.
    """

    factors: tuple[Factor, ...]
    names: tuple[str, ...]
    sizes: dict[Index, Expr]
    open: frozenset[Index]
    plain: bool

    def axes(self, indices: Iterable[Index]) -> tuple[str | Expr, ...]:
        """The names of indices, or their sizes where a name does not tell them."""
        return tuple(self.sizes.get(index, self.names[index]) for index in sorted(indices))

    def bonds(self, name: str) -> list[Index]:
        """The indices of that name between the stages; none where one of that name is open."""
        found = [index for index, own in enumerate(self.names) if own == name]
        return [] if self.open.intersection(found) else found


@lru_cache(maxsize=1024)
def factors(variant: Variant, dims: int) -> Factors:
    """The factors of a variant on layers with `dims` spatial axes."""
    walk = _Walk(variant, dims)
    ends = walk.sequence(variant.sequence, None, ())
    walk.release(ends)
    return Factors(
        tuple(walk.factors),
        tuple(walk.names),
        walk.sizes,
        frozenset(walk.open),
        walk.plain and not _composed(walk.windows),
    )


def shared(one: Place, other: Place) -> int:
    """How many steps from outside two places have in common."""
    steps = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return len(list(steps))


def beside(one: Place, other: Place) -> bool:
    """Whether two places are in different branches of one block."""
    at = shared(one, other)
    return len(one) > at < len(other) and one[at][0] == other[at][0]


#: The channels between two items, one (name, index) per axis; None where no names are known.
_Channels = tuple[tuple[str, Index], ...] | None


@dataclass
class _Walk:
    """One pass over the items in the order in which they run."""

    variant: Variant
    dims: int
    factors: list[Factor] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sizes: dict[Index, Expr] = field(default_factory=dict)
    open: set[Index] = field(default_factory=set)
    windows: list[tuple[str, Place]] = field(default_factory=list)
    plain: bool = True
    blocks: Iterator[int] = field(default_factory=itertools.count)

    def index(self, name: str, size: Expr | None = None, is_open: bool = False) -> Index:
        """A new index."""
        index = len(self.names)
        self.names.append(_original(self.variant, name))
        if size is not None:
            self.sizes[index] = size
        if is_open or name in WINDOWS:
            self.open.add(index)
        return index

    def release(self, channels: _Channels) -> None:
        """Channels that something other than a weight reads: they are nobody's bonds."""
        self.open.update(index for _, index in channels or ())

    def sequence(self, sequence: Sequence, channels: _Channels, place: Place) -> _Channels:
        """Walk over items; returns the channels behind the last one."""
        for item in sequence.items:
            channels = self.item(item, channels, place)
        return channels

    def item(self, item: Item, channels: _Channels, place: Place) -> _Channels:
        """Walk over one item."""
        match item:
            case StageLine():
                for line in expand_windows(item, self.dims, self.variant.names_depth):
                    channels = self.stage(line, channels, place)
                return channels
            case Resample():  # every channel alike
                self.plain = False
                return channels
            case Slice():
                self.plain = False
                self.release(channels)
                return None
            case Block():
                return self.block(item, channels, place)
        assert_never(item)

    def block(self, block: Block, channels: _Channels, place: Place) -> _Channels:
        """Walk over each branch; what they join to has no name."""
        alone = len(block.branches) == 1 and block.times is None
        if alone:
            return self.sequence(block.branches[0], channels, place)
        if block.times is not None or block.mode == "sum":
            self.plain = False
        if block.times is not None or not all(branch.items for branch in block.branches):
            self.release(channels)
        number = next(self.blocks)
        for which, branch in enumerate(block.branches):
            self.release(self.sequence(branch, channels, (*place, (number, which))))
        return None

    def stage(self, line: StageLine, channels: _Channels, place: Place) -> _Channels:
        """Add a stage's weight."""
        if line.option("up") or line.option("down"):
            self.plain = False
        known = self.read(line, channels)
        weight = []
        for axis in line.weights:
            name = axis.key
            if name not in known:
                is_open = name not in line.output_names
                known[name] = self.index(name, axis.size, is_open)
                if is_open:
                    self.windows += [(name, place) for name in axis.names if name in WINDOWS]
            weight.append(known[name])
        self.factors.append(Factor(frozenset(weight), place))
        return tuple((name, known[name]) for name in line.output_names)

    def read(self, line: StageLine, channels: _Channels) -> dict[str, Index]:
        """The index of each input name: the one that the stage before wrote, where names agree."""
        names = line.input_names
        if channels is not None and not any(axis.tap for axis in line.inputs):
            if names == tuple(name for name, _ in channels):
                return dict(channels)
            if len(names) == len(channels) == 1:  # the same channels under another name
                ((_, index),) = channels
                if _original(self.variant, names[0]) != self.names[index]:
                    self.open.add(index)  # the size of one does not change without the other's
                return {names[0]: index}
        # the first stage; or channels that are counted off anew, which no index goes through
        if channels is not None or any(axis.tap for axis in line.inputs):
            self.plain = False
        self.release(channels)
        return {name: self.index(name, is_open=True) for name in names}


def _composed(windows: list[tuple[str, Place]]) -> bool:
    """Whether a window follows another one over the same axis, so that their taps add up."""
    return any(
        one == other and not beside(here, there)
        for (one, here), (other, there) in itertools.combinations(windows, 2)
    )


def _original(variant: Variant, name: str) -> str:
    """A derived size that is another name alone (`o = r`) under that name."""
    seen = set()
    while name in variant.derived and variant.derived[name].op == "name" and name not in seen:
        seen.add(name)
        name = str(variant.derived[name].args[0])
    return name
