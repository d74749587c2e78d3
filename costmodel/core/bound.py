"""Program: a variant with numbers in it, as the structure that runs and as the stages that count.

Plain frozen values; `binding` makes them, `metrics` reads the stages, modules are built from the
structure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from costmodel.core.numbers import Number, is_exact
from costmodel.core.stage import BoundStage

if TYPE_CHECKING:
    from costmodel.core.layer import ConvLayer
    from costmodel.core.variant import Variant


@dataclass(frozen=True)
class BoundSlice:
    """Channels `low` up to (not with) `high` of the input, per group."""

    low: Number
    high: Number


@dataclass(frozen=True)
class BoundResample:
    """Average pooling by `factor`, or upsampling, from one grid to another; no multiplies.

    Pooling windows at the end of an axis may be cut short (⌈size / factor⌉ outputs); upsampling
    repeats each position `factor` times and drops what is beyond `out_grid`.
    """

    factor: int
    up: bool
    in_grid: tuple[Number, ...]
    out_grid: tuple[Number, ...]


@dataclass(frozen=True)
class BoundBias:
    """The layer's bias as a step of its own, where no single stage writes the output."""

    channels: Number


@dataclass(frozen=True)
class BoundBlock:
    """Branches joined by "concat" or "sum"; `times` in a row."""

    branches: tuple[BoundSequence, ...]
    mode: str
    times: Number


Item = BoundStage | BoundSlice | BoundResample | BoundBias | BoundBlock


@dataclass(frozen=True)
class BoundSequence:
    """Items to be run one after the other; none passes the input on."""

    items: tuple[Item, ...]

    def stages(self) -> Iterator[BoundStage]:
        """Every stage in reading order."""
        for item in self.items:
            if isinstance(item, BoundStage):
                yield item
            elif isinstance(item, BoundBlock):
                for branch in item.branches:
                    yield from branch.stages()


@dataclass(frozen=True)
class BoundVariant:
    """A variant on one layer with every size known.

    hyper: the values of its hyper-parameters. env: every name that expressions may use, per group.
    program: the stages in their structure; `stages` is the same, flat. Where the layer's bias is a
    step of its own (`BoundBias`), it is counted at the last stage that stands once.
    """

    variant: Variant
    layer: ConvLayer
    hyper: Mapping[str, Number]
    env: Mapping[str, Number]
    program: BoundSequence
    stages: tuple[BoundStage, ...]

    @property
    def training(self) -> Number:
        """FLOPs that a training step costs beyond the forward and backward pass; 0 for most."""
        expr = self.variant.training_flops
        return self.layer.groups * expr.evaluate(self.env) if expr else 0


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
    once = [i for i, stage in enumerate(stages) if is_exact(stage.times) and stage.times == 1]
    carrier = once[-1] if once else len(stages) - 1
    stages[carrier] = replace(stages[carrier], biases=channels)
    return BoundSequence((*program.items, BoundBias(channels))), tuple(stages)


def _at_the_end(sequence: BoundSequence) -> BoundSequence | None:
    """The sequence with a bias on every stage that writes its output; None where none does."""
    if not sequence.items:
        return None
    *before, item = sequence.items
    biased: Item | None = None
    if isinstance(item, BoundStage):
        biased = replace(item, biases=item.out_channels)
    elif isinstance(item, BoundResample):
        # a constant goes through pooling and upsampling unchanged
        inner = _at_the_end(BoundSequence(tuple(before)))
        return BoundSequence((*inner.items, item)) if inner else None
    elif isinstance(item, BoundBlock) and is_exact(item.times) and item.times == 1:
        ends = [_at_the_end(branch) for branch in item.branches]
        if item.mode == "sum":
            last = max((i for i, end in enumerate(ends) if end), default=None)
            chosen = {} if last is None else {last: ends[last]}
        else:
            chosen = dict(enumerate(ends)) if all(ends) else {}
        if chosen:
            branches = tuple(chosen.get(i) or b for i, b in enumerate(item.branches))
            biased = replace(item, branches=branches)
    return BoundSequence((*before, biased)) if biased is not None else None
