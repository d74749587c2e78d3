"""The grid rule: how a window moves along an axis, and where a program stands on all of them.

The first stage with a window over an axis takes the layer's stride, padding and dilation there; a
later window over the same axis keeps the grid. Between them the grid may be coarser than the
layer's own, by a factor that `/2` and `@ down=` multiply and `*2` and `@ up=` divide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import (
    Number,
    differ,
    equal,
    exact_div,
    is_symbolic,
    largest,
    plain,
    smallest,
)
from costmodel.core.output_size import conv_size, same_padding, strided_size, transposed_size
from costmodel.errors import CostModelError, VariantError


@dataclass(frozen=True)
class Geometry:
    """How a window moves along one spatial axis.

    kernel: extent of the window in taps (1 where the stage has no window on this axis).
    stride, dilation: as of a convolution. pads: zeros (before, after); negative values crop.
    size, out: input and output positions. transposed: stride multiplies instead of dividing, and
    pads are cut off the result (negative ones extend it by zeros, as `output_padding` does).
    """

    kernel: Number
    stride: Number
    dilation: Number
    pads: tuple[Number, Number]
    size: Number
    out: Number
    transposed: bool = False

    @classmethod
    def pointwise(cls, size: Number) -> Geometry:
        """No window on this axis: positions stay as they are."""
        return cls(1, 1, 1, (0, 0), size, size)

    @classmethod
    def same(cls, size: Number, kernel: Number, stride: Number, dilation: Number) -> Geometry:
        """A window that keeps the grid, or divides it by a stride."""
        pads = same_padding(kernel, dilation)
        return cls(kernel, stride, dilation, pads, size, strided_size(size, stride))

    @classmethod
    def transposed_to(
        cls, size: Number, kernel: Number, stride: Number, out: Number, dilation: Number = 1
    ) -> Geometry:
        """A transposed window whose result is cut (or extended by zeros) to `out` positions.

        The odd position is cut off the beginning, or extends the end: what a layer with
        `output_padding` does.
        """
        total = transposed_size(size, kernel, stride, (0, 0), dilation) - out
        pads = (total - total // 2, total // 2)
        return cls(kernel, stride, dilation, pads, size, out, True)

    def with_window(self, kernel: Number, dilation: Number, stride: Number) -> Geometry:
        """The same outputs seen through another window, stride times further apart.

        The zeros grow or shrink with the window's reach, as "same" does it, so that a window of
        another size is still a drop-in replacement. A transposed window takes no further stride.
        """
        mine, other = same_padding(self.kernel, self.dilation), same_padding(kernel, dilation)
        pads = (self.pads[0] + other[0] - mine[0], self.pads[1] + other[1] - mine[1])
        out = strided_size(self.out, stride)
        return Geometry(
            kernel, self.stride * stride, dilation, pads, self.size, out, self.transposed
        )

    @property
    def reached(self) -> Number:
        """The output positions that these numbers give, which is what `out` has to be."""
        if self.transposed:
            return transposed_size(self.size, self.kernel, self.stride, self.pads, self.dilation)
        return conv_size(self.size, self.kernel, self.stride, self.pads, self.dilation)


@dataclass(frozen=True)
class Grid:
    """A place between two stages.

    sizes: positions per spatial axis. done: the axes whose window (and so the layer's stride) is
    behind. coarser: by how much the grid is coarser than the layer's own, per axis.
    """

    layer: ConvLayer
    sizes: tuple[Number, ...]
    done: frozenset[int]
    coarser: tuple[Number, ...]

    @classmethod
    def start(cls, layer: ConvLayer) -> Grid:
        """The layer's input."""
        return cls(layer, layer.size, frozenset(), (1,) * layer.dims)

    def _own(self, axis: int) -> Number:
        """The size that the layer itself has here: its input's, or once strided its output's."""
        return (self.layer.out_size if axis in self.done else self.layer.size)[axis]

    # -- resampling without a window ---------------------------------------------------------
    def pooled(self, factor: int) -> Grid:
        """Every axis coarser by a factor; the last pooling window may be cut short."""
        return replace(
            self,
            sizes=tuple(strided_size(size, factor) for size in self.sizes),
            coarser=tuple(c * factor for c in self.coarser),
        )

    def upsampled(self, factor: int) -> Grid:
        """Every axis finer by a factor, at most as fine as the layer's own grid."""
        coarser = tuple(_divide(c, factor, f"*{factor}") for c in self.coarser)
        sizes = tuple(strided_size(self._own(axis), c) for axis, c in enumerate(coarser))
        return replace(self, sizes=sizes, coarser=coarser)

    # -- one stage ---------------------------------------------------------------------------
    def moved(
        self, extents: Mapping[int, Number], down: Number, up: Number | None, dilation: Number
    ) -> tuple[tuple[Geometry, ...], Grid]:
        """The geometry of a stage with windows of these extents by axis, and where it leads.

        down, dilation: on top of the layer's own. up: the stride of a transposed stage, or None.

        Raises `VariantError` for a step that leads nowhere: below the layer's own grid, or down on
        a transposed layer.
        """
        geometry: list[Geometry] = []
        coarser = list(self.coarser)
        for axis, size in enumerate(self.sizes):
            if axis not in extents:
                geometry.append(Geometry.pointwise(size))
                continue
            if up is not None:
                coarser[axis] = _divide(coarser[axis], up, f"up={up}")
                if axis not in self.done and _not_one(self.layer.stride[axis]):
                    raise VariantError(
                        f"up={up} on an axis whose window still has the layer's stride "
                        f"{self.layer.stride[axis]} to do; allowed is up after that window"
                    )
                out = strided_size(self.layer.out_size[axis], coarser[axis])
                geometry.append(Geometry.transposed_to(size, extents[axis], up, out, dilation))
                continue
            geometry.append(self._window(axis, extents[axis], down, dilation))
            coarser[axis] = coarser[axis] * down
        sizes = tuple(g.out for g in geometry)
        return tuple(geometry), Grid(self.layer, sizes, self.done | set(extents), tuple(coarser))

    def _window(self, axis: int, extent: Number, down: Number, wider: Number) -> Geometry:
        layer = self.layer
        if axis in self.done:
            return Geometry.same(self.sizes[axis], extent, down, wider)
        if layer.transposed and _not_one(down):
            raise VariantError(
                f"down={down} on a transposed layer, whose stride goes up; allowed are layers that "
                "are not transposed"
            )
        geometry = self._layer_geometry(axis)
        same = equal(wider, 1) and equal(down, 1)
        if same and (extent is layer.kernel[axis] or equal(extent, layer.kernel[axis])):
            return geometry
        return geometry.with_window(extent, layer.dilation[axis] * wider, down)

    def _layer_geometry(self, axis: int) -> Geometry:
        """The layer's own window on this axis, on a coarser grid with the zeros that this needs."""
        layer, size = self.layer, self.sizes[axis]
        kernel, stride, dilation = (
            values[axis] for values in (layer.kernel, layer.stride, layer.dilation)
        )
        on_own_grid = equal(self.coarser[axis], 1)
        out = strided_size(layer.out_size[axis], self.coarser[axis])
        if layer.transposed and (layer.padding == "same" or not on_own_grid):
            return Geometry.transposed_to(size, kernel, stride, out, dilation)
        low, high = layer.pads[axis]
        high = high - layer.output_padding[axis]  # further outputs at the end are less cut off
        if not on_own_grid and layer.padding != "same":
            total = (out - 1) * stride + dilation * (kernel - 1) + 1 - size
            low = smallest(low, largest(total, 0))
            high = total - low
        return Geometry(kernel, stride, dilation, (low, high), size, out, layer.transposed)


def _not_one(step: Number) -> bool:
    """Whether a step may be another than 1: symbols may, and cells of an array that are not."""
    return is_symbolic(step) or differ(step, 1)


def _divide(coarser: Number, factor: Number, what: str) -> Number:
    try:
        return plain(exact_div(coarser, factor))
    except CostModelError:
        raise VariantError(
            f"{what} on a grid that is coarser by {coarser} than the layer's own; allowed are "
            f"divisors of {coarser}"
        ) from None
