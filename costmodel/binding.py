"""Binding: a variant on a layer becomes stages with numbers, and the program that runs them.

The grid is carried from stage to stage: the first stage that has a window over an axis takes the
layer's stride, padding and dilation there; a later window over the same axis keeps the grid. So
`1×1`-first variants pay their first stage at the input resolution without anyone saying so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from costmodel import expression
from costmodel.arith import Number, as_integer, exact_div, is_exact, product
from costmodel.errors import CostModelError, VariantError, unknown
from costmodel.expression import Expr
from costmodel.layer import ConvLayer
from costmodel.notation import WINDOW_LETTERS, Block, ResampleItem, SliceItem, StageLine
from costmodel.notation import Sequence as Source
from costmodel.stage import BoundStage, Geometry, expand_windows
from costmodel.variant import Variant


@dataclass(frozen=True)
class BoundSlice:
    """Channels `low` up to (not with) `high` of the input, per group."""

    low: Number
    high: Number


@dataclass(frozen=True)
class BoundResample:
    """Average pooling by `factor`, or upsampling, from one grid to another; no multiplies."""

    factor: int
    up: bool
    in_grid: tuple[Number, ...]
    out_grid: tuple[Number, ...]


@dataclass(frozen=True)
class BoundBlock:
    """Branches joined by "concat" or "sum"; `times` in a row."""

    branches: tuple[BoundSequence, ...]
    mode: str
    times: Number


@dataclass(frozen=True)
class BoundSequence:
    """Items to be run one after the other; none passes the input on."""

    items: tuple[BoundStage | BoundSlice | BoundResample | BoundBlock, ...]

    def stages(self) -> Iterator[BoundStage]:
        """Every stage in reading order."""
        for item in self.items:
            if isinstance(item, BoundStage):
                yield item
            elif isinstance(item, BoundBlock):
                for branch in item.branches:
                    yield from branch.stages()


@dataclass(frozen=True)
class BoundVariant:
    """A variant on one layer with every size known.

    hyper: the values of its hyper-parameters. env: every name that expressions may use, per group.
    program: the stages in their structure; `stages` is the same, flat.
    """

    variant: Variant
    layer: ConvLayer
    hyper: Mapping[str, Number]
    env: Mapping[str, Number]
    program: BoundSequence
    stages: tuple[BoundStage, ...]


def bind(variant: Variant, layer: ConvLayer, **hyper: Number) -> BoundVariant:
    """Put a variant on a layer.

    Args:
        hyper: values by letter; those not given take their defaults.

    Raises:
        VariantError: an unknown or invalid hyper-parameter, or a layer that the variant does not fit.
    """
    return _Binder(variant, layer, hyper).bind()


class ChainError(VariantError):
    """A stage does not take what the stage before it leaves, or the last one misses the output."""


class _State:
    """What is carried from stage to stage: channels per group, the grid, and the windows done."""

    def __init__(self, channels: Number, grid: tuple[Number, ...], done: frozenset[str]) -> None:
        self.channels, self.grid, self.done = channels, grid, done

    def copy(self) -> _State:
        return _State(self.channels, self.grid, self.done)


class _Binder:
    def __init__(self, variant: Variant, layer: ConvLayer, hyper: Mapping[str, Number]) -> None:
        self.variant, self.layer = variant, layer
        self.letters = WINDOW_LETTERS[layer.dims]
        self.text = variant.stages
        self._check_domain()
        self.m = exact_div(layer.in_channels, layer.groups)
        self.n = exact_div(layer.out_channels, layer.groups)
        self.env: dict[str, Number] = {"m": self.m, "n": self.n}
        self.env.update(zip(self.letters, layer.kernel, strict=True))
        if layer.dims == 1:
            self.env["j"] = 1
        out = layer.out_size
        self.env.update(zip(("h", "w")[-layer.dims :], out[-2:], strict=True))
        self.env.update(zip(("H", "W")[-layer.dims :], layer.size[-2:], strict=True))
        self.hyper = self._values(hyper)
        for name, expr in variant.derived.items():
            self.env[name] = self._evaluate(expr)
        self.sizes = dict(self.env)
        for letter in self.letters:
            self.sizes.setdefault(letter, 1)
        self._leftover(first_lines(variant.sequence), "m", self.m, "input_names")
        self._leftover(last_lines(variant.sequence), "n", self.n, "output_names")

    # -- sizes ---------------------------------------------------------------------------------
    def fail(self, sentence: str, error: type[VariantError] = VariantError) -> NoReturn:
        raise error(f"{self.variant.id}: {sentence}") from None

    def _check_domain(self) -> None:
        dims = self.variant.dims
        if self.layer.dims not in dims:
            allowed = " or ".join(f"{d}-D" for d in sorted(dims))
            self.fail(f"the layer is {self.layer.dims}-D; allowed are {allowed} layers")
        for name, value in self.variant.domain.items():
            actual = getattr(self.layer, name)
            wanted = (value,) * self.layer.dims if isinstance(actual, tuple) else value
            if actual != wanted:
                self.fail(f"{name} of the layer is {actual}; allowed is {value!r}")

    def _values(self, given: Mapping[str, Number]) -> dict[str, Number]:
        declared = self.variant.hyper
        for name in given:
            if name not in declared:
                self.fail(unknown("hyper-parameter", name, declared))
        values: dict[str, Number] = {}
        for name, hyper in declared.items():
            value = given.get(name)
            if value is None:
                value = hyper.default
                if isinstance(value, str):
                    value = self._evaluate(expression.parse(value))
            what = f"hyper-parameter {name!r} of {self.variant.id}"
            value = (
                _real(value, what)
                if hyper.real
                else as_integer(value, what, hyper.low, VariantError)
            )
            if is_exact(value) and (
                value < hyper.low or (hyper.high is not None and value > hyper.high)
            ):
                limit = f"to {hyper.high}" if hyper.high is not None else "up"
                self.fail(f"{name} is {value}; allowed are values from {hyper.low} {limit}")
            values[name] = self.env[name] = value
        return values

    def _evaluate(self, expr: Expr) -> Number:
        try:
            return expr.evaluate(self.env)
        except CostModelError as error:
            known = ", ".join(f"{n} = {self.env[n]}" for n in expr.names() if n in self.env)
            self.fail(f"{expr} with {known}: {error}")

    def _leftover(self, lines: list[StageLine], letter: str, total: Number, side: str) -> None:
        """`g m` reads all channels, so `m` there is what is left of them: C_in / g."""
        for line in lines:
            names = getattr(line, side)
            others = [name for name in names if name != letter]
            if letter in names and others:
                if any(axis.tap for axis in line.inputs):
                    continue
                parts = product(self.sizes[name] for name in others)
                try:
                    self.sizes[letter] = exact_div(total, parts)
                except CostModelError:
                    self.fail(
                        f"{total} channels are not divisible by {' · '.join(others)} = {parts}; "
                        "allowed are values that divide them"
                    )

    # -- the walk ------------------------------------------------------------------------------
    def bind(self) -> BoundVariant:
        layer, state = self.layer, _State(self.m, self.layer.size, frozenset())
        program = self._sequence(self.variant.sequence, state, 1)
        if is_exact(state.channels) and is_exact(self.n) and state.channels != self.n:
            self.fail(
                f"the stages end with {state.channels} channels; allowed are n = {self.n}",
                ChainError,
            )
        for got, wanted in zip(state.grid, layer.out_size, strict=True):
            if is_exact(got) and is_exact(wanted) and got != wanted:
                self.fail(
                    f"the stages end on a grid of {_times(state.grid)} positions where the layer "
                    f"has {_times(layer.out_size)}; a stage needs a window over each strided axis"
                )
        stages = tuple(program.stages())
        if layer.bias and stages:
            program, stages = _with_bias(program, stages, layer.out_channels)
        return BoundVariant(self.variant, layer, self.hyper, self.env, program, stages)

    def _sequence(self, source: Source, state: _State, times: Number) -> BoundSequence:
        items: list[Any] = []
        for item in source.items:
            if isinstance(item, StageLine):
                literal = self.variant.names_depth
                for line in expand_windows(item, self.layer.dims, literal):
                    items.append(self._stage(line, state, times))
            elif isinstance(item, SliceItem):
                low = self._evaluate(item.low) if item.low else 0
                high = self._evaluate(item.high) if item.high else state.channels
                if all(map(is_exact, (low, high, state.channels))) and not (
                    0 <= low <= high <= state.channels
                ):
                    self.fail(
                        f"a slice takes channels {low} to {high} of {state.channels}; allowed are "
                        f"0 to {state.channels}"
                    )
                items.append(BoundSlice(low, high))
                state.channels = high - low
            elif isinstance(item, ResampleItem):
                items.append(self._resample(item, state))
            else:
                items.append(self._block(item, state, times))
        return BoundSequence(tuple(items))

    def _resample(self, item: ResampleItem, state: _State) -> BoundResample:
        before = state.grid
        if item.up:
            state.grid = self.layer.out_size
        else:
            state.grid = tuple((size - 1) // item.factor + 1 for size in before)
        return BoundResample(item.factor, item.up, before, state.grid)

    def _block(self, block: Block, state: _State, times: Number) -> BoundBlock:
        repeat = self._evaluate(block.times) if block.times else 1
        if is_exact(repeat) and repeat < 0:
            self.fail(f"a block is repeated {repeat} times; allowed are 0 and more")
        start, ends, branches = state.copy(), [], []
        for source in block.branches:
            branch_state = start.copy()
            branches.append(self._sequence(source, branch_state, times * repeat))
            ends.append(branch_state)
        for end in ends[1:]:
            if all(map(is_exact, end.grid + ends[0].grid)) and end.grid != ends[0].grid:
                self.fail(
                    f"parallel branches end on grids of {_times(ends[0].grid)} and "
                    f"{_times(end.grid)} positions; allowed are equal grids"
                )
            equal = not (is_exact(end.channels) and is_exact(ends[0].channels)) or (
                end.channels == ends[0].channels
            )
            if block.mode == "sum" and not equal:
                self.fail(
                    f"added branches end with {ends[0].channels} and {end.channels} channels; "
                    "allowed are equal numbers"
                )
        state.grid, state.done = ends[0].grid, frozenset().union(*(end.done for end in ends))
        concat = block.mode == "concat"
        state.channels = sum(e.channels for e in ends) if concat else ends[0].channels
        return BoundBlock(tuple(branches), block.mode, repeat)

    def _stage(self, line: StageLine, state: _State, times: Number) -> BoundStage:
        sizes = dict(self.sizes)
        for axis in line.weights:
            if axis.size is not None:
                key = axis.names[0] if len(axis.names) == 1 else "(" + " ".join(axis.names) + ")"
                value = self._evaluate(axis.size)
                if is_exact(value) and value < 1:
                    self.fail(f"a window axis has size {value} (= {axis.size}); allowed from 1 up")
                sizes[key] = value
        self._input_axes(line, state, sizes)
        extents = [sizes[letter] if letter in line.windows else None for letter in self.letters]
        geometry = tuple(
            self._axis(line, state, axis, letter, extent)
            for axis, (letter, extent) in enumerate(zip(self.letters, extents, strict=True))
        )
        given = line.option("macs")
        stage = BoundStage(
            line,
            sizes,
            geometry,
            self.layer.groups,
            self.layer.batch,
            times,
            self._evaluate(given) if given else None,
        )
        state.grid = stage.out_grid
        state.done |= {letter for letter in self.letters if letter in line.windows}
        state.channels = product(sizes[name] for name in line.output_names)
        return stage

    def _input_axes(self, line: StageLine, state: _State, sizes: dict[str, Number]) -> None:
        """Sizes of channel windows, and the check that the stage reads what it is given."""
        open_axis = ""
        total: Number = 1
        for axis in line.inputs:
            key = f"{axis.name}+{axis.tap}" if axis.tap else axis.name
            if axis.tap and axis.size is not None:
                sizes[key] = self._evaluate(axis.size)
            elif axis.tap and open_axis:
                self.fail("two channel windows without sizes in one input; write 'e+c=d' for one")
            elif axis.tap:
                open_axis = key
                continue
            total = total * sizes[key]
        if open_axis:
            sizes[open_axis] = exact_div(state.channels, total)
        elif is_exact(total) and is_exact(state.channels) and total != state.channels:
            self.fail(
                f"stage '{line.text}' reads {total} channels, but gets {state.channels}; allowed "
                "are sizes whose product is what the stage before it leaves",
                ChainError,
            )

    def _axis(
        self, line: StageLine, state: _State, axis: int, letter: str, extent: Number | None
    ) -> Geometry:
        layer, size = self.layer, state.grid[axis]
        up, down = line.option("up"), line.option("down")
        if extent is None:
            return Geometry.pointwise(size)
        if up is not None:
            return Geometry.transposed_to(size, extent, self._evaluate(up), layer.out_size[axis])
        wider = line.option("dilation")
        factor = self._evaluate(wider) if wider is not None else 1
        step = self._evaluate(down) if down is not None else 1
        if letter in state.done:
            return Geometry.same(size, extent, step, factor)
        geometry = Geometry(
            layer.kernel[axis],
            layer.stride[axis],
            layer.dilation[axis],
            layer.pads[axis],
            size,
            layer.out_size[axis],
            layer.transposed,
        )
        if layer.transposed and layer.padding == "same":
            geometry = Geometry.transposed_to(
                size,
                layer.kernel[axis],
                layer.stride[axis],
                layer.out_size[axis],
                layer.dilation[axis],
            )
        if (
            (extent is layer.kernel[axis] or _equal(extent, layer.kernel[axis]))
            and factor == 1
            and _equal(step, 1)
        ):
            return geometry
        return geometry.with_window(extent, layer.dilation[axis] * factor, step)


def first_lines(source: Source) -> list[StageLine]:
    """The stage lines that read the variant's input."""
    return _edge(source, 0)


def last_lines(source: Source) -> list[StageLine]:
    """The stage lines that write the variant's output."""
    return _edge(source, -1)


def _edge(source: Source, index: int) -> list[StageLine]:
    if not source.items:
        return []
    item = source.items[index]
    if isinstance(item, Block):
        return [line for branch in item.branches for line in _edge(branch, index)]
    return [item] if isinstance(item, StageLine) else []


def _with_bias(
    program: BoundSequence, stages: tuple[BoundStage, ...], channels: Number
) -> tuple[BoundSequence, tuple[BoundStage, ...]]:
    """The layer's bias goes to the last stage: earlier ones would only shift it."""
    last = replace(stages[-1], biases=channels)
    if program.items and program.items[-1] is stages[-1]:
        program = BoundSequence((*program.items[:-1], last))
    return program, (*stages[:-1], last)


def _equal(a: Number, b: Number) -> bool:
    return is_exact(a) and is_exact(b) and a == b


def _real(value: Number, what: str) -> Number:
    if not is_exact(value):
        return value
    from fractions import Fraction  # only variants with a real hyper-parameter pay for it

    try:
        return Fraction(str(value)) if not isinstance(value, Fraction) else value
    except (ValueError, ZeroDivisionError):
        raise VariantError(f"{what} is {value!r}; allowed are numbers like 0.25 or 1/4") from None


def _times(grid: tuple[Number, ...]) -> str:
    return "×".join(str(size) for size in grid)
