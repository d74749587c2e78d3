"""Which values of a variant's hyper-parameters are options for a layer."""

from __future__ import annotations

from fractions import Fraction

from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.sweeping.axes import hyper_ranges

# Values of a variant's only hyper-parameter, and combinations of the values of several.
_ALONE, _TOGETHER = 32, 64
_SHARES = tuple(Fraction(eighths, 8) for eighths in range(1, 8))


def values_of(variant: Variant, layer: ConvLayer, multiple_of: int = 1) -> dict[str, list[Number]]:
    """Values by letter, in order of declaration, from the lowest to full rank of a rank.

    Other letters end where a slider would. Integers grow by about the same factor from one to the
    next, and are multiples of `multiple_of` where their range holds two of these; the variant's own
    default is among them where it is one. Shares are eighths.

    Raises `CostModelError` where the variant does not fit the layer with its own defaults.
    """
    bound = bind(variant, layer)
    ranges = hyper_ranges(bound)
    letters = len(variant.hyper)
    most = _ALONE if letters < 2 else max(int(_TOGETHER ** (1 / letters)), 2)
    return {
        letter: [*_SHARES]
        if declared.real
        else _spread(*ranges[letter], bound.hyper[letter], most, multiple_of)
        for letter, declared in variant.hyper.items()
    }


def _spread(low: int, high: int, usual: int, most: int, multiple_of: int) -> list[Number]:
    """At most so many values of a range, the usual one among them where it is a multiple."""
    step = multiple_of if high >= 2 * multiple_of else 1
    low = max(-(-low // step) * step, low)
    if (high - low) // step < most:
        return list(range(low, high + 1, step))
    kept = [usual] if usual % step == 0 and low <= usual <= high else []
    factor = (high / max(low, 1)) ** (1 / (most - 1))
    for at in range(most):
        value = max(round(max(low, 1) * factor**at / step) * step, low)
        if value not in kept and value <= high and len(kept) < most:
            kept.append(value)
    return sorted(kept)
