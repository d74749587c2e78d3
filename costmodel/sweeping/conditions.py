"""Conditions on points: `macs<=2e8`, `r1 < r2`, read by the project's own expression language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from costmodel.comparing.count import Counts
from costmodel.core.expression import Expr, parse
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, InputError, unknown
from costmodel.metrics.metric import METRICS

_RELATION = re.compile(r"(<=|>=|==|!=|<|>|=)")
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?(?:[eE]\d{1,3})?)(?![\w.])")
_FIELDS = {"m": "in_channels", "n": "out_channels"}
_OWN = ("in_channels", "out_channels", "groups", "batch")
_SIZES = ("i", "j", "l", "taps", "h", "w", "H", "W")


@dataclass(frozen=True)
class Condition:
    """Two expressions and how they have to compare: "<", "<=", "==" or "!="."""

    left: Expr
    relation: str
    right: Expr
    text: str

    def names(self) -> Iterator[str]:
        """What it is about."""
        yield from (*self.left.names(), *self.right.names())

    def concerns(self, variant: Variant) -> bool:
        """Whether the points of a variant have all that it is about; others never fulfil it."""
        return set(self.names()) <= {*METRICS, *_FIELDS, *_OWN, *_SIZES, *variant.hyper}

    def difference(self, counts: Counts) -> Number:
        """Left minus right: negative, zero or positive as the relation has it."""
        known = _Names(counts)
        return self.left.evaluate(known) - self.right.evaluate(known)

    def holds(self, counts: Counts) -> bool:
        """Whether it holds at one point; `/` that does not come out even is an error."""
        difference = self.difference(counts)
        return {
            "<": difference < 0,
            "<=": difference <= 0,
            "==": difference == 0,
            "!=": difference != 0,
        }[self.relation]

    def __str__(self) -> str:
        return self.text


class _Names(Mapping[str, Number]):
    """What a condition can be about at one point, each worked out when it is asked for."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def __getitem__(self, name: str) -> Number:
        counts = self._counts
        if name in counts.hyper:
            return counts.hyper[name]
        if name in _FIELDS or name in _OWN:
            return getattr(counts.layer, _FIELDS.get(name, name))
        return counts[name] if name in METRICS else counts.bound.env.get(name, 1)  # no such axis

    def __iter__(self) -> Iterator[str]:
        return iter((*self._counts.hyper, *_FIELDS, *_OWN, *_SIZES, *METRICS))

    def __len__(self) -> int:
        return len(list(iter(self)))


def read_condition(text: str, variants: list[Variant]) -> Condition:
    """A condition from text; nothing in it is run.

    Names are metrics, hyper-parameters, `in_channels`, `out_channels`, `groups`, `batch`, the
    letters `m` and `n` (channels of the whole layer), `i j l taps` (window) and `h w H W` (output
    and input positions). Numbers may be written 2e8; a point without one of the names, such as a
    letter of another variant, does not fulfil the condition.

    Raises `InputError` for what is no condition, and for a name that nothing has.
    """
    parts = _RELATION.split(text)
    if len(parts) != 3:
        raise InputError(f"condition {text!r}; allowed is one comparison, such as macs<=2e8")
    left, relation, right = (part.strip() for part in parts)
    try:
        sides = [parse(_NUMBER.sub(_integer, side)) for side in (left, right)]
    except CostModelError as error:
        raise InputError(f"condition {text!r}: {str(error).splitlines()[0]}") from None
    if relation in (">", ">="):
        sides.reverse()
    relation = {">": "<", ">=": "<=", "=": "=="}.get(relation, relation)
    condition = Condition(sides[0], relation, sides[1], text)
    letters = {letter for variant in variants for letter in variant.hyper}
    known = {*METRICS, *_FIELDS, *_OWN, *_SIZES, *letters}
    for name in condition.names():
        if name not in known:
            raise InputError(unknown(f"name in the condition {text!r}", name, sorted(known)))
    return condition


def _integer(match: re.Match[str]) -> str:
    value = Fraction(match[1])
    if value.denominator != 1:
        raise InputError(f"{match[1]} is no integer; allowed are integers, such as 250 or 2.5e8")
    return str(value)
