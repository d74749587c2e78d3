"""Directives that give one number, to stand within a sentence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from costmodel.comparing.count import count
from costmodel.core.readable import si
from costmodel.core.variant import VARIANTS
from costmodel.documents import networks, options
from costmodel.documents.request import Request, Target, directive
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.network import columns
from costmodel.table import plain, pretty

_AS = {"as": "grouped (109,985,792), plain (109985792) or si (110.0 M)"}
_SHARE = {"as": "grouped (0.4757), plain (every digit) or percent (47.57%)"}


def number(
    value: object, request: Request, target: Target, styles: Collection[str] = ("si",)
) -> str:
    """A number in the style asked for; in LaTeX the separators do not become spaces.

    styles: what it can be written as besides grouped and plain.
    """
    style = options.choice(request, "as", ("grouped", "plain", *styles), "grouped")
    text = {"grouped": pretty, "plain": plain, "si": _si, "percent": _percent}[style](value)
    return text.replace(",", "{,}").replace("%", "\\%") if target.syntax == "latex" else text


def _percent(value: Any) -> str:
    """Four significant digits, and every digit before the point."""
    hundredths = 100 * value
    return f"{hundredths:,.0f}%" if hundredths >= 1000 else f"{hundredths:.4g}%"


def _si(value: Any) -> str:
    """Four significant digits with a prefix from a thousand on; a ratio has none."""
    return si(value) if abs(value) >= 1000 else pretty(value)


@directive(
    "value",
    "one metric of one variant on one layer, as a number",
    "value basis macs k=3 m=64 n=128 size=56x56 b=4",
    words=("variant", "metric"),
    options=_AS,
    layer=True,
    hyper=True,
)
def _value(request: Request, target: Target) -> str:
    variant, metric = request.words
    counts = count(variant, options.layer(request), hyper=options.hyper(request, _AS))
    return number(counts[METRICS[metric].key], request, target)


@directive(
    "share",
    "one metric of one variant divided by the standard layer's, as a number",
    "share basis macs k=3 m=64 n=128 size=56x56 b=4",
    words=("variant", "metric"),
    options=_SHARE,
    layer=True,
    hyper=True,
)
def _share(request: Request, target: Target) -> str:
    variant, metric = request.words
    layer = options.layer(request)
    counts = count(variant, layer, hyper=options.hyper(request, _SHARE))
    whole = count(VARIANTS.baseline, layer)[METRICS[metric].key]
    if not whole:
        raise InputError(f"{metric} of the standard layer is 0; allowed is what it has some of")
    return number(counts[metric] / whole, request, target, ("percent",))


_TOTAL = {
    "as": f"{_AS['as']}; percent of the network as it is, where something is replaced",
    **networks.OPTIONS,
}


@directive(
    "total",
    "one total of a network, as a number",
    "total resnet18 macs as=si",
    words=("network", "metric"),
    options=_TOTAL,
    hyper=True,
)
def _total(request: Request, target: Target) -> str:
    name, metric = request.words
    column = columns.column(metric)
    hyper = options.hyper(request, _TOTAL)
    network = networks.asked(name, request, target, [column.key], hyper)
    value = columns.total(network, column.key)
    if value is None:
        raise InputError(f"{metric} of {network.name} is empty; allowed is what the table has")
    if request.options.get("as") != "percent" or network.replacement is None:
        return number(value, request, target)
    whole = columns.total(network.replacement.before, column.key)
    return number(value / whole, request, target, ("percent",))
