"""One stage as a plain torch convolution, with what has to be rearranged before and after it.

The axes of a stage fall into four kinds. Shared ones (in input and output, not in the weight) are
folded into the batch, grouped ones (in all three) become the convolution's groups, summed ones (in
input and weight) its input channels, new ones (in weight and output) its output channels. Where the
axes stand in another order, they are permuted: that is all a channel shuffle is.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from costmodel.arith import product
from costmodel.errors import VariantError
from costmodel.notation import WINDOW_LETTERS, WINDOWS
from costmodel.stage import BoundStage, Geometry
from costmodel.verify.taps import channel_indices, pattern_of

_CONVOLUTIONS: dict[tuple[int, bool], Any] = {
    (1, False): nn.Conv1d,
    (2, False): nn.Conv2d,
    (3, False): nn.Conv3d,
    (1, True): nn.ConvTranspose1d,
    (2, True): nn.ConvTranspose2d,
    (3, True): nn.ConvTranspose3d,
}
GROUPS = "the layer's groups"  # an axis of every stage, in front of its own
TAPS = "the pattern's taps"


class StageModule(nn.Module):
    """A stage of the notation: rearrange, convolve (`self.conv`), rearrange.

    Input (batch, channels, *grid), output likewise on the stage's output grid. `weight_axes` names
    the channel axes of `conv.weight` in order, `result_axes` those of its output, and `axis_sizes`
    has their sizes, for those who want to read or set the factors.
    """

    def __init__(self, stage: BoundStage) -> None:
        super().__init__()
        self.stage = stage
        line, geometry = stage.line, stage.geometry
        self.letters = WINDOW_LETTERS[len(geometry)]
        self._gather = self._channel_windows(stage)
        self._pattern = pattern_of(stage, self._pattern_axes(stage))
        self._diagonal = [
            axis for axis, letter in enumerate(self.letters) if letter in self._input_windows(stage)
        ]
        if stage.transposed and (self._pattern or self._diagonal):
            raise VariantError(
                f"stage '{line.text}' has no module on a transposed layer, because its window is "
                "no torch convolution there; allowed are layers that are not transposed"
            )
        names = [name for axis in line.inputs for name in axis.names]
        if self._pattern:
            names.append(TAPS)
        outputs, weights = set(line.output_names), set(line.weight_names) | {TAPS}
        self._names = [GROUPS, *names]
        self.axis_sizes = {
            **{n: int(stage.sizes[n]) for n in names if n != TAPS},
            GROUPS: int(stage.groups),
        }
        self.axis_sizes[TAPS] = len(self._pattern)
        shared = [n for n in names if n in outputs and n not in weights]
        grouped = [GROUPS, *(n for n in names if n in outputs and n in weights)]
        summed = [n for n in names if n not in outputs]
        new = [n for n in line.output_names if n not in names]
        for name in new:
            self.axis_sizes[name] = int(stage.sizes[name])
        self._order = [*shared, *grouped, *summed]
        self._fold = self._size(shared)
        self.result_axes = [*shared, *grouped, *new]
        self._wanted = [GROUPS, *line.output_names]
        self.weight_axes = (
            [*grouped, *summed, *new] if stage.transposed else [*grouped, *new, *summed]
        )
        self.conv = self._convolution(self._size(grouped), self._size(summed), self._size(new))
        own_bias = bool(stage.biases) and self.conv.bias is None
        self.bias = nn.Parameter(torch.zeros(int(stage.biases))) if own_bias else None

    def _size(self, names: list[str]) -> int:
        return int(product(self.axis_sizes[name] for name in names))

    # -- what stands before the convolution --------------------------------------------------
    @staticmethod
    def _channel_windows(stage: BoundStage) -> list[tuple[int, list[list[int]]]]:
        """(dimension, indices) of the input axes that are windows over channels."""
        return [
            (
                place,
                channel_indices(
                    axis,
                    int(stage.sizes[axis.key]),
                    int(stage.sizes[axis.name]),
                    int(stage.sizes[axis.tap]),
                ),
            )
            for place, axis in enumerate(stage.line.inputs)
            if axis.tap
        ]

    def _pattern_axes(self, stage: BoundStage) -> list[int]:
        names = next((axis.names for axis in stage.line.weights if axis.pattern), ())
        return [self.letters.index(name) for name in names]

    @staticmethod
    def _input_windows(stage: BoundStage) -> set[str]:
        """Window letters that are channel axes of the input too: the channel picks the tap."""
        return set(stage.line.windows) & set(stage.line.input_names) & WINDOWS

    # -- the convolution ---------------------------------------------------------------------
    def _convolution(self, groups: int, summed: int, new: int) -> Any:
        stage = self.stage
        taken = set(self._diagonal) | set(self._pattern_axes(stage))
        self._geometry: list[Geometry] = [
            Geometry.pointwise(g.out) if axis in taken else g
            for axis, g in enumerate(stage.geometry)
        ]
        transposed = stage.transposed
        self._pads, self._crop, padding, extra = [], [], [], []
        for g in self._geometry:
            low, high = (int(p) for p in g.pads)
            more = low - high
            if transposed and low >= 0 and 0 <= more < max(int(g.stride), int(g.dilation)):
                padding.append(low)
                extra.append(more)
                self._crop += [(0, 0)]
            elif transposed:
                padding.append(0)
                extra.append(0)
                self._crop += [(-low, -high)]
            elif low == high and low >= 0:
                padding.append(low)
                self._pads += [(0, 0)]
            else:
                padding.append(0)
                self._pads += [(low, high)]
        options: dict[str, Any] = {"output_padding": extra} if transposed else {}
        cropped = any(pair != (0, 0) for pair in self._crop)
        return _CONVOLUTIONS[len(self._geometry), transposed](
            groups * summed,
            groups * new,
            [int(g.kernel) for g in self._geometry],
            stride=[int(g.stride) for g in self._geometry],
            padding=padding,
            dilation=[int(g.dilation) for g in self._geometry],
            groups=groups,
            bias=bool(stage.biases) and self._fold == 1 and not cropped,
            **options,
        )

    def forward(self, x: Tensor) -> Tensor:
        """The stage's output, (batch, channels, *grid)."""
        groups, dims = int(self.stage.groups), len(self._geometry)
        axes = [int(self.stage.sizes[axis.key]) for axis in self.stage.line.inputs]
        if self._gather or self._diagonal or self._pattern:
            x = x.reshape(-1, groups, *axes, *x.shape[-dims:])
            x = self._gathered(x)
            x = self._shifted(x)
        grid = x.shape[-dims:]
        if self._order != self._names:
            x = x.reshape(-1, *(self.axis_sizes[n] for n in self._names), *grid)
            places = [self._names.index(name) + 1 for name in self._order]
            x = x.permute(0, *places, *range(x.dim() - dims, x.dim()))
        # -1 stands for the batch: sizes computed here would show up in traces as multiplies
        x = x.reshape(-1, self.conv.in_channels, *grid)
        if any(pair != (0, 0) for pair in self._pads):
            x = functional.pad(x, _torch_pads(self._pads))
        x = self.conv(x)
        if any(pair != (0, 0) for pair in self._crop):
            x = functional.pad(x, _torch_pads(self._crop))
        grid = x.shape[-dims:]
        if self.result_axes != self._wanted:
            x = x.reshape(-1, *(self.axis_sizes[n] for n in self.result_axes), *grid)
            places = [self.result_axes.index(name) + 1 for name in self._wanted]
            x = x.permute(0, *places, *range(x.dim() - dims, x.dim()))
        x = x.reshape(-1, int(self.stage.out_channels), *grid)
        if self.bias is not None:
            x = x + self.bias.view(1, -1, *[1] * dims)
        return x

    def _gathered(self, x: Tensor) -> Tensor:
        """Every channel window as two axes, position and tap."""
        for place, indices in reversed(self._gather):
            index = torch.tensor(indices, device=x.device)
            x = x.index_select(place + 2, index.flatten()).unflatten(place + 2, index.shape)
        return x

    def _shifted(self, x: Tensor) -> Tensor:
        """Diagonal windows and patterns as shifted copies of the grid."""
        dims = len(self._geometry)
        for axis in self._diagonal:
            g, letter = self.stage.geometry[axis], self.letters[axis]
            place = self._names.index(letter) + 1
            x = functional.pad(x, _torch_pads([_pads_of(g, a == axis) for a, g in self._axes()]))
            parts = [_slice(part, axis - dims, tap, g) for tap, part in enumerate(x.unbind(place))]
            x = torch.stack(parts, place)
        if self._pattern:
            axes = self._pattern_axes(self.stage)
            x = functional.pad(x, _torch_pads([_pads_of(g, a in axes) for a, g in self._axes()]))
            copies = []
            for taps in self._pattern:
                part = x
                for axis, tap in zip(axes, taps, strict=True):
                    part = _slice(part, axis - dims, tap, self.stage.geometry[axis])
                copies.append(part)
            x = torch.stack(copies, x.dim() - dims)
        return x

    def _axes(self) -> list[tuple[int, Geometry]]:
        return list(enumerate(self.stage.geometry))

    def extra_repr(self) -> str:
        """The stage in the notation."""
        return self.stage.line.text


def _pads_of(geometry: Geometry, wanted: bool) -> tuple[int, int]:
    return (int(geometry.pads[0]), int(geometry.pads[1])) if wanted else (0, 0)


def _slice(x: Tensor, dim: int, tap: int, geometry: Geometry) -> Tensor:
    """What one tap of a window sees: every stride-th position from its offset on."""
    start, stride = tap * int(geometry.dilation), int(geometry.stride)
    index: list[Any] = [slice(None)] * x.dim()
    index[dim] = slice(start, start + (int(geometry.out) - 1) * stride + 1, stride)
    return x[tuple(index)]


def _torch_pads(pads: list[tuple[int, int]]) -> list[int]:
    """Per-axis pairs in the order of `functional.pad`: the last axis first."""
    return [value for pair in reversed(pads) for value in pair]
