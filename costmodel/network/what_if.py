"""Every variant in place of a network's windowed layers, one row each."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from costmodel.comparing.compare import HYPER, VARIANT, ratio_column
from costmodel.core.hyper import route, together
from costmodel.core.numbers import Number, is_exact
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, FullRankWarning, VariantError
from costmodel.network import columns
from costmodel.network.operations import Operations
from costmodel.network.replace import above_full_rank_in, put
from costmodel.network.selection import Selector, selector
from costmodel.table import Column, Table

_WHOLE = "the whole network with the variant in place of the selected layers"
# plain columns: a table of quantities, which hold functions, could not leave its process
_COSTS = [
    Column(cost.key, cost.label, cost.unit, _WHOLE)
    for cost in map(columns.column, ("params", "macs"))
]
_CONV_MACS = Column(
    "conv_macs",
    "Conv macs",
    convention="the convolutions' part of macs, linear layers and matrix products left out",
)
_LEFT = Column(
    "left",
    "Left",
    convention="selected layers that the variant is not made for, and that stay as they are",
)
_COLUMNS = (
    VARIANT,
    *_COSTS,
    *(ratio_column(cost, "the network as it is") for cost in _COSTS),
    HYPER,
    _CONV_MACS,
    Column("replaced", "Replaced"),
    _LEFT,
)
_NOTES = (
    f"params, macs: {_WHOLE}; the ratios are to the network as it is.",
    f"{_CONV_MACS.note}.",
    f"{_LEFT.note}.",
)


def compare(
    network: Operations,
    variants: Iterable[str | Variant] | None = None,
    where: Selector = None,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Table:
    """The network's totals with each variant in place of its windowed layers.

    Args:
        variants: ids or `Variant` values; None is the whole catalogue.
        where: other layers than the windowed ones; see `Network.replace`.
        hyper, letters: hyper-parameters, as for `costmodel.compare`.

    Returns:
        One row per variant: totals, ratios to the network as it is, how many layers were replaced
        and how many were left because the variant is not made for them; `skipped` says why.
    """
    chosen = [VARIANTS.of(v) for v in variants or VARIANTS]
    values = route(chosen, together(hyper, letters))
    meant = selector(where, network.macs)
    selected = sum(1 for op in network.ops if meant(op))
    if not selected:
        raise CostModelError(
            f"no layer of {network.name} is selected; allowed are networks with a convolution of "
            "more than one tap, or another selection"
        )
    rows, skipped = [], []
    for variant in chosen:
        result = network
        replaced = 0
        try:
            result = put(network, variant, meant, pays=False, hyper=values[variant.id])
            replaced = len(result.replaced)
            if said := above_full_rank_in(result):
                warnings.warn(said, FullRankWarning, stacklevel=2)
            if left := [change.said for change in result.left_alone]:
                others = f" (and {len(left) - 1} more)" if left[1:] else ""
                skipped.append((variant.id, left[0] + others))
        except VariantError as error:
            skipped.append((variant.id, str(error)))
        rows.append(_row(network, result, variant, values[variant.id], replaced, selected))
    return Table(_COLUMNS, rows, (*_NOTES, *network.footnotes), tuple(skipped))


def _row(
    before: Operations,
    after: Operations,
    variant: Variant,
    hyper: Mapping[str, Number],
    replaced: int,
    selected: int,
) -> dict[str, Any]:
    return {
        "variant": variant.id,
        "params": after.params,
        "macs": after.macs,
        "params_ratio": _ratio(after.params, before.params),
        "macs_ratio": _ratio(after.macs, before.macs),
        "hyper": hyper,
        "conv_macs": sum(op.macs for op in after.ops if op.kind.startswith("conv")),
        "replaced": replaced,
        "left": selected - replaced,
    }


def _ratio(after: Number, before: Number) -> Number | None:
    return after / before if is_exact(before) and before else None
