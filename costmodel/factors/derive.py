"""From a bound variant to its tensor network: what kernel the stages have together.

Channels run through the stages as labels. A stage that reads them in other axes than they were
written in splits them where the sizes allow it, and is joined by an identity where they do not.
Windows over channels, patterns of taps, slices and joined branches are constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn, assert_never

import numpy

from costmodel.core.bind import bind
from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
)
from costmodel.core.grid import Geometry
from costmodel.core.numbers import product
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOW_LETTERS
from costmodel.core.taps import channel_indices, pattern_of
from costmodel.core.variant import VARIANTS
from costmodel.errors import VariantError
from costmodel.factors.kernel_path import KernelPath, cuts_of
from costmodel.factors.tensor_network import Factor, Labels, TensorNetwork, Term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Paths through added and joined branches; each is a product of its own.
MAX_TERMS = 64


def derive(bound: BoundVariant) -> TensorNetwork:
    """The tensor network of a variant on a layer, per group of the layer.

    Factors are in the order in which the stages run, repeated ones as often as they stand.

    Raises:
        VariantError: stages that are together no convolution with the layer's window.
    """
    return _Walk(bound).network()


class _Walk:
    def __init__(self, bound: BoundVariant) -> None:
        self.bound, self.layer = bound, bound.layer
        self.letters = WINDOW_LETTERS[self.layer.dims]
        self.sizes: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self.stages: list[Factor] = []
        # where the taps of the layer itself are, which the baseline's one stage has
        self.own = next(bind(VARIANTS.baseline, self.layer).program.stages()).geometry
        self.m, self.n = int(bound.env["m"]), int(bound.env["n"])
        self.window = tuple(int(side) for side in self.layer.kernel)

    def refuse(self, reason: str) -> NoReturn:
        raise VariantError(
            f"{self.bound.variant.id} has no factors: {reason}; allowed are variants whose stages "
            "together are one convolution with the layer's own window"
        )

    def label(self, size: int, name: str = "") -> Labels:
        """A new label, or none for an axis of size 1."""
        if size == 1:
            return ()
        new = len(self.sizes)
        self.sizes[new], self.names[new] = size, name
        return (new,)

    def extents(self, labels: Iterable[int]) -> tuple[int, ...]:
        return tuple(self.sizes[label] for label in labels)

    def network(self) -> TensorNetwork:
        for stage in self.bound.stages:
            if stage.given_macs is not None:
                self.refuse(
                    f"it is an algorithm for the weights of {self.bound.variant.algorithm_of!r}, "
                    "which stay as they are"
                    if self.bound.variant.algorithm_of
                    else f"stage '{stage.line.text}' states its own count of multiplies"
                )
        inputs = self.label(self.m, "m")
        paths = self.sequence(self.bound.program, [KernelPath(inputs, inputs)])
        terms = tuple(self.term(path) for path in paths)
        return TensorNetwork(
            tuple(self.stages), terms, self.sizes, self.names, (self.n, self.m, *self.window)
        )

    def term(self, path: KernelPath) -> Term:
        for axis in range(len(self.window)):
            if axis not in path.windows:  # a position is read where it is written
                path = self.at_offsets(path, axis, [0], ())
        windows = (label for axis in range(len(self.window)) for label in path.windows[axis])
        inputs = (*path.inputs, *windows)
        carried = {label for _, labels in (*path.factors, *path.constants) for label in labels}
        for label in dict.fromkeys((*path.channels, *inputs)):
            if label not in carried:  # the same weights for all of them
                path = path.times(numpy.ones(self.sizes[label]), (label,))
        return Term(path.factors, path.constants, path.channels, inputs)

    # -- items ---------------------------------------------------------------------------------
    def sequence(self, sequence: BoundSequence, paths: list[KernelPath]) -> list[KernelPath]:
        for item in sequence.items:
            match item:
                case BoundStage():
                    paths = self.stage(item, paths)
                case BoundSlice():
                    paths = [self.slice(item, path) for path in paths]
                case BoundResample():
                    self.refuse("it changes the resolution between its stages, so that what it "
                                "computes differs from position to position")  # fmt: skip
                case BoundBias():
                    pass
                case BoundBlock():
                    for _ in range(int(item.times)):
                        paths = self.block(item, paths)
                case _:
                    assert_never(item)
        return paths

    def block(self, block: BoundBlock, paths: list[KernelPath]) -> list[KernelPath]:
        ends = [self.sequence(branch, paths) for branch in block.branches]
        count = sum(map(len, ends))
        if count > MAX_TERMS:
            self.refuse(f"there are {count} ways through its branches, of which {MAX_TERMS} fit")
        if block.mode == "sum" or len(ends) == 1:
            return [path for end in ends for path in end]
        widths = [product(self.extents(end[0].channels)) for end in ends]
        joined, start, total = [], 0, sum(widths)
        for end, width in zip(ends, widths, strict=True):
            place = numpy.eye(total)[start : start + width]
            joined += [self.into(path, place, (width, total)) for path in end]
            start += width
        return joined

    def slice(self, item: BoundSlice, path: KernelPath) -> KernelPath:
        low, high = int(item.low), int(item.high)
        total = product(self.extents(path.channels))
        return self.into(path, numpy.eye(total)[:, low:high], (total, high - low))

    def into(self, path: KernelPath, matrix: Array, shape: tuple[int, int]) -> KernelPath:
        """The channels multiplied by a matrix (channels, new channels)."""
        new = self.label(shape[1])
        labels = (*path.channels, *new)
        return replace(path.times(matrix.reshape(self.extents(labels)), labels), channels=new)

    # -- one stage -----------------------------------------------------------------------------
    def stage(self, stage: BoundStage, paths: list[KernelPath]) -> list[KernelPath]:
        line, number = stage.line, len(self.stages)
        shape = tuple(int(stage.weight_axis_size(axis)) for axis in line.weights)
        self.stages.append(Factor(stage, shape))
        return [self.staged(stage, number, path) for path in paths]

    def staged(self, stage: BoundStage, number: int, path: KernelPath) -> KernelPath:
        line = stage.line
        path, read = self.aligned(path, [int(stage.sizes[axis.key]) for axis in line.inputs])
        known: dict[str, Labels] = {}
        for axis, labels in zip(line.inputs, read, strict=True):
            if not axis.tap:
                known[axis.name] = labels
                continue
            indices = channel_indices(stage, axis)
            known[axis.name] = self.label(len(indices), axis.name)
            known[axis.tap] = self.label(len(indices[0]), axis.tap)
            total = int(stage.sizes[axis.key])
            # the row behind the last is what a window reads outside of the channels: nothing
            place = numpy.eye(total + 1)[:, :total][numpy.array(indices)]
            where = (*known[axis.name], *known[axis.tap], *labels)
            path = path.times(place.reshape(self.extents(where)), where)
        weight: Labels = ()
        taps: dict[int, Labels] = {}
        for part in line.weights:
            if part.pattern:
                path, labels = self.patterned(stage, path)
            else:
                name = part.names[0]
                if name not in known:
                    known[name] = self.label(int(stage.sizes[name]), name)
                labels = known[name]
                if name in line.windows:
                    taps[self.letters.index(name)] = labels
            weight += labels
        path = replace(path, factors=(*path.factors, (number, weight)))
        for place_, labels in taps.items():
            path = self.at_taps(path, place_, stage.geometry[place_], labels)
        channels = (label for name in line.output_names for label in known[name])
        return replace(path, channels=tuple(channels))

    def patterned(self, stage: BoundStage, path: KernelPath) -> tuple[KernelPath, Labels]:
        """The taps of a pattern as one axis, and where they are in the window."""
        axes, pattern = pattern_of(stage)
        labels = self.label(len(pattern), "taps")
        sides = [int(stage.geometry[axis].kernel) for axis in axes]
        place = numpy.zeros((len(pattern), *sides))
        place[(range(len(pattern)), *zip(*pattern, strict=True))] = 1
        windows = [self.label(side) for side in sides]
        where = (*labels, *(label for window in windows for label in window))
        path = path.times(place.reshape(self.extents(where)), where)
        for axis, window in zip(axes, windows, strict=True):
            path = self.at_taps(path, axis, stage.geometry[axis], window)
        return path, labels

    def at_taps(self, path: KernelPath, axis: int, window: Geometry, labels: Labels) -> KernelPath:
        """A window over a spatial axis, put where its taps are in the layer's own window."""
        own = self.own[axis]
        taps = [int(window.dilation) * t - int(window.pads[0]) for t in range(int(window.kernel))]
        if (int(window.stride), taps, window.size) == (1, [0], window.out):
            return path  # every position reads itself: no window at all
        if axis in path.windows:
            self.refuse(
                f"two windows in a row move over axis {axis}, and together they reach further than "
                "the layer's"
            )
        if (int(window.stride), window.transposed) != (int(own.stride), own.transposed):
            self.refuse("a window strides in another way than the layer's")
        return self.at_offsets(path, axis, taps, labels)

    def at_offsets(
        self, path: KernelPath, axis: int, taps: Sequence[int], labels: Labels
    ) -> KernelPath:
        """The same for taps at these distances from the position that is written."""
        own, side = self.own[axis], self.window[axis]
        places = [divmod(tap + int(own.pads[0]), int(own.dilation)) for tap in taps]
        if any(rest for _, rest in places):
            self.refuse("a window has taps between those of the layer's")
        if [place for place, _ in places] == list(range(side)):
            return replace(path, windows={**path.windows, axis: labels})
        matrix = numpy.zeros((len(taps), side))
        for tap, (place, _) in enumerate(places):
            if 0 <= place < side:  # a tap outside can only do harm, and stays zero
                matrix[tap, place] = 1
        if not matrix.any():
            self.refuse("a window has no tap where the layer's has one")
        new = self.label(side)
        where = (*labels, *new)
        path = path.times(matrix.reshape(self.extents(where)), where)
        return replace(path, windows={**path.windows, axis: new})

    # -- channels in other axes ----------------------------------------------------------------
    def aligned(self, path: KernelPath, sizes: Sequence[int]) -> tuple[KernelPath, list[Labels]]:
        """The channels as axes of these sizes: the labels of each."""
        cuts = [cuts_of(self.extents(path.channels)), cuts_of(sizes)]
        union = sorted({*cuts[0], *cuts[1]})
        if any(b % a for a, b in pairwise(union)):
            new = tuple(self.label(size) for size in sizes)
            flat = tuple(label for labels in new for label in labels)
            where = (*path.channels, *flat)
            same = numpy.eye(product(sizes)).reshape(self.extents(where))
            return path.times(same, where), list(new)
        outwards = list(reversed(cuts[0]))
        for label, (outer, inner) in zip(path.channels, pairwise(outwards), strict=True):
            steps = [cut for cut in reversed(union) if inner <= cut <= outer]
            parts = [b // a for b, a in pairwise(steps)]
            if len(parts) > 1:
                new_labels = [self.label(part, self.names[label]) for part in parts]
                path = path.split(label, tuple(n for one in new_labels for n in one), parts)
        groups, left = [], list(path.channels)
        for size in sizes:
            group: Labels = ()
            while product(self.extents(group)) < size:
                group += (left.pop(0),)
            groups.append(group)
        return path, groups
