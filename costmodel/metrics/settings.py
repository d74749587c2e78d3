"""Settings: conventions that a reader may choose, and that a metric states with its number."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number, as_integer, ceil_div, is_exact
from costmodel.errors import CostModelError, unknown

_FLOPS = (1, 2)


@dataclass(frozen=True)
class Settings:
    """What the words FLOP and byte mean.

    Args:
        flops_per_mac: 2 (a multiply and an add) or 1 (a fused multiply–add, as fvcore counts).
        weight_bits, activation_bits, bias_bits: word lengths. A variant that names hyper-parameters
            for the first two brings its own.

    Raises `CostModelError`, one sentence, for another value.

    >>> Settings(flops_per_mac=1).weight_bits
    32
    """

    flops_per_mac: Number = 2
    weight_bits: Number = 32
    activation_bits: Number = 32
    bias_bits: Number = 32

    def __post_init__(self) -> None:
        for field in fields(self):
            value = as_integer(getattr(self, field.name), field.name, 1, CostModelError)
            object.__setattr__(self, field.name, value)
        if isinstance(self.flops_per_mac, int) and self.flops_per_mac not in _FLOPS:
            raise CostModelError(f"flops_per_mac is {self.flops_per_mac}; allowed are 1 and 2")

    def replace(self, **changes: Any) -> Settings:
        """A copy with some conventions changed, validated like a new one."""
        names = [field.name for field in fields(self)]
        for name in changes:
            if name not in names:
                raise CostModelError(unknown("setting", name, names))
        return replace(self, **changes)

    def on(self, bound: BoundVariant) -> Settings:
        """These settings with the word lengths that a variant's hyper-parameters give."""
        letters = {
            "weight_bits": bound.variant.weight_bits,
            "activation_bits": bound.variant.activation_bits,
        }
        own = {name: bound.hyper[letter] for name, letter in letters.items() if letter}
        return self.replace(**own) if own else self


#: The settings and what they mean, for people.
SETTINGS = {
    "flops_per_mac": "FLOPs that a MAC is worth, 2 or 1",
    "weight_bits": "bits of a weight, unless the variant sets its own",
    "activation_bits": "bits of an activation, unless the variant sets its own",
    "bias_bits": "bits of a bias",
}


#: Two FLOPs per MAC, single precision.
DEFAULTS = Settings()


def bits_in_bytes(count: Number, word: Number) -> Number:
    """The bytes of `count` words of `word` bits, packed, rounded up to a whole byte."""
    if is_exact(word) and word % 8 == 0:
        return count * (word // 8)
    return ceil_div(count * word, 8)
