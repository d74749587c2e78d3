"""Formulas: a metric of a variant as a SymPy expression, and its ratio to the standard layer.

There is no second set of rules here: the same stages that give exact ints are bound to a layer of
symbols, and what comes out is collected into textbook form. Sizes are positive integers here and in
all of `formulas`; what leaves the library is in plain symbols (see `public`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sympy import Expr, sympify

from costmodel.comparing.count import count
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.limits import check
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import factored, is_zero, quotient
from costmodel.formulas.layers import general_layer
from costmodel.formulas.letters import hyper_symbols
from costmodel.metrics.metric import METRICS, Metric
from costmodel.metrics.settings import DEFAULTS, Settings

_CACHED = 1024


def formula(
    variant: Variant | str,
    metric: str = "macs",
    layer: ConvLayer | None = None,
    settings: Settings = DEFAULTS,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Expr:
    """A metric of a variant as a formula.

    Args:
        variant: a `Variant`, or the id of a registered one.
        metric: the key of any metric in `METRICS`.
        layer: a layer with symbols in it; None is the general one: kernel side k on every axis,
            m to n channels, "same" padding at stride 1 on the grid (d) h w, one image, no bias.
        settings: conventions, whose values may be symbols too (the bits of a weight).
        hyper, letters: values or expressions by letter; the others are symbols of their letters.

    Returns:
        An exact SymPy expression, floors and ceilings kept, common factors drawn out.

    Raises:
        VariantError: an unknown variant or hyper-parameter, or a layer that it does not fit.
        CostModelError: an unknown metric.

    >>> formula("basis")
    b*h*m*w*(k**2 + n)
    """
    chosen = VARIANTS.of(variant)
    at = layer or general_layer(chosen)
    given = together(hyper, letters)
    if not given and settings == DEFAULTS:
        return _collected(chosen, METRICS[metric], at)
    values = {**hyper_symbols(chosen), **given}
    return factored(sympify(count(chosen, at, settings, hyper=values)[METRICS[metric].key]))


def ratio(variant: Variant | str, metric: str = "macs", layer: ConvLayer | None = None) -> Expr:
    """A metric of a variant divided by the standard layer's, as a sum of textbook fractions.

    The arguments are those of `formula`.

    Raises `CostModelError` where the standard layer has none of what is counted.

    >>> ratio("basis")
    b/n + b/k**2
    """
    chosen = VARIANTS.of(variant)
    return _ratio(chosen, METRICS[metric], layer or general_layer(chosen))


def terms(variant: Variant, metric: Metric, layer: ConvLayer) -> Expr:
    """What the stages add up to, term by term as they are; nothing is collected."""
    total = sympify(count(variant, layer, hyper=hyper_symbols(variant))[metric.key])
    check(total)
    return total


def costs(variant: Variant, metric: Metric, layer: ConvLayer) -> tuple[Expr, Expr]:
    """What a variant costs, and what the standard layer costs in its place; both not collected."""
    return terms(variant, metric, layer), terms(VARIANTS.baseline, metric, layer)


@lru_cache(maxsize=_CACHED)
def _collected(variant: Variant, metric: Metric, layer: ConvLayer) -> Expr:
    return factored(terms(variant, metric, layer))


@lru_cache(maxsize=_CACHED)
def _ratio(variant: Variant, metric: Metric, layer: ConvLayer) -> Expr:
    cost, base = costs(variant, metric, layer)
    if is_zero(base):
        raise CostModelError(
            f"the standard layer has no {metric.label}, so there is no ratio to it; allowed are "
            "metrics that it has"
        )
    return quotient(cost, base)
