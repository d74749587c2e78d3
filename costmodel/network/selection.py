"""Where: which layers of a network are meant.

A selection is a set of conditions that all have to hold. As text, for the command line and for
plans that are kept in files:

    layer3.*                       a name pattern (* and ?)
    kernel=3                       window sides, 3 or 1x7
    kind=linear                    a kind of operation
    share=0.02                     at least this share of the network's multiplies
    layer4.*,kernel=3,share=0.01   all of them

Without a selection the windowed layers are meant: convolutions with more than one tap that are not
depthwise already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any

from costmodel.core.numbers import Number, equal, is_exact, product
from costmodel.errors import CostModelError, InputError, shown, unknown
from costmodel.network.kinds import KINDS
from costmodel.network.operation import NetOp
from costmodel.typed import read_axes, read_flag, read_number


@dataclass(frozen=True)
class Where:
    """Conditions on an operation; a field that is None does not matter.

    name: a pattern with * and ?, or a compiled regular expression that must match the whole name.
    kernel: window sides, an int for all axes. kind: a key of `KINDS`. share: least share of the
    network's multiply-accumulates. depthwise: whether it has one filter per channel.
    windowed: whether its window has more than one tap.
    """

    name: str | re.Pattern[str] | None = None
    kernel: int | tuple[int, ...] | None = None
    kind: str | None = None
    share: Number | None = None
    depthwise: bool | None = None
    windowed: bool | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise CostModelError(unknown("kind of operation", self.kind, KINDS))
        share = self.share
        if share is not None and not (
            isinstance(share, int | float | Fraction) and 0 <= share <= 1
        ):
            raise CostModelError(f"share is {share}; allowed are numbers from 0 to 1")

    def selects(self, op: NetOp, macs: Number) -> bool:
        """Whether an operation of a network with so many multiply-accumulates is meant."""
        if op.layer is None:
            return False
        if isinstance(self.name, str) and not fnmatchcase(op.name, self.name):
            return False
        if isinstance(self.name, re.Pattern) and not self.name.fullmatch(op.name):
            return False
        if self.kind is not None and op.kind != self.kind:
            return False
        if self.kernel is not None:
            sides = self.kernel
            if op.kernel != ((sides,) * len(op.kernel) if isinstance(sides, int) else sides):
                return False
        if self.depthwise is not None and op.depthwise != self.depthwise:
            return False
        if self.windowed is not None and has_window(op) != self.windowed:
            return False
        return self.share is None or _reaches(op.macs, self.share, macs)


#: What is meant when nothing is said: windowed layers that are not depthwise already.
WINDOWED = Where(windowed=True, depthwise=False)

#: A selection as callers may give it.
Selector = Where | str | re.Pattern[str] | Mapping[str, Any] | Callable[[NetOp], bool] | None


def has_window(op: NetOp) -> bool:
    """Whether the layer's window has more than one tap."""
    taps = product(op.kernel)
    return op.layer is not None and not equal(taps, 1)


def selector(where: Selector, macs: Number) -> Callable[[NetOp], bool]:
    """A selection as a function of an operation, in a network with so many multiplies."""
    match where:
        case Where():
            chosen = where
        case None:
            chosen = WINDOWED
        case str():
            chosen = parse(where)
        case re.Pattern():
            chosen = Where(name=where)
        case Mapping():
            for name in where:
                if name not in Where.__dataclass_fields__:
                    raise CostModelError(unknown("condition", name, Where.__dataclass_fields__))
            chosen = Where(**where)
        case _ if callable(where):
            return lambda op: op.layer is not None and bool(where(op))
        case _:
            raise CostModelError(
                f"where is {where!r}; allowed are text such as 'layer3.*,kernel=3', a regular "
                "expression, a dict of conditions, or a function of an operation"
            )
    return lambda op: chosen.selects(op, macs)


def only(name: str) -> str:
    """A selection, as text, of the layer of one name: signs with a meaning stand for any sign."""
    return re.sub(r"[*?\[\],=;\s]", "?", name)


def parse(text: str) -> Where:
    """A selection from text; `CostModelError` for a condition that is not known."""
    conditions: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            name, value = "name", name
        if not value or name in conditions:
            raise CostModelError(
                f"condition {part.strip()!r}; allowed are a name pattern, kernel=, kind= and "
                "share=, each once"
            )
        if name not in _READERS:
            raise CostModelError(unknown("condition", name, _READERS))
        conditions[name] = _READERS[name](value)
    return Where(**conditions)


def _sides(text: str) -> int | tuple[int, ...]:
    try:
        return read_axes(text, low=0)
    except InputError:
        raise CostModelError(
            f"kernel={shown(text)}; allowed are integers such as 3 or 1x7"
        ) from None


def _share(text: str) -> Fraction:
    scale = 100 if text.endswith("%") else 1
    try:
        return read_number(text.removesuffix("%")) / scale
    except InputError:
        raise CostModelError(
            f"share={shown(text)}; allowed are numbers such as 0.02 or 2%"
        ) from None


_READERS: dict[str, Callable[[str], Any]] = {
    "name": str,
    "kernel": _sides,
    "kind": str,
    "share": _share,
    "depthwise": read_flag,
    "windowed": read_flag,
}


def _reaches(value: Number, share: Number, whole: Number) -> bool:
    if not is_exact(value) or not is_exact(whole):
        raise CostModelError(
            "a share of multiplies needs known sizes; allowed is selecting by name"
        )
    return bool(Fraction(value) >= Fraction(share) * whole)
