"""The points of one variant in a space: its axes, and counting it at one point or along axes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.sweeping.conditions import Condition
from costmodel.sweeping.over import Over, Value

#: From which digit to which one (not with it) along each axis.
Box = tuple[tuple[int, int], ...]
#: A point as the place of its value on each axis.
Digits = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """The points of one variant.

    facts: the fields of the layer that do not vary. hyper: hyper-parameters that do not. axes: the
    last one varies fastest. metrics: keys. where: conditions that all have to hold.
    """

    variant: Variant
    facts: Mapping[str, Any]
    hyper: Mapping[str, Number]
    axes: tuple[Over, ...]
    metrics: tuple[str, ...]
    settings: Settings
    where: tuple[Condition, ...] = ()

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Values along each axis."""
        return tuple(map(len, self.axes))

    @cached_property
    def points(self) -> int:
        """How many points there are, those that fit no layer included."""
        return math.prod(self.shape)

    def digits(self, number: int) -> Digits:
        """The point of this number, 0 is the first one."""
        result = []
        for size in reversed(self.shape):
            number, digit = divmod(number, size)
            result.append(digit)
        return tuple(reversed(result))

    def number(self, digits: Sequence[int]) -> int:
        """The number of a point."""
        result = 0
        for size, digit in zip(self.shape, digits, strict=True):
            result = result * size + digit
        return result

    def values(self, digits: Sequence[int]) -> dict[str, Value]:
        """The values at a point by the name of their axis."""
        return {over.name: over.values[d] for over, d in zip(self.axes, digits, strict=True)}

    def counts(self, values: Mapping[str, Value]) -> Counts:
        """The counts with these values on the axes: ints, or what stands for many of them.

        Raises `CostModelError` where no layer or variant has them.
        """
        facts, letters = dict(self.facts), dict(self.hyper)
        for over in sorted(self.axes, key=lambda over: "." in over.name):  # `basis.b` wins over `b`
            facts.update(dict.fromkeys(over.fields, values[over.name]))
            if over.letter:
                letters[over.letter] = values[over.name]
        return Counts(bind(self.variant, ConvLayer(**facts), letters), self.settings)

    def alone(self, digits: Sequence[int]) -> Counts | None:
        """The counts at one point; None where it fits no layer."""
        try:
            return self.counts(self.values(digits))
        except CostModelError:
            return None

    def probes(self) -> Iterator[Digits]:
        """Points at the ends and in the middle of all axes, a few dozen at most."""
        ends = [sorted({0, size // 2, size - 1}) for size in self.shape]
        return itertools.islice(itertools.product(*ends), 64)


def part_of(
    variant: Variant,
    facts: Mapping[str, Any],
    given: Mapping[str, Number],
    axes: Sequence[Over],
    metrics: tuple[str, ...],
    settings: Settings = DEFAULTS,
    where: tuple[Condition, ...] = (),
) -> Part:
    """The points of a variant along those axes that concern it; fixed values fill the rest.

    `basis.b` goes before `b`, and an axis before a fixed value.
    """
    own = tuple(over for over in axes if over.concerns(variant))
    alone = {over.letter for over in own if "." in over.name}
    own = tuple(o for o in own if "." in o.name or o.letter not in alone)
    varying = {field for over in own for field in over.fields}
    fixed = {field: value for field, value in facts.items() if field not in varying}
    letters = {over.letter for over in own}
    hyper = {name: value for name, value in given.items() if name not in letters}
    return Part(variant, fixed, hyper, own, metrics, settings, where)


class Blocks:
    """A grid of points cut into boxes whose points follow one another, in their order.

    shape: values along each axis. most: points of a block.
    """

    def __init__(self, shape: Sequence[int], most: int) -> None:
        self.shape = tuple(shape)
        self.axis, self.step, inner = -1, 1, 1  # the axis that is cut, and its values per block
        for place in reversed(range(len(self.shape))):
            if inner * self.shape[place] > most:
                self.axis, self.step = place, max(1, most // inner)
                break
            inner *= self.shape[place]

    @property
    def _pieces(self) -> int:
        return -(-self.shape[self.axis] // self.step)

    def __len__(self) -> int:
        return 1 if self.axis < 0 else math.prod(self.shape[: self.axis]) * self._pieces

    def __getitem__(self, number: int) -> Box:
        """One block."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        if self.axis < 0:
            return tuple((0, size) for size in self.shape)
        number, piece = divmod(number, self._pieces)
        outer = []
        for size in reversed(self.shape[: self.axis]):
            number, digit = divmod(number, size)
            outer.append((digit, digit + 1))
        cut = (piece * self.step, min((piece + 1) * self.step, self.shape[self.axis]))
        return (*reversed(outer), cut, *((0, size) for size in self.shape[self.axis + 1 :]))
