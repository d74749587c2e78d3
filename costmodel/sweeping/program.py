"""Programs: the rules of one variant along its axes, traced once, as guards and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.core.numbers import Number
from costmodel.core.polynomial_terms import Sum
from costmodel.errors import CostModelError
from costmodel.sweeping.bounds import Bounds, Range
from costmodel.sweeping.over import Value
from costmodel.sweeping.part import Box, Part
from costmodel.sweeping.traced import Guard, Trace, Traced

#: What a condition forbids a difference to be.
_FORBIDDEN = {"<": ("<=", -1), "<=": ("<", -1), "==": ("!=", 1), "!=": ("==", 1)}


@dataclass(frozen=True)
class Program:
    """What one variant's counts are along the axes of integers, other axes at one value each.

    inputs: by name, the axis and the integer at each of its values. guards: what no point may
    fulfil that fits a layer. outside: what no point may fulfil that meets the conditions.
    values: metrics by key and hyper-parameters as ("hyper", letter), each a sum or one number.
    """

    part: Part
    inputs: Mapping[str, tuple[int, tuple[int, ...]]]
    guards: tuple[Guard, ...]
    outside: tuple[Guard, ...]
    values: Mapping[Any, Sum | Number]

    @property
    def sums(self) -> dict[Any, Sum]:
        """The values that vary."""
        return {key: value for key, value in self.values.items() if isinstance(value, Sum)}

    def needed(self) -> Iterator[Sum]:
        """Everything that is computed."""
        yield from (guard.value for guard in (*self.guards, *self.outside))
        yield from self.sums.values()

    def within_word(self, box: Box) -> bool:
        """Whether int64 holds all that is computed in a box, steps in between included."""
        return self.bounds(box).within_word(*self.needed())

    def bounds(self, box: Box) -> Bounds:
        """The limits of what is computed in a box."""
        return Bounds(
            {name: _limits(table, box[axis]) for name, (axis, table) in self.inputs.items()}
        )


class Impossible(CostModelError):
    """No point fits: what is wrong does not depend on what varies."""


class Untraced(CostModelError):
    """The rules cannot be followed for many points at once; each is counted by itself."""


def program(part: Part, chosen: Mapping[str, Value]) -> Program:
    """Trace a variant.

    chosen: the value of each axis that is none of integers, by name.

    Raises `Impossible` where the variant fits no point, `Untraced` where points have to be counted
    one by one.
    """
    inputs, values, sizes = {}, dict(chosen), {}
    for place, over in enumerate(part.axes):
        if over.name in chosen:
            continue
        assert over.tables is not None
        names: dict[tuple[int, ...], str] = {}
        for table in over.tables:
            names.setdefault(table, f"x{place}_{len(names)}")
        for table, name in names.items():
            inputs[name], sizes[name] = (place, table), _limits(table, (0, len(table)))
        values[over.name] = tuple(names[table] for table in over.tables)
    trace = Trace(Bounds(sizes))
    for over in part.axes:
        if over.name not in chosen:
            numbers = tuple(map(trace.number, values[over.name]))
            values[over.name] = numbers if isinstance(over.values[0], tuple) else numbers[0]
    try:
        counts = part.counts(values)
    except CostModelError as error:
        if any(part.alone(digits) for digits in _probes(part, chosen)):
            raise Untraced(str(error)) from None
        raise Impossible(str(error)) from None
    guards = tuple(trace.guards)
    try:
        found: dict[Any, Any] = {key: counts[key] for key in part.metrics}
        found |= {("hyper", letter): value for letter, value in counts.hyper.items()}
        own = tuple(trace.guards)[len(guards) :]  # metrics divide what has to come out even
        outside = _outside(part, counts, trace)
    except CostModelError as error:
        raise Untraced(str(error)) from None
    varying = {k: Sum(v.terms) if isinstance(v, Traced) else v for k, v in found.items()}
    return Program(part, inputs, (*guards, *own), outside, varying)


def _outside(part: Part, counts: Any, trace: Trace) -> tuple[Guard, ...]:
    """What points fulfil that the conditions leave out."""
    before = len(trace.guards)
    for condition in part.where:
        if not condition.concerns(part.variant):
            return (Guard("==", _NOTHING),)  # every point
        relation, sign = _FORBIDDEN[condition.relation]
        difference = condition.difference(counts)
        forbidden = sign * difference
        if isinstance(difference, Traced):
            if not trace.forbid(relation, forbidden.terms):
                continue
        elif not Guard(relation, _NOTHING).met(forbidden):
            continue
        return (Guard("==", _NOTHING),)
    found = tuple(trace.guards)
    return found[before:]


_NOTHING = Sum({})


def _probes(part: Part, chosen: Mapping[str, Value]) -> Iterator[tuple[int, ...]]:
    """Some points with the chosen values."""
    fixed = {
        place: over.values.index(chosen[over.name])
        for place, over in enumerate(part.axes)
        if over.name in chosen
    }
    for digits in part.probes():
        yield tuple(fixed.get(place, digit) for place, digit in enumerate(digits))


def _limits(table: tuple[int, ...], ends: tuple[int, int]) -> Range:
    values = table[slice(*ends)]
    return Range(min(values), max(values))
