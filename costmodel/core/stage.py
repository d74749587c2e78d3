"""A stage with numbers in it: the named axes of one line bound to sizes and to a grid.

Everything the metrics need is a product of axis sizes and grid positions of a `BoundStage`; nothing
here knows which variant it belongs to, or whether the numbers are ints, arrays or symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from costmodel.core.grid import Geometry
from costmodel.core.numbers import Number, equal, product
from costmodel.core.stage_line import StageLine, WeightAxis


@dataclass(frozen=True)
class BoundStage:
    """One stage of a variant on one layer.

    sizes: size of every axis name of the line, per group of the layer, window extents included;
    channel windows under "e+c", the taps of a pattern under "(i j)".
    geometry: one entry per spatial axis, in the order of `ConvLayer.size`.
    groups, batch: of the layer. times: how often the stage stands in the variant.
    given_macs: an explicit multiply count per group and image, where the notation states one.
    biases: how many bias terms this stage adds to its output (not multiplied by `times`).
    """

    line: StageLine
    sizes: Mapping[str, Number]
    geometry: tuple[Geometry, ...]
    groups: Number = 1
    batch: Number = 1
    times: Number = 1
    given_macs: Number | None = None
    biases: Number = 0

    # -- grids -------------------------------------------------------------------------------
    @property
    def in_grid(self) -> tuple[Number, ...]:
        """Input positions per spatial axis."""
        return tuple(g.size for g in self.geometry)

    @property
    def out_grid(self) -> tuple[Number, ...]:
        """Output positions per spatial axis."""
        return tuple(g.out for g in self.geometry)

    @property
    def transposed(self) -> bool:
        """Whether the window scatters (transposed convolution) instead of gathering."""
        return any(g.transposed for g in self.geometry)

    @property
    def positions(self) -> Number:
        """Window positions: one per output, or one per input along a transposed axis."""
        return product(g.size if g.transposed else g.out for g in self.geometry)

    # -- products of axes ----------------------------------------------------------------------
    def weight_axis_size(self, axis: WeightAxis) -> Number:
        """Size of one weight axis; a window with a pattern counts its taps."""
        return self.sizes[axis.key]

    @property
    def in_channels(self) -> Number:
        """Channels read, all groups together."""
        axes = (self.sizes[a.key] for a in self.line.inputs)
        return self.groups * product(axes)

    @property
    def out_channels(self) -> Number:
        """Channels written, all groups together."""
        return self.groups * product(self.sizes[name] for name in self.line.output_names)

    @property
    def weights(self) -> Number:
        """Trainable weights: the product of the weight axes."""
        return self.groups * product(self.weight_axis_size(a) for a in self.line.weights)

    @property
    def fan_in(self) -> Number:
        """Products summed into one output (one scattered to, along a transposed axis)."""
        return product(map(self.weight_axis_size, self.line.contracted))

    @property
    def inputs(self) -> Number:
        """Numbers read: input channels × input positions of the whole batch."""
        return self.in_channels * product(self.in_grid) * self.batch

    @property
    def outputs(self) -> Number:
        """Numbers written: output channels × output positions of the whole batch."""
        return self.out_channels * product(self.out_grid) * self.batch

    @property
    def products(self) -> Number:
        """Products of the whole batch: (weight axes ∪ output axes) × window positions."""
        return self.out_channels * self.fan_in * self.positions * self.batch

    @property
    def macs(self) -> Number:
        """Multiplies of the whole batch: `products`, unless the notation states another count."""
        if self.given_macs is not None:
            return self.given_macs * self.groups * self.batch
        return self.products

    # -- what kind of stage this is ----------------------------------------------------------
    @property
    def kind(self) -> str:
        """The stage in the field's words: "pointwise", "depthwise", "grouped", "shared", "full".

        A window that is known to have a single tap is none.
        """
        line = self.line
        extents = [self.sizes[letter] for letter in line.windows]
        window = not all(equal(extent, 1) for extent in extents)
        if any(axis.tap for axis in line.inputs):
            return "channel window"
        if line.shared:
            return "shared window" if window else "shared pointwise"
        if line.grouped and not line.summed:
            return "depthwise" if window else "scale"
        if line.grouped:
            return "grouped" if window else "grouped pointwise"
        return "full" if window else "pointwise"
