"""One stage as a plain torch convolution, with what has to be rearranged before and after it.

The axes of a stage have four roles (`StageLine`). Shared ones are folded into the batch, grouped
ones become the convolution's groups, summed ones its input channels, new ones its output channels.
Where the axes stand in another order, they are permuted: that is all a channel shuffle is.

Two kinds of windows are no convolution: a pattern of taps, and a window whose tap the channel picks
(`n j, n i j -> n`). Their input is shifted, one copy for each tap, before a convolution without
that window; where transposed, its output is shifted and added up.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from costmodel.core.grid import Geometry
from costmodel.core.numbers import product
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import WINDOW_LETTERS
from costmodel.core.taps import Tap, channel_indices, pattern_of
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
        self.letters = WINDOW_LETTERS[len(stage.geometry)]
        self._gather = _channel_windows(stage)
        self._pattern_axes, self._pattern = pattern_of(stage)
        self._diagonal = {
            letter: axis for axis, letter in enumerate(self.letters) if letter in stage.line.summed
        }
        self._name_axes()
        self._geometry = [
            Geometry.pointwise(g.size if stage.transposed else g.out)
            if axis in (*self._diagonal.values(), *self._pattern_axes)
            else g
            for axis, g in enumerate(stage.geometry)
        ]
        shifts = not stage.transposed and (self._diagonal or self._pattern)
        self._arrange = bool(self._gather or shifts or self._order != self._names)
        self._restore = self.result_axes != self._wanted
        self.conv = self._convolution()
        own_bias = bool(stage.biases) and self.conv.bias is None
        self.bias = nn.Parameter(torch.zeros(int(stage.biases))) if own_bias else None

    def _name_axes(self) -> None:
        """What the convolution takes for shared, grouped, summed and new axes."""
        line, transposed = self.stage.line, self.stage.transposed
        inputs = line.input_names
        kept = [*self._diagonal] if transposed else []  # added up after the convolution
        self._shared, self._new = list(line.shared), list(line.new)
        self._grouped = [GROUPS, *(name for name in inputs if name in (*line.grouped, *kept))]
        self._summed = [name for name in line.summed if name not in kept]
        if self._pattern:
            (self._new if transposed else self._summed).append(TAPS)
        self._names = [GROUPS, *inputs]
        if self._pattern and not transposed:
            self._names.append(TAPS)
        self._order = [*self._shared, *self._grouped, *self._summed]
        self.result_axes = [*self._shared, *self._grouped, *self._new]
        self._wanted = [GROUPS, *line.output_names]
        self.weight_axes = (
            [*self._grouped, *self._summed, *self._new]
            if transposed
            else [*self._grouped, *self._new, *self._summed]
        )
        known = {GROUPS: self.stage.groups, TAPS: len(self._pattern), **self.stage.sizes}
        named = dict.fromkeys([*self._names, *self._new])
        self.axis_sizes = {name: int(known[name]) for name in named}

    def _sizes(self, names: list[str]) -> list[int]:
        return [self.axis_sizes[name] for name in names]

    def _convolution(self) -> Any:
        stage, transposed = self.stage, self.stage.transposed
        groups, summed, new = (
            int(product(self._sizes(names))) for names in (self._grouped, self._summed, self._new)
        )
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
        last = not self._shared and not (transposed and (self._pattern or self._diagonal))
        last = last and not any(pair != (0, 0) for pair in self._crop)
        options: dict[str, Any] = {"output_padding": extra} if transposed else {}
        return CONVOLUTIONS[len(self._geometry), transposed](
            groups * summed,
            groups * new,
            [int(g.kernel) for g in self._geometry],
            stride=[int(g.stride) for g in self._geometry],
            padding=padding,
            dilation=[int(g.dilation) for g in self._geometry],
            groups=groups,
            bias=bool(stage.biases) and last,
            **options,
        )

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
        places = [self._names.index(name) + 1 for name in self._order]
        x = x.permute(0, *places, *range(x.dim() - dims, x.dim()))
        return x.flatten(0, len(self._shared)).flatten(1, -1 - dims)

    def _shifted(self, x: Tensor) -> Tensor:
        """Shifted copies of the input: by channel, and for every tap of a pattern."""
        geometry, dims = self.stage.geometry, len(self.letters)
        for letter, axis in self._diagonal.items():
            place = self._names.index(letter) + 1
            parts = padded(x, geometry, [axis]).unbind(place)
            x = torch.stack([seen(p, geometry, {axis: t}) for t, p in enumerate(parts)], place)
        if self._pattern:
            x = padded(x, geometry, self._pattern_axes)
            copies = [seen(x, geometry, self._by_axis(taps)) for taps in self._pattern]
            x = torch.stack(copies, x.dim() - dims)
        return x

    def _restored(self, x: Tensor) -> Tensor:
        """The convolution's result as (batch, channels, *grid), in the order of the notation."""
        dims, geometry = len(self.letters), self.stage.geometry
        names = list(self.result_axes)
        x = x.unflatten(1, self._sizes([*self._grouped, *self._new]))
        if self._shared:
            x = x.unflatten(0, [-1, *self._sizes(self._shared)])
        if self.stage.transposed:  # what was shifted before the convolution elsewhere is so here
            for letter, axis in self._diagonal.items():
                parts = x.unbind(names.index(letter) + 1)
                x = sum_of(landed(p, geometry, {axis: t}) for t, p in enumerate(parts))
                names.remove(letter)
            if self._pattern:
                parts = x.unbind(names.index(TAPS) + 1)
                taps = map(self._by_axis, self._pattern)
                x = sum_of(landed(p, geometry, t) for t, p in zip(taps, parts, strict=True))
                names.remove(TAPS)
        places = [names.index(name) + 1 for name in self._wanted]
        x = x.permute(0, *places, *range(x.dim() - dims, x.dim()))
        return x.flatten(1, -1 - dims)

    def _by_axis(self, taps: Tap) -> dict[int, int]:
        return dict(zip(self._pattern_axes, taps, strict=True))

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
