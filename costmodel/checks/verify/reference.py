"""What a variant computes, said without any convolution: an einsum over unfolded windows.

Written for clarity and in double precision, from the notation's meaning alone: windows are gathered
(or scattered, where transposed) position by position, and every sum is one `einsum` over named
axes. It shares with the module only the weights and which taps a pattern has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

import torch
from torch import Tensor, nn

from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundResample,
    BoundSequence,
    BoundSlice,
)
from costmodel.core.grid import Geometry
from costmodel.core.stage import BoundStage
from costmodel.core.stage_axes import GROUPS, TAPS
from costmodel.core.taps import Tap, channel_indices, pattern_of
from costmodel.torch.lowering import StageModule
from costmodel.torch.modules import VariantModule

_BATCH = "batch"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def reference(module: VariantModule, x: Tensor) -> Tensor:
    """The output that the notation prescribes, with a module's weights.

    Args:
        module: of a variant; its weights are read, its layers are not run.
        x: input (batch, in_channels, *size).

    Returns:
        Output (batch, out_channels, *out_size), float64.
    """
    leaves = iter(_leaves(module))
    groups = int(module.layer.groups)
    return _sequence(module.bound.program, leaves, x.double(), groups)


def _leaves(module: nn.Module) -> Iterator[nn.Module]:
    """Stage modules, and what has a bias of its own, in the order in which they run."""
    for child in module.modules():
        own_bias = isinstance(getattr(child, "bias", None), nn.Parameter)
        if isinstance(child, StageModule) or (own_bias and not hasattr(child, "weight")):
            yield child


def _sequence(
    program: BoundSequence, leaves: Iterator[nn.Module], x: Tensor, groups: int
) -> Tensor:
    for item in program.items:
        match item:
            case BoundStage():
                module = next(leaves)
                assert isinstance(module, StageModule)
                x = _stage(item, module, x)
            case BoundSlice():
                parts = x.reshape(x.shape[0], groups, -1, *x.shape[2:])
                parts = parts[:, :, int(item.low) : int(item.high)]
                x = parts.reshape(x.shape[0], -1, *x.shape[2:])
            case BoundResample():
                x = _resampled(item, x)
            case BoundBias():
                bias: Any = next(leaves).bias
                x = x + bias.detach().double().reshape(1, -1, *[1] * (x.dim() - 2))
            case BoundBlock():
                for _ in range(int(item.times)):
                    results = [_sequence(branch, leaves, x, groups) for branch in item.branches]
                    x = _joined(item, results, groups)
            case _:
                assert_never(item)
    return x


def _joined(block: BoundBlock, results: list[Tensor], groups: int) -> Tensor:
    if block.mode == "sum":
        return torch.stack(results).sum(0)
    parts = [r.reshape(r.shape[0], groups, -1, *r.shape[2:]) for r in results]
    whole = torch.cat(parts, 2)
    return whole.reshape(whole.shape[0], -1, *whole.shape[3:])


def _resampled(item: BoundResample, x: Tensor) -> Tensor:
    for axis, (before, after) in enumerate(zip(item.in_grid, item.out_grid, strict=True)):
        dim = axis + 2
        if item.up:
            x = x[(slice(None),) * dim + (torch.arange(int(after)) // item.factor,)]
        else:
            cells = [
                x.narrow(dim, start, min(item.factor, int(before) - start)).mean(dim, keepdim=True)
                for start in range(0, int(before), item.factor)
            ]
            x = torch.cat(cells, dim)
    return x


def _stage(stage: BoundStage, module: StageModule, x: Tensor) -> Tensor:
    line, letters = stage.line, module.letters
    grid = tuple(range(-len(letters), 0))
    x = x.reshape(
        x.shape[0],
        int(stage.groups),
        *(int(stage.sizes[axis.key]) for axis in line.inputs),
        *x.shape[grid[0] :],
    )
    names = [_BATCH, GROUPS]
    for axis in line.inputs:
        if axis.tap:
            index = torch.tensor(channel_indices(stage, axis))
            zero = torch.zeros_like(x.select(len(names), 0)).unsqueeze(len(names))
            x = torch.cat((x, zero), len(names))  # what a window reads outside of the channels
            x = x[(slice(None),) * len(names) + (index,)]
        names += axis.names
    windows = {
        letter: stage.geometry[a] for a, letter in enumerate(letters) if letter in line.windows
    }
    places = [_place(letter) for letter in letters]
    weight, weight_names = _named_weight(module)
    outputs = [_BATCH, GROUPS, *line.output_names]
    if stage.transposed:
        axes, chosen = pattern_of(stage)
        pattern = tuple(letters[axis] for axis in axes)
        alone = [letter for letter in windows if letter not in pattern]
        wanted = [*outputs, *places, *alone, *([TAPS] if pattern else [])]
        y = _einsum(x, [*names, *places], weight, weight_names, wanted)
        if pattern:
            y, wanted = _scattered(y, wanted, TAPS, pattern, chosen, windows)
        for letter in alone:
            every: list[Tap] = [(tap,) for tap in range(int(windows[letter].kernel))]
            y, wanted = _scattered(y, wanted, letter, (letter,), every, windows)
    else:
        x, names = _unfolded(x, [*names, *places], windows)
        x, names = _patterned(x, names, stage, letters)
        y = _einsum(x, names, weight, weight_names, [*outputs, *places])
    y = y.reshape(y.shape[0], -1, *y.shape[grid[0] :])
    return y + _named_bias(module).reshape(1, -1, *[1] * len(letters))


def _named_weight(module: StageModule) -> tuple[Tensor, list[str]]:
    """The weight with one dimension per axis: channel axes, then the windows it still has."""
    weight = module.conv.weight.detach().double()
    kernel = dict(zip(module.letters, weight.shape[2:], strict=True))
    open_windows = [letter for letter, extent in kernel.items() if extent > 1]
    sizes = [module.axis_sizes[name] for name in module.weight_axes]
    return (
        weight.reshape(*sizes, *(kernel[letter] for letter in open_windows)),
        [*module.weight_axes, *open_windows],
    )


def _named_bias(module: StageModule) -> Tensor:
    """The bias in the order of the stage's output channels; zero without one."""
    if module.bias is not None:
        return module.bias.detach().double()
    if module.conv.bias is None:
        return torch.zeros(1, dtype=torch.float64)
    bias = module.conv.bias.detach().double()
    bias = bias.reshape([module.axis_sizes[name] for name in module.result_axes])
    wanted = [GROUPS, *module.stage.line.output_names]
    return bias.permute([module.result_axes.index(name) for name in wanted]).flatten()


def _unfolded(
    x: Tensor, names: list[str], windows: dict[str, Geometry]
) -> tuple[Tensor, list[str]]:
    """Each windowed axis as (output position, tap); positions outside the input read zero."""
    for letter, g in windows.items():
        dim = names.index(_place(letter))
        index = torch.tensor(
            [
                [
                    out * int(g.stride) + tap * int(g.dilation) - int(g.pads[0])
                    for tap in range(int(g.kernel))
                ]
                for out in range(int(g.out))
            ]
        )
        inside = (index >= 0) & (index < x.shape[dim])
        x = x[(slice(None),) * dim + (index.clamp(0, x.shape[dim] - 1),)]
        x = x * inside.reshape(*inside.shape, *[1] * (x.dim() - dim - 2))
        names = [*names[: dim + 1], letter, *names[dim + 1 :]]
    # a window of extent 1 reads one tap: no axis to sum over
    for letter, g in windows.items():
        if int(g.kernel) == 1:
            dim = _last(names, letter)
            x, names = x.select(dim, 0), [*names[:dim], *names[dim + 1 :]]
    return x, names


def _patterned(
    x: Tensor, names: list[str], stage: BoundStage, letters: Sequence[str]
) -> tuple[Tensor, list[str]]:
    """The taps of a pattern picked out of the unfolded windows, as one axis."""
    axes, pattern = pattern_of(stage)
    if not pattern:
        return x, names
    kept = [
        (letters[axis], place)
        for place, axis in enumerate(axes)
        if int(stage.geometry[axis].kernel) > 1
    ]
    copies = []
    for taps in pattern:
        part, left = x, list(names)
        for letter, place in kept:
            dim = _last(left, letter)
            part = part.select(dim, taps[place])
            left.pop(dim)
        copies.append(part)
    for letter, _ in kept:
        names = [*names[: _last(names, letter)], *names[_last(names, letter) + 1 :]]
    return torch.stack(copies, -1), [*names, TAPS]


def _scattered(
    y: Tensor,
    names: list[str],
    tap_axis: str,
    letters: tuple[str, ...],
    taps: list[Tap],
    windows: dict[str, Geometry],
) -> tuple[Tensor, list[str]]:
    """Each (input position, tap) added where it lands; what lands outside is cut off.

    tap_axis: the dimension of `y` that counts the taps, which are offsets on the axes of `letters`.
    """
    dim = names.index(tap_axis)
    left = [*names[:dim], *names[dim + 1 :]]
    total: Any = 0
    for number, offsets in enumerate(taps):
        part = y.select(dim, number)
        for letter, offset in zip(letters, offsets, strict=True):
            part = _put(part, left.index(_place(letter)), offset, windows[letter])
        total = total + part
    return total, left


def _put(part: Tensor, dim: int, tap: int, g: Geometry) -> Tensor:
    """The positions of one tap, put down one by one."""
    shape = list(part.shape)
    shape[dim] = int(g.out)
    result = part.new_zeros(shape)
    for position in range(int(g.size)):
        lands = position * int(g.stride) + tap * int(g.dilation) - int(g.pads[0])
        if 0 <= lands < int(g.out):
            result.select(dim, lands).copy_(part.select(dim, position))
    return result


def _einsum(
    x: Tensor, x_names: list[str], w: Tensor, w_names: list[str], y_names: list[str]
) -> Tensor:
    """One einsum over named axes; a name that stands twice in the input is its diagonal."""
    for name in [n for n in y_names if n not in x_names and n not in w_names]:
        w, w_names = w.unsqueeze(-1), [*w_names, name]  # a window of extent 1
    letters = dict(zip(dict.fromkeys([*x_names, *w_names]), _LETTERS, strict=False))

    def labels(names: list[str]) -> str:
        return "".join(letters[name] for name in names)

    return torch.einsum(f"{labels(x_names)},{labels(w_names)}->{labels(y_names)}", x, w)


def _place(letter: str) -> str:
    return f"position along {letter}"


def _last(names: list[str], name: str) -> int:
    return len(names) - 1 - names[::-1].index(name)
