"""The shape that runs through a program: what every item reads and writes, whatever it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from costmodel.core.bound import BoundBlock, BoundResample, BoundSlice, BoundVariant, Item
from costmodel.core.numbers import Number, product
from costmodel.core.stage import BoundStage


@dataclass(frozen=True)
class Shape:
    """Channels per group, positions per axis, and how many copies (groups × batch) of that."""

    channels: Number
    grid: tuple[Number, ...]
    copies: Number

    @classmethod
    def start(cls, bound: BoundVariant) -> Shape:
        """What the program reads."""
        layer = bound.layer
        return cls(bound.env["m"], layer.size, layer.groups * layer.batch)

    @property
    def elements(self) -> Number:
        """How many numbers that is."""
        return self.copies * self.channels * product(self.grid)

    def after(self, item: Item) -> Shape:
        """The shape that one item leaves."""
        if isinstance(item, BoundStage):
            channels = product(item.sizes[name] for name in item.line.output_names)
            return replace(self, channels=channels, grid=item.out_grid)
        if isinstance(item, BoundSlice):
            return replace(self, channels=item.high - item.low)
        if isinstance(item, BoundResample):
            return replace(self, grid=item.out_grid)
        if isinstance(item, BoundBlock):
            ends = [self.through(branch.items) for branch in item.branches]
            if item.mode == "concat":
                return replace(ends[0], channels=sum(end.channels for end in ends))
            return ends[0]
        return self

    def through(self, items: tuple[Item, ...]) -> Shape:
        """The shape that several items in a row leave."""
        shape = self
        for item in items:
            shape = shape.after(item)
        return shape
