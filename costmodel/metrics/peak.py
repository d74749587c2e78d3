"""Peak activation memory: the most that is alive at once, from when each tensor is read last.

The program is run in reading order on paper. A stage, a pooling and an upsampling write a tensor of
their own; slices and concatenations are views, and added branches are added up in the place of one
of them. A tensor is kept from its first write to its last read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
    FeatureMap,
)
from costmodel.core.numbers import Number, equal, is_exact, largest, smallest
from costmodel.core.stage import BoundStage
from costmodel.metrics.combining import peak
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import Settings, bits_in_bytes


@dataclass
class _Lifetimes:
    """The steps of a program: which tensor each one writes, and when each was read.

    reads: by tensor, the steps that read it, each with 1, or whether the residual that reads it
    is present. weights: 1 for every step, or min(1, times) where a number of repetitions is not
    known yet.
    """

    sizes: list[Number] = field(default_factory=list)
    born: list[int] = field(default_factory=list)
    reads: list[dict[int, Number]] = field(default_factory=list)
    weights: list[Number] = field(default_factory=list)
    weight: Number = 1

    def write(self, size: Number, reads: frozenset[int] = frozenset()) -> frozenset[int]:
        """One step: read some tensors, write a new one."""
        step = len(self.weights)
        self.weights.append(self.weight)
        self.sizes.append(size)
        self.born.append(step)
        self.reads.append({step: 1})
        self.keep(reads)
        return frozenset({len(self.sizes) - 1})

    def keep(self, tensors: frozenset[int], present: Number = 1) -> None:
        """These are still needed in the latest step, where what reads them is present."""
        step = len(self.weights) - 1
        for tensor in tensors:
            before = self.reads[tensor].get(step, present)
            self.reads[tensor][step] = largest(before, present)

    def held(self) -> Iterator[Number]:
        """The sum of what is alive during each step."""
        for step, weight in enumerate(self.weights):
            alive: Number = 0
            for size, born, reads in zip(self.sizes, self.born, self.reads, strict=True):
                later = [present for read, present in reads.items() if read >= step >= born]
                if later:
                    sure = any(equal(present, 1) for present in later)
                    alive = alive + size * (1 if sure else largest(*later))
            yield weight * alive

    # -- programs ------------------------------------------------------------------------------
    def sequence(
        self, sequence: BoundSequence, before: FeatureMap, tensors: frozenset[int]
    ) -> frozenset[int]:
        """Take the steps of a sequence; returns the tensors that its result lies in."""
        for item in sequence.items:
            after = before.after(item)
            match item:
                case BoundStage() | BoundResample():
                    tensors = self.write(after.elements, tensors)
                case BoundBlock():
                    tensors = self.block(item, before, after, tensors)
                case BoundSlice() | BoundBias():
                    pass
                case _:
                    assert_never(item)
            before = after
        return tensors

    def block(
        self, block: BoundBlock, before: FeatureMap, after: FeatureMap, tensors: frozenset[int]
    ) -> frozenset[int]:
        """Run a block as often as it stands; a third run finds what the second one found."""
        outside = self.weight
        for earlier in (0, 1):
            runs = smallest(1, block.times - earlier)
            if is_exact(runs) and runs < 1:
                break
            self.weight = outside * runs
            tensors = self.branches(block, before, after, tensors)
        self.weight = outside
        return tensors

    def branches(
        self, block: BoundBlock, before: FeatureMap, after: FeatureMap, tensors: frozenset[int]
    ) -> frozenset[int]:
        """Run the branches one after the other, each on the same input, and join them."""
        first = len(self.sizes)
        place: frozenset[int] = frozenset()  # where a sum is added up, once a branch wrote a tensor
        waiting: frozenset[int] = frozenset()
        for branch in block.branches:
            result = self.sequence(branch, before, tensors)
            if not equal(branch.present, 1):
                self.keep(result, branch.present)
            elif block.mode == "concat":
                waiting |= result
            elif not place and min(result) >= first:
                self.keep(waiting)
                place, waiting = result, frozenset()
            elif place:
                self.keep(place | result)
            else:
                waiting |= result
        if block.mode == "concat":
            return waiting
        return place or self.write(after.elements, waiting)


def peak_memory(bound: BoundVariant, settings: Settings) -> Number:
    """Bytes of the activations that are alive at once, at most."""
    whole, run = FeatureMap.start(bound), _Lifetimes()
    start = run.write(whole.elements)
    run.keep(run.sequence(bound.program, whole, start))
    return bits_in_bytes(largest(*run.held()), settings.activation_bits)


declare(
    key="peak_memory",
    label="Peak memory",
    unit="B",
    convention="the most bytes of activations alive at once when the stages run in reading "
    "order, each tensor kept until it is read last, slices and joined branches without copies; "
    "of a stage its input and its output",
    rule=lambda stage, settings: bits_in_bytes(
        stage.inputs + stage.outputs, settings.activation_bits
    ),
    combine=peak(peak_memory),
    group="memory",
    uses=("activation_bits",),
)
