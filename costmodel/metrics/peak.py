"""Peak activation memory: the most that is alive at once, from when each tensor is read last.

The program is run in reading order on paper. A stage, a pooling and an upsampling write a tensor of
their own; slices and concatenations are views, and added branches are added up in the place of one
of them. A tensor is kept from its first write to its last read. A network's steps are run likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
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
from costmodel.metrics.lifetimes import AlongSteps, Lifetimes, Step, Tensors
from costmodel.metrics.metric import declare
from costmodel.metrics.settings import Settings, bits_in_bytes


class _Program(Lifetimes):
    """The steps of bound programs, branches and repetitions included.

    word: what one of their elements counts.
    """

    word: Number = 1

    def sequence(self, sequence: BoundSequence, before: FeatureMap, tensors: Tensors) -> Tensors:
        """Take the steps of a sequence; returns the tensors that its result lies in."""
        for item in sequence.items:
            after = before.after(item)
            match item:
                case BoundStage() | BoundResample():
                    tensors = self.write(after.elements * self.word, tensors)
                case BoundBlock():
                    tensors = self.block(item, before, after, tensors)
                case BoundSlice() | BoundBias():
                    pass
                case _:
                    assert_never(item)
            before = after
        return tensors

    def block(
        self, block: BoundBlock, before: FeatureMap, after: FeatureMap, tensors: Tensors
    ) -> Tensors:
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
        self, block: BoundBlock, before: FeatureMap, after: FeatureMap, tensors: Tensors
    ) -> Tensors:
        """Run the branches one after the other, each on the same input, and join them."""
        first = len(self.sizes)
        place: Tensors = frozenset()  # where a sum is added up, once a branch wrote a tensor
        waiting: Tensors = frozenset()
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
        return place or self.write(after.elements * self.word, waiting)


def peak_memory(bound: BoundVariant, settings: Settings) -> Number:
    """Bytes of the activations that are alive at once, at most."""
    whole, run = FeatureMap.start(bound), _Program()
    start = run.write(whole.elements)
    run.keep(run.sequence(bound.program, whole, start))
    return bits_in_bytes(largest(*run.held()), settings.activation_bits)


def alive_during(
    steps: Sequence[Step], variants: Sequence[BoundVariant | None], settings: Settings
) -> list[Number]:
    """Bytes of the activations that are alive at once during each step of a network, at most.

    A variant in place of a layer takes the steps of its own program.
    """
    words = {tensor.bits or settings.activation_bits for step in steps for tensor in step.writes}
    words |= {settings.on(bound).activation_bits for bound in variants if bound is not None}
    unit = 8 if all(is_exact(word) and word % 8 == 0 for word in words) else 1
    run, ends = _Program(), [0]
    places: list[Tensors] = []  # where each tensor of the network lies
    for step, bound in zip(steps, variants, strict=True):
        reads = Tensors().union(*(places[tensor] for tensor in step.reads))
        if bound is None:
            sizes = [
                t.elements * ((t.bits or settings.activation_bits) // unit) for t in step.writes
            ]
            places += (Tensors({tensor}) for tensor in sorted(run.step(reads, sizes)))
        else:
            run.word = settings.on(bound).activation_bits // unit
            result = run.sequence(bound.program, FeatureMap.start(bound), reads)
            places += [result] * len(step.writes)
        ends.append(len(run.weights))
    held = list(run.held())
    return [bits_in_bytes(largest(*held[a:b]), unit) for a, b in pairwise(ends)]


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
    along=AlongSteps(
        "the most bytes of activations alive at once when the operations run in the order given, "
        "each tensor, the input too, kept until it is read last; a view or a result in place is "
        "no tensor of its own, what was there before the first operation (parameters, buffers) and "
        "a kernel's own workspace are left out",
        alive_during,
    ),
)
