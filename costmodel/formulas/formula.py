"""Formulas: a metric of a variant as a SymPy expression, and its ratio to the standard layer.

There is no second set of rules here: the same stages that give exact ints are bound to a layer of
symbols, and what comes out is collected into textbook form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sympy import Expr, sympify

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import factored, is_zero, quotient
from costmodel.formulas.layers import general_layer
from costmodel.formulas.letters import hyper_symbols
from costmodel.metrics.metric import METRICS, Metric
from costmodel.metrics.settings import DEFAULTS, Settings

_CACHED = 1024


@dataclass(frozen=True, eq=False)
class Declared:
    """A variant as a cache key: the very same declaration (one's own can be redefined)."""

    variant: Variant

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Declared) and self.variant is other.variant

    def __hash__(self) -> int:
        return id(self.variant)  # unique for as long as the key, which holds it, is kept


def formula(
    variant: Variant | str,
    metric: str = "macs",
    layer: ConvLayer | None = None,
    settings: Settings = DEFAULTS,
    **hyper: Number,
) -> Expr:
    """A metric of a variant as a formula.

    Args:
        variant: a `Variant`, or the id of a registered one.
        metric: the key of any metric in `METRICS`.
        layer: a layer with symbols in it; None is the general one: kernel side k on every axis,
            m to n channels, "same" padding at stride 1 on the grid (d) h w, one image, no bias.
        settings: conventions, whose values may be symbols too (the bits of a weight).
        hyper: values or expressions by letter; the others are symbols of their letters.

    Returns:
        An exact SymPy expression, floors and ceilings kept, common factors drawn out.

    Raises:
        VariantError: an unknown variant or hyper-parameter, or a layer that it does not fit.
        CostModelError: an unknown metric.

    >>> formula("basis")
    b*h*m*w*(k**2 + n)
    """
    chosen = VARIANTS[variant] if isinstance(variant, str) else variant
    if layer is None and not hyper and settings == DEFAULTS:
        return _general(Declared(chosen), METRICS[metric], None)
    values = {**hyper_symbols(chosen), **hyper}
    at = layer or general_layer(chosen)
    return factored(raw(chosen, METRICS[metric], at, values, settings))


def ratio(variant: Variant | str, metric: str = "macs", dims: int | None = None) -> Expr:
    """A metric of a variant divided by the standard layer's, as a sum of textbook fractions.

    Args:
        variant: a `Variant`, or the id of a registered one.
        metric: the key of any metric.
        dims: spatial axes of the layer; None is 2 where the variant has 2.

    Raises `CostModelError` where the standard layer has none of what is counted.

    >>> ratio("basis")
    b/n + b/k**2
    """
    chosen = VARIANTS[variant] if isinstance(variant, str) else variant
    return _ratio(Declared(chosen), METRICS[metric], dims)


def raw(
    variant: Variant,
    metric: Metric,
    layer: ConvLayer,
    hyper: dict[str, Any],
    settings: Settings = DEFAULTS,
) -> Expr:
    """What the stages add up to, term by term as they are; nothing is collected or cached."""
    return sympify(count(variant, layer, settings, **hyper)[metric.key])


def clear_cache() -> None:
    """Forget every formula; for who changes the rules themselves, as tests do."""
    _general.cache_clear()
    _terms.cache_clear()
    _ratio.cache_clear()


@lru_cache(maxsize=_CACHED)
def _terms(variant: Declared, metric: Metric, dims: int | None) -> Expr:
    chosen = variant.variant
    return raw(chosen, metric, general_layer(chosen, dims), dict(hyper_symbols(chosen)))


@lru_cache(maxsize=_CACHED)
def _general(variant: Declared, metric: Metric, dims: int | None) -> Expr:
    return factored(_terms(variant, metric, dims))


def costs(variant: Declared, metric: Metric, dims: int | None) -> tuple[Expr, Expr]:
    """What a variant costs, and what the standard layer costs in its place; both not collected."""
    layer = general_layer(variant.variant, dims)
    return _terms(variant, metric, dims), raw(VARIANTS.baseline, metric, layer, {})


@lru_cache(maxsize=_CACHED)
def _ratio(variant: Declared, metric: Metric, dims: int | None) -> Expr:
    cost, base = costs(variant, metric, dims)
    if is_zero(base):
        raise CostModelError(
            f"the standard layer has no {metric.label}, so there is no ratio to it; allowed are "
            "metrics that it has"
        )
    return quotient(cost, base)
