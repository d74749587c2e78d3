"""A program: a variant with numbers in it, as the structure that runs and as the stages that count.

Plain frozen values; `bind` makes them, `metrics` reads the stages, modules are built from the
structure.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, assert_never

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import layer_words
from costmodel.core.numbers import Number, equal, product, share
from costmodel.core.stage import BoundStage
from costmodel.core.variant import Variant


class BoundSlice(NamedTuple):
    """Channels `low` up to (not with) `high` of the input, per group."""

    low: Number
    high: Number


class BoundResample(NamedTuple):
    """Average pooling by `factor`, or upsampling, from one grid to another; no multiplies.

    Pooling windows at the end of an axis may be cut short (⌈size / factor⌉ outputs); upsampling
    repeats each position `factor` times and drops what is beyond `out_grid`.
    """

    factor: int
    up: bool
    in_grid: tuple[Number, ...]
    out_grid: tuple[Number, ...]


class BoundBias(NamedTuple):
    """The layer's bias as a step of its own, where no single stage writes the output."""

    channels: Number


@dataclass(frozen=True)
class BoundBlock:
    """Branches joined by "concat" or "sum"; `times` in a row. The first is present everywhere."""

    branches: tuple[BoundSequence, ...]
    mode: str
    times: Number


#: One step of a program; who walks over items ends with `assert_never`.
BoundItem = BoundStage | BoundSlice | BoundResample | BoundBias | BoundBlock


@dataclass(frozen=True)
class BoundSequence:
    """Items to be run one after the other; none passes the input on.

    present: 1; or of a residual that stands only where shapes match, and whose sizes are arrays or
    symbols, 1 where they do and 0 where not.
    """

    items: tuple[BoundItem, ...]
    present: Number = 1

    @property
    def steps(self) -> Number:
        """How many items run, repeated ones as often as they do: a module has a part for each."""
        total: Number = 0
        for item in self.items:
            inner = item.branches if isinstance(item, BoundBlock) else ()
            times = item.times if isinstance(item, BoundBlock) else 1
            total = total + times * (1 + sum(branch.steps for branch in inner))
        return total

    def stages(self) -> Iterator[BoundStage]:
        """Every stage in reading order."""
        for item in self.items:
            match item:
                case BoundStage():
                    yield item
                case BoundBlock():
                    for branch in item.branches:
                        yield from branch.stages()
                case BoundSlice() | BoundResample() | BoundBias():
                    pass
                case _:
                    assert_never(item)


@dataclass(frozen=True, repr=False)
class BoundVariant:
    """A variant on one layer with every size known.

    hyper: the values of its hyper-parameters. env: every name that expressions may use, per group.
    sizes: every axis name outside of the windows, per group (what is left of `m` beside a `g`).
    program: the stages in their structure; `stages` is the same, flat. Where the layer's bias is a
    step of its own (`BoundBias`), it is counted at the last stage that stands once.
    """

    variant: Variant
    layer: ConvLayer
    hyper: Mapping[str, Number]
    env: Mapping[str, Number]
    sizes: Mapping[str, Number]
    program: BoundSequence
    stages: tuple[BoundStage, ...]

    def __repr__(self) -> str:
        values = "".join(f", {name}={value}" for name, value in self.hyper.items())
        return f"<{self.variant.id}{values} on {layer_words(self.layer)}>"

    @property
    def training(self) -> Number:
        """FLOPs that a training step costs beyond the forward and backward pass; 0 for most.

        Where they fall due once in several steps, one step's share of them, an exact fraction.
        """
        expr, every = self.variant.training_flops, self.variant.every
        if expr is None:
            return 0
        once = self.layer.groups * expr.evaluate(self.env)
        return share(once, self.hyper[every]) if every else once


@dataclass(frozen=True)
class FeatureMap:
    """What runs through a program, from item to item.

    channels: per group. grid: positions per spatial axis. copies: groups × batch.
    """

    channels: Number
    grid: tuple[Number, ...]
    copies: Number

    @classmethod
    def start(cls, bound: BoundVariant) -> FeatureMap:
        """What the program reads."""
        layer = bound.layer
        return cls(bound.env["m"], layer.size, layer.groups * layer.batch)

    @property
    def elements(self) -> Number:
        """How many numbers that is."""
        return self.copies * self.channels * product(self.grid)

    def after(self, item: BoundItem) -> FeatureMap:
        """What one item leaves of it."""
        match item:
            case BoundStage():
                channels = product(item.sizes[name] for name in item.line.output_names)
                return replace(self, channels=channels, grid=item.out_grid)
            case BoundSlice():
                return replace(self, channels=item.high - item.low)
            case BoundResample():
                return replace(self, grid=item.out_grid)
            case BoundBias():
                return self
            case BoundBlock():
                ends = [functools.reduce(FeatureMap.after, b.items, self) for b in item.branches]
                if item.mode == "concat":
                    return replace(ends[0], channels=sum(end.channels for end in ends))
                return ends[0]
        assert_never(item)


def with_bias(
    program: BoundSequence, channels: Number
) -> tuple[BoundSequence, tuple[BoundStage, ...]]:
    """Give a program the layer's bias: one per output channel, at the very end.

    It goes to the stage, or the parallel stages, that write the output, as a convolution's own
    bias; earlier ones would only shift it. Where a repeated or sliced block ends the program, it is
    a step of its own.
    """
    biased = _at_the_end(program)
    if biased is not None:
        return biased, tuple(biased.stages())
    stages = list(program.stages())
    once = [i for i, stage in enumerate(stages) if equal(stage.times, 1)]
    carrier = once[-1] if once else len(stages) - 1
    stages[carrier] = replace(stages[carrier], biases=channels)
    return BoundSequence((*program.items, BoundBias(channels))), tuple(stages)


def _at_the_end(sequence: BoundSequence) -> BoundSequence | None:
    """The sequence with a bias on every stage that writes its output; None where none does."""
    if not sequence.items:
        return None
    *before, item = sequence.items
    biased: BoundItem | None
    match item:
        case BoundStage():
            biased = replace(item, biases=item.out_channels)
        case BoundBlock():
            biased = _block_with_bias(item)
        case BoundResample():
            # a constant goes through pooling and upsampling unchanged
            inner = _at_the_end(BoundSequence(tuple(before)))
            return BoundSequence((*inner.items, item)) if inner else None
        case BoundSlice() | BoundBias():
            return None
        case _:
            assert_never(item)
    return BoundSequence((*before, biased)) if biased is not None else None


def _block_with_bias(block: BoundBlock) -> BoundBlock | None:
    """A bias at the end of every joined branch, or of one of those that are added."""
    if not equal(block.times, 1):
        return None
    ends = [_at_the_end(branch) for branch in block.branches]
    if block.mode == "sum":
        last = max((i for i, end in enumerate(ends) if end), default=None)
        ends = [end if i == last else None for i, end in enumerate(ends)]
    elif not all(ends):
        return None
    if not any(ends):
        return None
    branches = zip(ends, block.branches, strict=True)
    return replace(block, branches=tuple(end or branch for end, branch in branches))
