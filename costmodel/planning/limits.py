"""Limits: what the network as a whole may cost at most, or must keep at least."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from costmodel.core.numbers import Number
from costmodel.core.readable import exact
from costmodel.errors import InputError
from costmodel.typed import read_amount

#: A budget as callers give it: a number, or text such as "50%", "10M" or "500k".
Amount = Number | str


@dataclass(frozen=True)
class Limit:
    """A bound on the total of one column.

    key: the column. value: the most that it may be, or the least. most: which of the two.
    share: of the network as it is, where it was given so.
    """

    key: str
    value: Fraction
    most: bool = True
    share: Fraction | None = None

    def __str__(self) -> str:
        sign = "≤" if self.most else "≥"
        whole = self.value.denominator == 1
        said = exact(self.value.numerator) if whole else f"{float(self.value):.6g}"
        share = f" ({float(100 * self.share):g} %)" if self.share is not None else ""
        return f"{self.key} {sign} {said}{share}"


def read_limits(
    at_most: Mapping[str, Amount] | None,
    at_least: Mapping[str, Amount] | None,
    totals: Mapping[str, Number],
) -> tuple[Limit, ...]:
    """Limits from what was given; shares are of the totals, integers where those are.

    Raises:
        InputError: something that is no amount, or a floor above the ceiling of the same column.
    """
    limits = [
        _read(key, amount, most, totals[key])
        for given, most in ((at_most, True), (at_least, False))
        for key, amount in (given or {}).items()
    ]
    floors = {limit.key: limit for limit in limits if not limit.most}
    for ceiling in limits:
        floor = floors.get(ceiling.key)
        if ceiling.most and floor and floor.value > ceiling.value:
            raise InputError(f"{floor} and {ceiling}; allowed is a floor that is not above it")
    return tuple(limits)


def _read(key: str, amount: Amount, most: bool, total: Number) -> Limit:
    share = None
    try:
        if isinstance(amount, str):
            value, relative = read_amount(amount)
            if relative:
                share, value = value, value * Fraction(total)
        elif isinstance(amount, bool) or not isinstance(amount, int | float | Fraction):
            raise InputError(f"{amount!r}; allowed are amounts such as 50%, 10M or 500000")
        else:
            value = Fraction(amount)
    except (InputError, ValueError, OverflowError) as error:
        raise InputError(f"{key}={error}") from None
    if isinstance(total, int):  # what an integer may be at most or at least is an integer too
        value = Fraction(math.floor(value) if most else math.ceil(value))
    return Limit(key, value, most, share)
