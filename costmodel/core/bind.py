"""Binding: a variant on a layer becomes stages with numbers, and the program that runs them.

The grid is carried from stage to stage by `grid`: the first stage that has a window over an axis
takes the layer's stride, padding and dilation there; a later window over the same axis keeps the
grid. So `1×1`-first variants pay their first stage at the input resolution by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from costmodel.core.bound import (
    BoundBias,
    BoundBlock,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
    Item,
    with_bias,
)
from costmodel.core.grid import Grid
from costmodel.core.layer import ConvLayer
from costmodel.core.names import Sizing
from costmodel.core.numbers import Number, differ, exact_div, holds, is_exact, product
from costmodel.core.stage import BoundStage, expand_windows
from costmodel.core.stage_line import Block, InputAxis, ResampleItem, SliceItem, StageLine
from costmodel.core.stage_line import Sequence as Source
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, LayerError, VariantError

__all__ = [
    "BoundBias",
    "BoundBlock",
    "BoundResample",
    "BoundSequence",
    "BoundSlice",
    "BoundVariant",
    "ChainError",
    "bind",
]


def bind(variant: Variant, layer: ConvLayer, **hyper: Number) -> BoundVariant:
    """Put a variant on a layer.

    Args:
        variant: what to bind.
        layer: the layer that it stands in for.
        hyper: values by letter; those not given take their defaults.

    Raises:
        VariantError: an unknown or invalid hyper-parameter, or a layer that does not fit.
        LayerError: something that is no layer.
    """
    if not isinstance(layer, ConvLayer):
        raise LayerError(f"layer is {layer!r}; allowed is a ConvLayer")
    return _Binder(variant, layer, hyper).bind()


class ChainError(VariantError):
    """A stage does not take what the stage before it leaves, or the last one misses the output."""


class _State:
    """What is carried from stage to stage: channels per group and the place on the grid."""

    def __init__(self, channels: Number, grid: Grid, empty: bool = False) -> None:
        self.channels, self.grid = channels, grid
        self.empty = empty  # whether a slice took no channels at all

    def copy(self) -> _State:
        return _State(self.channels, self.grid, self.empty)


class _Binder:
    def __init__(self, variant: Variant, layer: ConvLayer, hyper: Mapping[str, Number]) -> None:
        self.variant, self.layer = variant, layer
        self.of = Sizing(variant, layer, hyper)
        self.fail = self.of.fail

    def bind(self) -> BoundVariant:
        layer, state = self.layer, _State(self.of.m, Grid.start(self.layer))
        program = self._sequence(self.variant.sequence, state, 1)
        if differ(state.channels, self.of.n):
            self.fail(
                f"the stages end with {state.channels} channels; allowed are n = {self.of.n}",
                ChainError,
            )
        if any(map(differ, state.grid.sizes, layer.out_size)):
            self.fail(
                f"the stages end on a grid of {_times(state.grid.sizes)} positions where the layer "
                f"has {_times(layer.out_size)}; allowed are stages with a window over every axis "
                "that the layer changes"
            )
        stages = tuple(program.stages())
        for stage in stages:
            self._check_not_empty(stage)
        if layer.bias and stages:
            program, stages = with_bias(program, layer.out_channels)
        return BoundVariant(self.variant, layer, self.of.hyper, self.of.env, program, stages)

    def _check_not_empty(self, stage: BoundStage) -> None:
        if holds(stage.weights == 0):
            axis = next(a for a in stage.line.weights if holds(stage.weight_axis_size(a) == 0))
            self.fail(
                f"stage '{stage.line.text}' has no weights, because axis {axis.key} has size 0; "
                "allowed are sizes from 1 up"
            )

    def _sequence(self, source: Source, state: _State, times: Number) -> BoundSequence:
        items: list[Item] = []
        for item in source.items:
            if isinstance(item, StageLine):
                for line in expand_windows(item, self.layer.dims, self.variant.names_depth):
                    items.append(self._stage(line, state, times))
            elif isinstance(item, SliceItem):
                items += self._slice(item, state)
            elif isinstance(item, ResampleItem):
                items.append(self._resample(item, state))
            else:
                items += self._block(item, state, times)
        return BoundSequence(tuple(items))

    def _slice(self, item: SliceItem, state: _State) -> list[Item]:
        low = self.of.evaluate(item.low) if item.low else 0
        high = self.of.evaluate(item.high) if item.high else state.channels
        if holds(low < 0) or holds(low > high) or holds(high > state.channels):
            self.fail(
                f"a slice takes channels {low} to {high} of {state.channels}; allowed are "
                f"0 to {state.channels}"
            )
        if all(map(is_exact, (low, high, state.channels))):
            if (low, high) == (0, state.channels):
                state.empty |= high == 0
                return []
            state.empty |= low == high
        state.channels = high - low
        return [BoundSlice(low, high)]

    def _resample(self, item: ResampleItem, state: _State) -> BoundResample:
        before = state.grid.sizes
        try:
            grid = (state.grid.upsampled if item.up else state.grid.pooled)(item.factor)
        except VariantError as error:
            self.fail(str(error))
        state.grid = grid
        return BoundResample(item.factor, item.up, before, grid.sizes)

    def _block(self, block: Block, state: _State, times: Number) -> list[Item]:
        repeat: Number = 1
        if block.times:
            repeat = self.of.size("the number of repetitions", block.times, 0)
            if is_exact(repeat) and repeat == 0:
                return []
        bound: list[tuple[BoundSequence, _State]] = []
        for source in block.branches:
            end = state.copy()
            end.empty = False
            bound.append((self._sequence(source, end, times * repeat), end))
        bound = self._without_empty(block, bound)
        ends = [end for _, end in bound]
        for end in ends[1:]:
            if any(map(differ, end.grid.sizes, ends[0].grid.sizes)):
                self.fail(
                    f"parallel branches end on grids of {_times(ends[0].grid.sizes)} and "
                    f"{_times(end.grid.sizes)} positions; allowed are equal grids"
                )
            if block.mode == "sum" and differ(end.channels, ends[0].channels):
                self.fail(
                    f"added branches end with {ends[0].channels} and {end.channels} channels; "
                    "allowed are equal numbers"
                )
        concat = block.mode == "concat"
        channels = sum(e.channels for e in ends) if concat else ends[0].channels
        if block.times and not (is_exact(repeat) and repeat == 1):
            self._check_repeatable(state, channels, ends[0].grid)
        done = frozenset().union(*(end.grid.done for end in ends))
        state.channels = channels
        state.grid = Grid(self.layer, ends[0].grid.sizes, done, ends[0].grid.coarser)
        branches = [branch for branch, _ in bound]
        if len(branches) == 1 and is_exact(repeat) and repeat == 1:
            return list(branches[0].items)
        return [BoundBlock(tuple(branches), block.mode, repeat)]

    def _without_empty(
        self, block: Block, bound: list[tuple[BoundSequence, _State]]
    ) -> list[tuple[BoundSequence, _State]]:
        """Leave out a branch that writes no channels, or adds nothing because it reads none."""
        kept = [
            (branch, end)
            for branch, end in bound
            if not (
                is_exact(end.channels) and end.channels == 0
                if block.mode == "concat"
                else end.empty
            )
        ]
        return kept or bound[:1]

    def _check_repeatable(self, start: _State, channels: Number, grid: Grid) -> None:
        if differ(start.channels, channels) or any(map(differ, start.grid.sizes, grid.sizes)):
            self.fail(
                f"a repeated block turns {start.channels} channels on {_times(start.grid.sizes)} "
                f"positions into {channels} on {_times(grid.sizes)}; allowed are blocks that keep "
                "both",
                ChainError,
            )

    # -- one stage -----------------------------------------------------------------------------
    def _stage(self, line: StageLine, state: _State, times: Number) -> BoundStage:
        sizes = dict(self.of.sizes)
        for axis in line.weights:
            if axis.size is not None:
                what = "the number of taps" if axis.pattern else f"window {axis.key}"
                sizes[axis.key] = taps = self.of.size(what, axis.size, 1)
                if axis.pattern:
                    most = product(sizes[letter] for letter in axis.names)
                    if holds(taps > most):
                        self.fail(f"a pattern has {taps} taps; allowed are 1 to {most}")
        self._input_axes(line, state, sizes)
        extents = {
            axis: sizes[letter]
            for axis, letter in enumerate(self.of.letters)
            if letter in line.windows
        }
        up, down, wider, macs = (
            None if expr is None else self.of.size(f"option {name}", expr, 1)
            for name, expr in ((n, line.option(n)) for n in ("up", "down", "dilation", "macs"))
        )
        try:
            geometry, state.grid = state.grid.moved(
                extents, 1 if down is None else down, up, 1 if wider is None else wider
            )
        except VariantError as error:
            self.fail(str(error))
        state.channels = product(sizes[name] for name in line.output_names)
        layer = self.layer
        return BoundStage(line, sizes, geometry, layer.groups, layer.batch, times, macs)

    def _input_axes(self, line: StageLine, state: _State, sizes: dict[str, Number]) -> None:
        """Sizes of channel windows, and the check that the stage reads what it is given."""
        open_axis: InputAxis | None = None
        total: Number = 1
        for axis in line.inputs:
            if axis.tap and axis.size is not None:
                sizes[axis.key] = self.of.size(f"channel window {axis}", axis.size, 1)
            elif axis.tap and open_axis:
                self.fail("two channel windows without sizes in one input; write 'e+c=d' for one")
            elif axis.tap:
                open_axis = axis
                continue
            total = total * sizes[axis.key]
        if open_axis:
            try:
                sizes[open_axis.key] = exact_div(state.channels, total)
            except CostModelError as error:
                self.fail(f"stage '{line.text}': {error}", ChainError)
        elif differ(total, state.channels):
            self.fail(
                f"stage '{line.text}' reads {total} channels, but gets {state.channels}; allowed "
                "are sizes whose product is what the stage before it leaves",
                ChainError,
            )
        for axis in line.inputs:
            if axis.tap:
                self._check_channel_window(axis, sizes)

    def _check_channel_window(self, axis: InputAxis, sizes: Mapping[str, Number]) -> None:
        width = sizes[axis.key]
        for name in (axis.tap,) if axis.spread else (axis.tap, axis.name):
            size = sizes[name]
            if holds(size > width):
                what = "taps" if name == axis.tap else "positions (spread them with '~')"
                self.fail(
                    f"channel window {axis} has {name} = {size} {what} over {width} channels; "
                    f"allowed are 1 to {width}"
                )


def _times(grid: tuple[Number, ...]) -> str:
    return "×".join(str(size) for size in grid)
