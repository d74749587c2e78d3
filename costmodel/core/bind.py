"""Binding: a variant on a layer becomes stages with numbers, and the program that runs them.

The grid is carried from stage to stage by `grid`: the first stage that has a window over an axis
takes the layer's stride, padding and dilation there; a later window over the same axis keeps the
grid. So `1×1`-first variants pay their first stage at the input resolution by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, assert_never

from costmodel.core.bound import (
    BoundBlock,
    BoundItem,
    BoundResample,
    BoundSequence,
    BoundSlice,
    BoundVariant,
    with_bias,
)
from costmodel.core.grid import Grid
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.limits import check_product
from costmodel.core.names import Names
from costmodel.core.numbers import Number, differ, equal, exact_div, holds, is_exact, product, same
from costmodel.core.readable import shape_text
from costmodel.core.stage import BoundStage
from costmodel.core.stage_line import (
    Block,
    InputAxis,
    Item,
    Resample,
    Sequence,
    Slice,
    StageLine,
    expand_windows,
)
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, LayerError, LimitError, VariantError


def bind(
    variant: Variant,
    layer: ConvLayer,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> BoundVariant:
    """Put a variant on a layer.

    Args:
        variant: what to bind.
        layer: the layer that it stands in for.
        hyper, letters: values by letter, numbers or expressions of the layer ("m/4"); those not
            given take their defaults.

    Raises:
        VariantError: an unknown or invalid hyper-parameter, or a layer that does not fit.
        LayerError: something that is no layer.
    """
    if not isinstance(layer, ConvLayer):
        raise LayerError(f"layer is {layer!r}; allowed is a ConvLayer")
    return _Binder(variant, layer, together(hyper, letters)).bind()


class ChainError(VariantError):
    """A stage does not take what the stage before it leaves, or the last one misses the output."""


class _Place(NamedTuple):
    """What is carried from item to item: channels per group and the place on the grid.

    empty: whether a slice took no channels at all.
    """

    channels: Number
    grid: Grid
    empty: bool = False


class _Binder:
    def __init__(self, variant: Variant, layer: ConvLayer, hyper: Mapping[str, Number]) -> None:
        self.variant, self.layer = variant, layer
        self.names = Names(variant, layer, hyper)
        self.fail = self.names.fail

    def bind(self) -> BoundVariant:
        layer, names = self.layer, self.names
        program, end = self._sequence(self.variant.sequence, _Place(names.m, Grid.start(layer)), 1)
        if differ(end.channels, names.n):
            self.fail(
                f"the stages end with {end.channels} channels; allowed are n = {names.n}",
                ChainError,
            )
        if any(map(differ, end.grid.sizes, layer.out_size)):
            self.fail(
                f"the stages end on a grid of {shape_text(end.grid.sizes)} positions where the "
                f"layer has {shape_text(layer.out_size)}; allowed are stages with a window over "
                "every axis that the layer changes"
            )
        stages = tuple(program.stages())
        for stage in stages:
            self._check_size(stage)
            self._check_not_empty(stage)
        if layer.bias and stages:
            program, stages = with_bias(program, layer.out_channels)
        return BoundVariant(
            self.variant, layer, names.hyper, names.env, names.sizes, program, stages
        )

    def _check_size(self, stage: BoundStage) -> None:
        """Nothing is multiplied before it is known that the products can be had."""
        line = stage.line
        names = {a.key for a in line.inputs} | {a.key for a in line.weights}
        names.update(line.output_names)
        sizes = [stage.sizes[name] for name in names]
        try:
            check_product(
                (
                    *(*sizes, *stage.in_grid, *stage.out_grid),
                    *(
                        stage.groups,
                        stage.batch,
                        stage.times,
                        1 if stage.given_macs is None else stage.given_macs,
                    ),
                )
            )
        except LimitError as error:
            self.fail(f"the sizes of stage '{line.text}': {error}")

    def _check_not_empty(self, stage: BoundStage) -> None:
        if holds(stage.weights == 0):
            axis = next(a for a in stage.line.weights if holds(stage.weight_axis_size(a) == 0))
            self.fail(
                f"stage '{stage.line.text}' has no weights, because axis {axis.key} has size 0; "
                "allowed are sizes from 1 up"
            )

    # -- items: each is bound at a place, and leads to the next one --------------------------------
    def _sequence(
        self, sequence: Sequence, place: _Place, times: Number
    ) -> tuple[BoundSequence, _Place]:
        items: list[BoundItem] = []
        for item in sequence.items:
            bound, place = self._item(item, place, times)
            items += bound
        return BoundSequence(tuple(items)), place

    def _item(self, item: Item, place: _Place, times: Number) -> tuple[list[BoundItem], _Place]:
        match item:
            case StageLine():
                stages: list[BoundItem] = []
                for line in expand_windows(item, self.layer.dims, self.variant.names_depth):
                    stage, place = self._stage(line, place, times)
                    stages.append(stage)
                return stages, place
            case Slice():
                return self._slice(item, place)
            case Resample():
                return self._resample(item, place)
            case Block():
                return self._block(item, place, times)
        assert_never(item)

    def _slice(self, item: Slice, place: _Place) -> tuple[list[BoundItem], _Place]:
        low = self.names.evaluate(item.low) if item.low else 0
        high = self.names.evaluate(item.high) if item.high else place.channels
        if holds(low < 0) or holds(low > high) or holds(high > place.channels):
            self.fail(
                f"a slice takes channels {low} to {high} of {place.channels}; allowed are "
                f"0 to {place.channels}"
            )
        empty = place.empty or equal(low, high)
        whole = all(map(is_exact, (low, high, place.channels))) and (low, high) == (
            0,
            place.channels,
        )  # costs the same either way, so of symbols it is not asked
        items: list[BoundItem] = [] if whole else [BoundSlice(low, high)]
        return items, _Place(high - low, place.grid, empty)

    def _resample(self, item: Resample, place: _Place) -> tuple[list[BoundItem], _Place]:
        try:
            grid = (place.grid.upsampled if item.up else place.grid.pooled)(item.factor)
        except VariantError as error:
            self.fail(str(error))
        bound = BoundResample(item.factor, item.up, place.grid.sizes, grid.sizes)
        return [bound], place._replace(grid=grid)

    def _block(self, block: Block, place: _Place, times: Number) -> tuple[list[BoundItem], _Place]:
        repeat: Number = 1
        if block.times:
            repeat = self.names.size("the number of repetitions", block.times, 0)
            if equal(repeat, 0):
                return [], place
        start = place._replace(empty=False)
        branches = [branch for branch in block.branches if not branch.where_same]
        bound = [self._sequence(branch, start, times * repeat) for branch in branches]
        bound = [(b, end) for b, end in bound if not _vanishes(block, end)] or bound[:1]
        end = self._joined(block, [end for _, end in bound])
        skips = len(block.branches) - len(branches)
        if skips and not equal(present := _same_shape(start, end), 0):
            bound += [(BoundSequence((), present), start)] * skips
        once = equal(repeat, 1)
        if not once:
            self._check_repeatable(place, end)
        end = end._replace(empty=place.empty)
        if once and len(bound) == 1:
            return list(bound[0][0].items), end
        return [BoundBlock(tuple(branch for branch, _ in bound), block.mode, repeat)], end

    def _joined(self, block: Block, ends: list[_Place]) -> _Place:
        """Where a block's branches meet."""
        first = ends[0]
        for end in ends[1:]:
            if any(map(differ, end.grid.sizes, first.grid.sizes)):
                self.fail(
                    f"parallel branches end on grids of {shape_text(first.grid.sizes)} and "
                    f"{shape_text(end.grid.sizes)} positions; allowed are equal grids"
                )
            if block.mode == "sum" and differ(end.channels, first.channels):
                self.fail(
                    f"added branches end with {first.channels} and {end.channels} channels; "
                    "allowed are equal numbers"
                )
        concat = block.mode == "concat"
        done = frozenset().union(*(end.grid.done for end in ends))
        return _Place(
            sum(end.channels for end in ends) if concat else first.channels,
            replace(first.grid, done=done),
        )

    def _check_repeatable(self, start: _Place, end: _Place) -> None:
        before, after = start.grid.sizes, end.grid.sizes
        if differ(start.channels, end.channels) or any(map(differ, before, after)):
            self.fail(
                f"a repeated block turns {start.channels} channels on {shape_text(before)} "
                f"positions into {end.channels} on {shape_text(after)}; allowed are blocks that "
                "keep both",
                ChainError,
            )

    # -- one stage -----------------------------------------------------------------------------
    def _stage(self, line: StageLine, place: _Place, times: Number) -> tuple[BoundStage, _Place]:
        sizes = dict(self.names.sizes)
        for axis in line.weights:
            if axis.size is not None:
                what = "the number of taps" if axis.pattern else f"window {axis.key}"
                sizes[axis.key] = taps = self.names.size(what, axis.size, 1)
                if axis.pattern:
                    most = product(sizes[letter] for letter in axis.names)
                    if holds(taps > most):
                        self.fail(f"a pattern has {taps} taps; allowed are 1 to {most}")
        self._input_axes(line, place.channels, sizes)
        extents = {
            axis: sizes[letter]
            for axis, letter in enumerate(self.names.letters)
            if letter in line.windows
        }
        options = {name: self.names.size(f"option {name}", e, 1) for name, e in line.options}
        up, down, dilation = (options.get(name) for name in ("up", "down", "dilation"))
        try:
            geometry, grid = place.grid.moved(
                extents, 1 if down is None else down, up, 1 if dilation is None else dilation
            )
        except VariantError as error:
            self.fail(str(error))
        layer, macs = self.layer, options.get("macs")
        stage = BoundStage(line, sizes, geometry, layer.groups, layer.batch, times, macs)
        channels = product(sizes[name] for name in line.output_names)
        return stage, _Place(channels, grid, place.empty)

    def _input_axes(self, line: StageLine, channels: Number, sizes: dict[str, Number]) -> None:
        """Sizes of channel windows, and the check that the stage reads the channels it is given."""
        open_axis: InputAxis | None = None
        total: Number = 1
        for axis in line.inputs:
            if axis.tap and axis.size is not None:
                sizes[axis.key] = self.names.size(f"channel window {axis}", axis.size, 1)
            elif axis.tap and open_axis:
                self.fail("two channel windows without sizes in one input; write 'e+c=d' for one")
            elif axis.tap:
                open_axis = axis
                continue
            total = total * sizes[axis.key]
        if open_axis:
            try:
                sizes[open_axis.key] = exact_div(channels, total)
            except CostModelError as error:
                self.fail(f"stage '{line.text}': {error}", ChainError)
        elif differ(total, channels):
            self.fail(
                f"stage '{line.text}' reads {total} channels, but gets {channels}; allowed "
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


def _same_shape(start: _Place, end: _Place) -> Number:
    """1 where channels and positions are the same at both places, 0 where they are not."""
    axes = zip(start.grid.sizes, end.grid.sizes, strict=True)
    return same(start.channels, end.channels) * product(same(*sizes) for sizes in axes)


def _vanishes(block: Block, end: _Place) -> bool:
    """Whether a branch writes no channels, or adds nothing because it reads none."""
    if block.mode == "concat":
        return equal(end.channels, 0)
    return end.empty
