"""Where exactly a variant costs as much as the baseline, on one layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from costmodel.comparing.count import Counts, count
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, is_symbolic, plain
from costmodel.core.readable import exact
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.sweeping.axes import Axis, placed


@dataclass(frozen=True)
class Crossing:
    """Where a variant costs as much as the baseline on one layer.

    exact: the value of the hyper-parameter as an exact SymPy number. cheaper_below: whether the
    variant is cheaper below that value (above it otherwise).
    """

    metric: str
    letter: str
    exact: Any
    cheaper_below: bool

    @property
    def value(self) -> float:
        """The nearest float."""
        return float(self.exact)

    @property
    def text(self) -> str:
        """An integer alone, a fraction with its decimal, a root as a decimal: `7/3 ≈ 2.333`."""
        value = plain(self.exact)
        if isinstance(value, int):
            return exact(value)
        decimal = f"{self.value:.4g}"
        return f"{decimal} (rounded)" if is_symbolic(value) else f"{value} ≈ {decimal}"

    @property
    def last(self) -> int:
        """The last integer at which the variant is cheaper; 0 where it never is."""
        import sympy

        if self.cheaper_below:
            return int(sympy.ceiling(self.exact)) - 1
        return int(sympy.floor(self.exact)) + 1


def crossing(
    variant: Variant,
    layer: ConvLayer,
    letter: str,
    metric: str = "macs",
    hyper: Mapping[str, Number] | None = None,
) -> Crossing | None:
    """The exact value of a hyper-parameter at which a variant costs as much as the baseline.

    Args:
        layer: sizes as numbers, with its strides and everything else.
        hyper: values of the other hyper-parameters.

    Returns:
        None where the cost does not cross the baseline's, or is no polynomial of the letter
        (sizes are rounded somewhere).

    Raises:
        CostModelError: an unknown metric or hyper-parameter, or a layer that the variant does not
            fit with the other values.

    >>> from costmodel import VARIANTS, ConvLayer
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> crossing(VARIANTS["basis"], layer, "b").exact
    1152/137
    """
    others = {name: v for name, v in (hyper or {}).items() if name != letter}
    return _crossing(variant, layer, letter, metric, tuple(others.items()))


@lru_cache(maxsize=512)
def _crossing(
    variant: Variant,
    layer: ConvLayer,
    letter: str,
    metric: str,
    hyper: tuple[tuple[str, Number], ...],
) -> Crossing | None:
    import sympy

    symbol = sympy.Symbol(letter, integer=True, positive=True)
    cost = count(variant, layer, hyper={**dict(hyper), letter: symbol})[metric]
    difference = sympy.together(cost - count(VARIANTS.baseline, layer)[metric])
    try:
        polynomial = sympy.Poly(sympy.fraction(difference)[0], symbol)
        candidates = [root for root in sympy.real_roots(polynomial) if root > 0]
    except (sympy.PolynomialError, NotImplementedError):
        return None
    for root in sorted(set(candidates)):
        before = difference.subs(symbol, root * sympy.Rational(999, 1000))
        after = difference.subs(symbol, root * sympy.Rational(1001, 1000))
        if before * after < 0:
            return Crossing(metric, letter, root, bool(before < 0))
    return None


def boundary(
    counts: Counts, across: Axis, up: Axis, values: Iterable[int], metric: str
) -> list[tuple[float, float]]:
    """The break-even of one axis along another, as points (x, y) with y exact up to rounding.

    Args:
        counts: a variant on a layer, with its present settings.
        across: what takes the `values`. up: what is solved for; empty for an axis of the layer.
        metric: the key of what is compared.
    """
    if not up.letter or counts.variant.baseline:
        return []
    points = []
    for value in values:
        try:
            layer, hyper = placed(counts.layer, {across.key: value}, counts.hyper, counts.variant)
            found = crossing(counts.variant, layer, up.letter, metric, hyper)
        except CostModelError:
            continue  # no such layer
        if found is not None:
            points.append((float(value), found.value))
    return points


def explain_break_even(counts: Counts, over: Axis, crossings: Sequence[Crossing]) -> str:
    """Up to where a variant is cheaper than the baseline, one clause per metric.

    Args:
        counts: the variant on its layer.
        over: the axis looked at.
        crossings: where it costs as much there; none for an axis of the layer.
    """
    if counts.variant.baseline:
        return "The ratio of the baseline to itself is 1 everywhere."
    if not over.letter:
        return f"The hyper-parameters stay as they are while the {over.label} vary."
    clauses: dict[str, list[str]] = {}
    for even in crossings:
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
    letter, bound = even.letter, even.text
    if even.cheaper_below:
        if even.last < over.low:
            return f"never fewer {{}} (break-even at {letter} = {bound})"
        if even.last >= over.high:
            return f"fewer {{}} at every {letter} shown (break-even at {letter} = {bound})"
        return f"fewer {{}} while {letter} < {bound}, so up to {letter} = {exact(even.last)}"
    if even.last > over.high:
        return f"never fewer {{}} up to {letter} = {exact(over.high)}"
    return f"fewer {{}} while {letter} > {bound}, so from {letter} = {exact(even.last)}"
