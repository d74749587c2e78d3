"""Conventions: how another counter counts, as ordered rules over the calls of a network.

A counter looks at some calls (its *units*: modules it hooks, functions it patches, operators it
traces) and gives each a number. Here every unit starts at the exact multiply-accumulates that run
inside it. The rules of the convention are then switched on one after another; each may change a
unit's value, and what it changes is booked under its cause. After the last rule the value is what
the counter prints, so the causes sum to the difference by construction, and the counter's own
number minus this prediction is what remains unexplained.

A product that no unit contains is a unit of its own, which the first rules usually set to zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from costmodel.checks.referee.causes import ROUNDING
from costmodel.checks.referee.record import Call, Record
from costmodel.core.readable import shape_text
from costmodel.errors import InputError

Value = int | Fraction


@dataclass(frozen=True)
class Unit:
    """A call that a counter gives a number, or a product that it does not see.

    macs: exact multiply-accumulates inside. seen: whether the counter looks at it. products: the
    operators inside that multiply. around: the calls around it, from the inside out.
    """

    call: Call
    macs: int
    seen: bool
    products: tuple[Call, ...]
    around: tuple[Call, ...]
    record: Record

    @property
    def layer(self) -> str:
        """The network's name of the one operation in it that multiplies, else the module's path."""
        if len(self.products) == 1 and (op := self.products[0].op) is not None:
            return op.name
        return self.call.path or "(root)"

    @property
    def name(self) -> str:
        """The class, the function or the operator; a function without where it was looked up."""
        return self.call.name.rpartition(".")[2]


@dataclass(frozen=True)
class CountingRule:
    """One way in which a counter departs from the exact count.

    cause: a key of `CAUSES`, or a function of the unit that gives one. apply: the unit and its
    value so far → its value under this rule; the same value where the rule says nothing.
    """

    cause: str | Callable[[Unit], str]
    apply: Callable[[Unit, Value], Value]

    def cause_of(self, unit: Unit) -> str:
        """The cause that a change of this unit is booked under."""
        return self.cause if isinstance(self.cause, str) else self.cause(unit)


@dataclass(frozen=True)
class Convention:
    """How a counter counts.

    sees: whether it looks at a call, given the record. rules: in the order in which they are
    switched on. says: what one unit of its number is. per_mac: units of a multiply-accumulate, 2
    where it counts FLOPs.
    """

    says: str
    sees: Callable[[Call, Record], bool]
    rules: tuple[CountingRule, ...]
    per_mac: int = 1

    def read(self, record: Record) -> Reading:
        """What the counter would print for a recorded network, and why."""
        lines: list[Line] = []
        causes: Counter[str] = Counter()
        for unit in units(self, record):
            value: Value = unit.macs
            own: dict[str, Value] = {}
            for rule in self.rules:
                changed = _applied(rule, unit, value)
                if changed != value:
                    cause = rule.cause_of(unit)
                    own[cause] = own.get(cause, 0) + changed - value
                    value = changed
            if value or unit.macs:
                lines.append(Line(unit, value, own))
            for cause, amount in own.items():
                causes[cause] += amount  # type: ignore[assignment]
        exact = sum(line.value for line in lines)
        total = int(exact)
        if total != exact:
            causes[ROUNDING] += total - exact  # type: ignore[assignment]
        return Reading(record.macs, total, {c: v for c, v in causes.items() if v}, tuple(lines))


@dataclass(frozen=True)
class Line:
    """One unit: what the counter makes of it, and why that is not the exact count."""

    unit: Unit
    value: Value
    causes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """A counter's number as predicted: exact + the sum of the causes = total."""

    exact: int
    total: int
    causes: Mapping[str, Value]
    lines: tuple[Line, ...] = ()


def _applied(rule: CountingRule, unit: Unit, value: Value) -> Value:
    """The value under a rule; a call that no rule was written for is one sentence."""
    try:
        return rule.apply(unit, value)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        shapes = ", ".join(map(shape_text, unit.call.inputs))
        raise InputError(
            f"{unit.call.name} at {unit.call.path or 'the root'} on {shapes} is a call that this "
            "convention has no rule for; allowed are inputs with a batch axis"
        ) from error


def units(convention: Convention, record: Record) -> list[Unit]:
    """The calls a convention looks at, each with the products inside it, and the products left.

    A product belongs to the innermost seen call around it, so that none is counted twice.
    """
    seen: dict[int, list[Call]] = {}
    free: list[Call] = []
    for call in record.calls:
        around = list(record.ancestors(call))
        if convention.sees(call, record):
            seen[call.index] = []
        if not call.macs:
            continue
        for holder in (call, *around):
            if holder.index in seen:
                seen[holder.index].append(call)
                break
        else:
            free.append(call)
    units = [_unit(record.calls[i], True, products, record) for i, products in seen.items()]
    units += [_unit(call, False, [call], record) for call in free]
    return sorted(units, key=lambda unit: unit.call.index)


def _unit(call: Call, seen: bool, products: list[Call], record: Record) -> Unit:
    macs = sum(product.macs for product in products)
    return Unit(call, macs, seen, tuple(products), tuple(record.ancestors(call)), record)
