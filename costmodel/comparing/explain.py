"""One sentence that says what a comparison means, made from its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.comparing.count import Counts, count
from costmodel.core.numbers import Number
from costmodel.core.readable import exact, exact_root, si
from costmodel.core.variant import VARIANTS
from costmodel.metrics.metric import METRICS
from costmodel.sweeping.axes import Axis
from costmodel.sweeping.crossing import Crossing

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


def explain_break_even(counts: Counts, over: Axis, found: Sequence[Crossing]) -> str:
    """Up to where a variant is cheaper than the baseline, one clause per metric.

    Args:
        counts: the variant on its layer.
        over: the axis looked at.
        found: its break-evens there; none for an axis of the layer.
    """
    if counts.variant.baseline:
        return "The ratio of the baseline to itself is 1 everywhere."
    if not over.letter:
        return f"The hyper-parameters stay as they are while the {over.label} vary."
    clauses: dict[str, list[str]] = {}
    for even in found:
        clauses.setdefault(_clause(even, over), []).append(in_text(METRICS[even.metric].label))
    if not clauses:
        return (
            f"No value of {over.letter} makes it cost exactly as much as the "
            f"{VARIANTS.baseline.title}."
        )
    said = (clause.format(" and ".join(labels)) for clause, labels in clauses.items())
    return f"On this layer: {'; '.join(said)}."


def in_text(label: str) -> str:
    """A label within a sentence: `parameters`, but `MACs`."""
    return label if label[1:2].isupper() else label.lower()


def _clause(even: Crossing, over: Axis) -> str:
    """Where a cost is below the baseline's; `{}` stands for what is counted."""
    letter, bound = even.letter, exact_root(even.exact)
    if even.cheaper_below:
        if even.last < over.low:
            return f"never fewer {{}} (break-even at {letter} = {bound})"
        if even.last >= over.high:
            return f"fewer {{}} at every {letter} shown (break-even at {letter} = {bound})"
        return f"fewer {{}} while {letter} < {bound}, so up to {letter} = {exact(even.last)}"
    if even.last > over.high:
        return f"never fewer {{}} up to {letter} = {exact(over.high)}"
    return f"fewer {{}} while {letter} > {bound}, so from {letter} = {exact(even.last)}"


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
