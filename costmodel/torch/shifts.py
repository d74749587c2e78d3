"""Windows that are no convolution: grids gathered, shifted by what a tap sees, and put back.

Tensors end with the spatial axes; `dims` is how many these are. All sizes and offsets are known
beforehand, so that nothing but plain slices and zeros stands in a trace.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from costmodel.core.grid import Geometry


def gathered(x: Tensor, place: int, indices: Sequence[Sequence[int]]) -> Tensor:
    """Dimension `place` as two, (position, tap): a window over channels.

    An index behind the last channel is a zero.
    """
    if any(x.shape[place] in row for row in indices):
        x = torch.cat((x, torch.zeros_like(x.narrow(place, 0, 1))), place)
    index = torch.tensor(indices, device=x.device)
    return x.index_select(place, index.flatten()).unflatten(place, index.shape)


def padded(x: Tensor, geometry: Sequence[Geometry], axes: Collection[int]) -> Tensor:
    """The zeros around the input on some of the spatial axes; negative ones crop."""
    return with_pads(
        x,
        [
            (int(g.pads[0]), int(g.pads[1])) if axis in axes else (0, 0)
            for axis, g in enumerate(geometry)
        ],
    )


def seen(x: Tensor, geometry: Sequence[Geometry], taps: Mapping[int, int]) -> Tensor:
    """What taps of a window see of a padded input: every stride-th position from an offset on.

    taps: the tap by spatial axis.
    """
    index: list[Any] = [slice(None)] * x.dim()
    for axis, tap in taps.items():
        g = geometry[axis]
        start, stride = tap * int(g.dilation), int(g.stride)
        end = start + (int(g.out) - 1) * stride + 1
        index[x.dim() - len(geometry) + axis] = slice(start, end, stride)
    return x[tuple(index)]


def landed(x: Tensor, geometry: Sequence[Geometry], taps: Mapping[int, int]) -> Tensor:
    """Where taps of a transposed window put their inputs: stride apart, from an offset on.

    taps: the tap by spatial axis. What lands outside of the output is cut off.
    """
    for axis, tap in taps.items():
        g, dim = geometry[axis], x.dim() - len(geometry) + axis
        stride, out = int(g.stride), int(g.out)
        if stride > 1:  # zeros between the positions
            x = x.unsqueeze(dim + 1)
            x = functional.pad(x, [0] * 2 * (x.dim() - dim - 2) + [0, stride - 1])
            x = x.flatten(dim, dim + 1)
        length, offset = int(g.size) * stride, tap * int(g.dilation) - int(g.pads[0])
        if (
            offset >= out or offset + length <= 0
        ):  # nothing lands inside; pads crop no more than all
            x, length, offset = x.narrow(dim, 0, 0), 0, 0
        pads = [(0, 0)] * len(geometry)
        pads[axis] = (offset, out - length - offset)
        x = with_pads(x, pads)
    return x


def sum_of(parts: Iterable[Tensor]) -> Tensor:
    """The sum of one tensor or more, all of one shape."""
    return functools.reduce(operator.add, parts)


def with_pads(x: Tensor, pads: Sequence[tuple[int, int]]) -> Tensor:
    """Zeros (before, after) around each spatial axis; nothing is done where there are none."""
    if all(pair == (0, 0) for pair in pads):
        return x
    # `functional.pad` wants the last axis first
    return functional.pad(x, [value for pair in reversed(pads) for value in pair])
