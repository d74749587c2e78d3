"""Hyper-parameters: how a variant declares them, and which variant a given value is meant for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from costmodel.core.numbers import Number
from costmodel.errors import VariantError, unknown

T = TypeVar("T")


@dataclass(frozen=True)
class Hyper:
    """One hyper-parameter of a variant.

    default: an int, or an expression of the layer and of the hyper-parameters before this one
        (`ceil(n/4)`; m, n: channels, i, j, l: kernel, taps: their product); a real number's text.
    low, high: the values allowed; high None is no limit.
    upto: an expression for the largest value that makes sense, where a slider should end; "" is
        full rank for a rank (see `ranks`), and n for anything else.
    real: a real number instead of an integer (a share of the channels), exact as a fraction.
    """

    default: int | str
    meaning: str
    low: int = 1
    high: int | None = None
    upto: str = ""
    real: bool = False


class _Declares(Protocol):
    """A variant, as far as its hyper-parameters go."""

    @property
    def id(self) -> str: ...

    @property
    def hyper(self) -> Mapping[str, Hyper]: ...


def together(hyper: Mapping[str, T] | None, letters: Mapping[str, T]) -> dict[str, T]:
    """What a function was given as `hyper=` and as keywords; `VariantError` for a name in both."""
    for name in letters:
        if hyper and name in hyper:
            raise VariantError(
                f"hyper-parameter {name!r} is given in hyper= and as a keyword; allowed is once"
            )
    return {**(hyper or {}), **letters}


def route(
    variants: Sequence[_Declares], given: Mapping[str, Number]
) -> dict[str, dict[str, Number]]:
    """Which variant gets which value, by id and letter.

    Args:
        variants: those that values can be meant for.
        given: `b` is for every variant that has it, `basis.b` for one alone, and wins.

    Raises:
        VariantError: a name that none of the variants has.
    """
    by_id = {variant.id: variant for variant in variants}
    values: dict[str, dict[str, Number]] = {id: {} for id in by_id}
    for name in sorted(given, key=lambda name: "." in name):
        owner, dot, letter = name.rpartition(".")
        if dot and owner not in by_id:
            raise VariantError(unknown("variant", owner, by_id))
        meant = [v for v in ([by_id[owner]] if dot else variants) if letter in v.hyper]
        if not meant:
            known = by_id[owner].hyper if dot else sorted({n for v in variants for n in v.hyper})
            what = f"hyper-parameter of {owner}" if dot else "hyper-parameter"
            raise VariantError(unknown(what, letter, known))
        for variant in meant:
            values[variant.id][letter] = given[name]
    return values
