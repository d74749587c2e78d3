"""Convolution: one call of a library's convolution, in the numbers that its time depends on.

A stage of the notation runs as one such call: axes in input, weight and output are its groups,
those in input and output only are folded into the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOW_LETTERS
from costmodel.core.variant import VARIANTS

#: Classes of convolutions that libraries run by different code, in the order they are told apart.
CLASSES = (
    "transposed",
    "depthwise",
    "grouped",
    "vector",
    "strided pointwise",
    "pointwise",
    "strided",
    "dilated",
    "one axis",
    "dense",
)


@dataclass(frozen=True)
class Convolution:
    """One convolution as it runs; all values are ints.

    in_channels, out_channels: all groups together. kernel, stride, dilation, in_grid, out_grid: per
    spatial axis.
    """

    batch: int
    in_channels: int
    out_channels: int
    groups: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    in_grid: tuple[int, ...]
    out_grid: tuple[int, ...]
    transposed: bool = False

    @property
    def taps(self) -> int:
        """Taps of the window."""
        return prod(self.kernel)

    @property
    def weights(self) -> int:
        """Numbers in the weight."""
        return self.in_channels * self.out_channels // self.groups * self.taps

    @property
    def inputs(self) -> int:
        """Numbers read, the whole batch."""
        return self.batch * self.in_channels * prod(self.in_grid)

    @property
    def outputs(self) -> int:
        """Numbers written, the whole batch."""
        return self.batch * self.out_channels * prod(self.out_grid)

    @property
    def macs(self) -> int:
        """Multiply-accumulates, products with padding zeros included."""
        grid = self.in_grid if self.transposed else self.out_grid
        return self.weights * self.batch * prod(grid)

    @property
    def values(self) -> int:
        """Numbers that have to move at least once: input, output and weights."""
        return self.inputs + self.outputs + self.weights

    @property
    def kind(self) -> str:
        """One of `CLASSES`."""
        if self.transposed:
            return "transposed"
        if self.groups > 1:
            each = self.groups == self.in_channels
            return "depthwise" if each and self.taps > 1 else "grouped"
        if prod(self.out_grid) * self.batch == 1 and prod(self.in_grid) == self.taps:
            return "vector"
        strided = max(self.stride) > 1
        if self.taps == 1:
            return "strided pointwise" if strided else "pointwise"
        if strided:
            return "strided"
        if max(d for d, k in zip(self.dilation, self.kernel, strict=True) if k > 1) > 1:
            return "dilated"
        wide = sum(1 for extent in self.kernel if extent > 1)
        return "one axis" if wide == 1 and len(self.kernel) > 1 else "dense"


def convolutions(bound: BoundVariant) -> tuple[Convolution, ...]:
    """The convolutions that a variant's stages run, a stage that stands n times n times."""
    calls: list[Convolution] = []
    for stage in bound.stages:
        calls += [of_stage(stage)] * int(stage.times)
    return tuple(calls)


def of_layer(layer: ConvLayer) -> Convolution:
    """The convolution of a plain layer."""
    return of_stage(bind(VARIANTS.baseline, layer).stages[0])


def of_stage(stage: BoundStage) -> Convolution:
    """The convolution that a stage runs as."""
    line = stage.line
    groups = int(stage.groups) * _size(stage, line.grouped)
    patterns = [axis for axis in line.weights if axis.pattern]
    taps = prod(int(stage.weight_axis_size(axis)) for axis in patterns)
    # a pattern's taps, and a window whose tap the channel picks, are gathered before
    flat = {*line.summed, *(name for axis in patterns for name in axis.names)}
    geometry = stage.geometry
    kernel = tuple(
        1 if letter in flat else int(g.kernel)
        for letter, g in zip(WINDOW_LETTERS[len(geometry)], geometry, strict=True)
    )
    return Convolution(
        batch=int(stage.batch) * _size(stage, line.shared),
        in_channels=groups * _size(stage, line.summed) * taps,
        out_channels=groups * _size(stage, line.new),
        groups=groups,
        kernel=kernel,
        stride=tuple(int(g.stride) for g in geometry),
        dilation=tuple(int(g.dilation) for g in geometry),
        in_grid=tuple(int(g.size) for g in geometry),
        out_grid=tuple(int(g.out) for g in geometry),
        transposed=stage.transposed,
    )


def _size(stage: BoundStage, names: Sequence[str]) -> int:
    return prod(int(stage.sizes[name]) for name in names)
