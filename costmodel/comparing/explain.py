"""One sentence that says what a comparison means, made from its numbers."""

from __future__ import annotations

from costmodel.comparing.count import Counts, count
from costmodel.core.numbers import Number
from costmodel.core.readable import exact, si
from costmodel.core.variant import VARIANTS

# Within this much of the baseline, a difference is called none.
_SAME = 0.005


def explain(counts: Counts) -> str:
    """What a variant saves and costs on its layer, against the baseline.

    Args:
        counts: the variant on the layer, every size a number.

    Returns:
        One sentence, or for the baseline itself one that says so.

    >>> from costmodel import ConvLayer, count
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> print(explain(count("depthwise_separable", layer)))
    In place of the standard convolution, depthwise separable convolution needs 8.41× fewer \
multiplies (27.50 M instead of 231.2 M) and 8.41× fewer parameters (8,768 instead of 73,728).
    """
    layer, variant = counts.layer, counts.variant
    base = count(VARIANTS.baseline, layer)
    if variant.baseline:
        return (
            f"On this layer the {variant.title} needs {_amount(base.macs)} multiplies and "
            f"{_amount(base.params)} parameters; the others are compared with it."
        )
    work = _against(counts.macs, base.macs, "multiplies")
    size = _against(counts.params, base.params, "parameters")
    return (
        f"In place of the {VARIANTS.baseline.title}, {described(counts)} needs {work} "
        f"{_joint(counts, base)} {size}."
    )


def described(counts: Counts) -> str:
    """A variant with its settings: `basis convolution with b = 4`."""
    settings = ", ".join(f"{name} = {value}" for name, value in counts.hyper.items())
    return counts.variant.title + (f" with {settings}" if settings else "")


def times_words(value: Number, base: Number) -> str:
    """`8.41× fewer`, `1.25× as many` or `as many`."""
    if not base:
        return "as many" if not value else "more"
    if abs(value / base - 1) < _SAME:
        return "exactly as many" if value == base else "about as many"
    if not value:
        return "no"
    return f"{base / value:.3g}× fewer" if value < base else f"{value / base:.3g}× as many"


def _against(value: Number, base: Number, what: str) -> str:
    words = f"{times_words(value, base)} {what}"
    if value == base:
        return f"{words} ({_amount(value)})"
    return f"{words} ({_amount(value)} instead of {_amount(base)})"


def _joint(counts: Counts, base: Counts) -> str:
    """The word between: "but" where one saving is bought with the other."""
    work, size = counts.macs - base.macs, counts.params - base.params
    return "but" if (work < 0 < size) or (size < 0 < work) else "and"


def _amount(value: Number) -> str:
    return exact(value) if abs(value) < 1_000_000 else si(value)
