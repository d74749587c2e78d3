"""One stage as a plain torch convolution, with what has to be rearranged before and after it.

`StageAxes` says which axes the convolution takes for its groups and channels; shared ones are
folded into the batch. Where the axes stand in another order, they are permuted: that is all a
channel shuffle is.

Two kinds of windows are no convolution: a pattern of taps, and a window whose tap the channel picks
(`n j, n i j -> n`). Their input is shifted, one copy for each tap, before a convolution without
that window; where transposed, its output is shifted and added up.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from costmodel.core.grid import Geometry
from costmodel.core.stage import BoundStage
from costmodel.core.stage_axes import TAPS, StageAxes
from costmodel.core.taps import Tap, channel_indices
from costmodel.torch.shifts import gathered, landed, padded, seen, sum_of, with_pads

#: PyTorch's layers by number of spatial axes, and whether they are transposed.
CONVOLUTIONS: dict[tuple[int, bool], Any] = {
    (1, False): nn.Conv1d,
    (2, False): nn.Conv2d,
    (3, False): nn.Conv3d,
    (1, True): nn.ConvTranspose1d,
    (2, True): nn.ConvTranspose2d,
    (3, True): nn.ConvTranspose3d,
}


class StageModule(nn.Module):
    """A stage of the notation: rearrange, convolve (`self.conv`), rearrange.

    Input (batch, channels, *grid), output likewise on the stage's output grid. `weight_axes` names
    the channel axes of `conv.weight` in order, `result_axes` those of its output, and `axis_sizes`
    has their sizes, for those who want to read or set the factors.
    """

    def __init__(self, stage: BoundStage) -> None:
        super().__init__()
        self.stage = stage
        self._axes = axes = StageAxes.of(stage)
        self.letters = axes.letters
        self.weight_axes, self.result_axes = list(axes.weight), list(axes.result)
        self.axis_sizes = axes.sizes
        self._gather = _channel_windows(stage)
        self._geometry = [
            Geometry.pointwise(g.size if stage.transposed else g.out)
            if axis in (*axes.diagonal.values(), *axes.pattern_axes)
            else g
            for axis, g in enumerate(stage.geometry)
        ]
        shifts = not stage.transposed and (axes.diagonal or axes.pattern)
        self._arrange = bool(self._gather or shifts or axes.order != axes.read)
        self._restore = axes.result != axes.written
        self.conv = self._convolution()
        own_bias = bool(stage.biases) and self.conv.bias is None
        self.bias = nn.Parameter(torch.zeros(int(stage.biases))) if own_bias else None

    def _convolution(self) -> Any:
        stage, transposed = self.stage, self.stage.transposed
        axes = self._axes
        groups, summed, new = map(axes.size, (axes.grouped, axes.summed, axes.new))
        self._pads: list[tuple[int, int]] = []
        self._crop: list[tuple[int, int]] = []
        padding, extra = [], []
        for g in self._geometry:
            low, high = (int(p) for p in g.pads)
            more = low - high  # further outputs at the end, which a transposed layer can have
            fits = low >= 0 and (
                0 <= more < max(int(g.stride), int(g.dilation)) if transposed else more == 0
            )
            padding.append(low if fits else 0)
            extra.append(more if fits else 0)
            self._pads.append((0, 0) if fits or transposed else (low, high))
            self._crop.append((-low, -high) if transposed and not fits else (0, 0))
        # a bias of the convolution's own has to be the last thing that is added, once per output
        last = not axes.shared and not (transposed and (axes.pattern or axes.diagonal))
        last = last and not any(pair != (0, 0) for pair in self._crop)
        options: dict[str, Any] = {"output_padding": extra} if transposed else {}
        return CONVOLUTIONS[len(self._geometry), transposed](
            groups * summed,
            groups * new,
            axes.kernel,
            stride=[int(g.stride) for g in self._geometry],
            padding=padding,
            dilation=[int(g.dilation) for g in self._geometry],
            groups=groups,
            bias=bool(stage.biases) and last,
            **options,
        )

    @property
    def plain(self) -> bool:
        """Whether the stage is its convolution and nothing else."""
        moved = [pair for pair in (*self._pads, *self._crop) if pair != (0, 0)]
        return not (self._arrange or self._restore or moved or self.bias is not None)

    def forward(self, x: Tensor) -> Tensor:
        """The stage's output, (batch, channels, *grid)."""
        if self._arrange:
            x = self._arranged(x)
        x = self.conv(with_pads(x, self._pads))
        x = with_pads(x, self._crop)
        if self._restore:
            x = self._restored(x)
        if self.bias is not None:
            x = x + self.bias.view(1, -1, *[1] * len(self.letters))
        return x

    def _arranged(self, x: Tensor) -> Tensor:
        """(batch, channels, *grid) as the convolution reads it: shared axes are in the batch."""
        stage, dims = self.stage, len(self.letters)
        sizes = [int(stage.sizes[axis.key]) for axis in stage.line.inputs]
        x = x.unflatten(1, [int(stage.groups), *sizes])
        for place, indices in reversed(self._gather):
            x = gathered(x, place + 2, indices)
        if not stage.transposed:
            x = self._shifted(x)
        places = [self._axes.read.index(name) + 1 for name in self._axes.order]
        x = x.permute(0, *places, *range(x.dim() - dims, x.dim()))
        return x.flatten(0, len(self._axes.shared)).flatten(1, -1 - dims)

    def _shifted(self, x: Tensor) -> Tensor:
        """Shifted copies of the input: by channel, and for every tap of a pattern."""
        geometry, dims = self.stage.geometry, len(self.letters)
        for letter, axis in self._axes.diagonal.items():
            place = self._axes.read.index(letter) + 1
            parts = padded(x, geometry, [axis]).unbind(place)
            x = torch.stack([seen(p, geometry, {axis: t}) for t, p in enumerate(parts)], place)
        if self._axes.pattern:
            x = padded(x, geometry, self._axes.pattern_axes)
            copies = [seen(x, geometry, self._by_axis(taps)) for taps in self._axes.pattern]
            x = torch.stack(copies, x.dim() - dims)
        return x

    def _restored(self, x: Tensor) -> Tensor:
        """The convolution's result as (batch, channels, *grid), in the order of the notation."""
        dims, geometry = len(self.letters), self.stage.geometry
        names = list(self.result_axes)
        sizes, axes = self._axes.sizes, self._axes
        x = x.unflatten(1, [sizes[name] for name in (*axes.grouped, *axes.new)])
        if axes.shared:
            x = x.unflatten(0, [-1, *(sizes[name] for name in axes.shared)])
        if self.stage.transposed:  # what was shifted before the convolution elsewhere is so here
            for letter, axis in self._axes.diagonal.items():
                parts = x.unbind(names.index(letter) + 1)
                x = sum_of(landed(p, geometry, {axis: t}) for t, p in enumerate(parts))
                names.remove(letter)
            if self._axes.pattern:
                parts = x.unbind(names.index(TAPS) + 1)
                taps = map(self._by_axis, self._axes.pattern)
                x = sum_of(landed(p, geometry, t) for t, p in zip(taps, parts, strict=True))
                names.remove(TAPS)
        places = [names.index(name) + 1 for name in self._axes.written]
        x = x.permute(0, *places, *range(x.dim() - dims, x.dim()))
        return x.flatten(1, -1 - dims)

    def _by_axis(self, taps: Tap) -> dict[int, int]:
        return dict(zip(self._axes.pattern_axes, taps, strict=True))

    def extra_repr(self) -> str:
        """The stage in the notation."""
        return self.stage.line.text


def _channel_windows(stage: BoundStage) -> list[tuple[int, list[list[int]]]]:
    """(position, indices) of the input axes that are windows over channels."""
    return [
        (place, channel_indices(stage, axis))
        for place, axis in enumerate(stage.line.inputs)
        if axis.tap
    ]
