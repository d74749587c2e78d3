"""What would pay where: every variant in place of every layer, one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from costmodel.comparing.compare import HYPER, VARIANT, ratio_column
from costmodel.core.numbers import Number, is_exact
from costmodel.core.readable import exact, percent
from costmodel.core.variant import VARIANTS, Variant
from costmodel.network import columns
from costmodel.network.change import Choice
from costmodel.network.operation import NetOp
from costmodel.network.operations import Operations
from costmodel.network.replace import tried
from costmodel.table import Column, Table

_LAYER = Column("layer", "Layer")
_SHARE = "share_saved"


def savings(
    network: Operations,
    metric: str = "macs",
    variants: Iterable[str | Variant] | None = None,
    most: int | None = None,
) -> Table:
    """What each variant, with its own values, would save in place of each layer of a network.

    Args:
        metric: a cost of layers. variants: ids or `Variant` values; None is the whole catalogue.
        most: of so many layers only, those with most of the cost; None is all of them.

    Returns:
        One row per layer and variant that fits it, layers in the order in which they run: the cost
        with the variant in place, before, what is saved (less than nothing where it costs more),
        its share of the whole network's cost, and the ratio. The first note says how many layers
        were left out, and what they come to.

    Raises:
        CostModelError: an unknown variant, or a metric that says nothing about layers.
    """
    done = network.replacement
    network = network if done is None else done.before
    cost = columns.column(metric)
    whole = columns.total(network, metric)
    baseline = VARIANTS.baseline
    chosen = map(VARIANTS.of, VARIANTS if variants is None else variants)
    choices = [Choice.of(variant, {}) for variant in chosen if variant is not baseline]
    known: dict[tuple[Any, ...], dict[str, Any] | None] = {}
    rows = []
    layers, others = _layers(network, metric, most)
    for op in layers:
        for choice in choices:
            key = (op.layer, op.tensors, op.times, choice.variant.id)
            if key not in known:
                known[key] = _cells(op, choice, cost, whole)
            cells = known[key]
            if cells is not None:
                rows.append({"layer": op.name, **cells})
    # plain columns: a table of quantities, which hold functions, could not leave its process
    now = Column(cost.key, cost.label, cost.unit, cost.convention)
    saved = Column(f"{metric}_saved", f"{cost.label} saved")
    share = Column(_SHARE, "Share saved", convention="of the whole network's cost")
    before = Column(f"{metric}_before", f"{cost.label} before")
    ratio = ratio_column(cost, "the layer as it is")
    shown = (_LAYER, VARIANT, now, before, saved, share, ratio, HYPER)
    notes = (
        f"{cost.note}; one layer at a time, each variant with its own values for the layer, which "
        f"can be set once it stands there{_left_out(len(layers), others, cost, whole)}.",
        *network.notes,
    )
    return Table(shown, rows, notes)


def _layers(network: Operations, metric: str, most: int | None) -> tuple[list[NetOp], list[NetOp]]:
    """The layers with trained weights, those of them that cost most, and the others."""
    found = [op for op in network.ops if op.layer is not None and op.has_weights]
    if most is None or len(found) <= most:
        return found, []
    cost = columns.column(metric)
    by_cost = sorted(found, key=lambda op: -(cost.value(op, op.tensors) or 0))
    names = {op.name for op in by_cost[:most]}
    return [op for op in found if op.name in names], by_cost[most:]


def _left_out(taken: int, others: list[NetOp], cost: columns.Quantity, whole: Number | None) -> str:
    """Which layers are looked at where these are not all, and how much the others have."""
    if not others:
        return ""
    rest = sum(cost.value(op, op.tensors) or 0 for op in others)
    share = f", {percent(rest / whole)} of all" if whole and is_exact(rest) else ""
    return (
        f"; of {taken + len(others)} layers the {taken} with most {cost.label}, without "
        f"{len(others)} that have {exact(rest)} together{share}"
    )


def _cells(
    op: NetOp, choice: Choice, cost: columns.Quantity, whole: Number | None
) -> dict[str, Any] | None:
    """The cells of one variant in place of one layer; None where it does not fit."""
    after = tried(op, choice).after
    if after is None or after.bound is None:
        return None
    then, now = cost.value(op, op.tensors), cost.value(after, after.tensors)
    if then is None or now is None:
        return None
    known = is_exact(then) and is_exact(now)
    return {
        VARIANT.key: choice.variant.id,
        cost.key: now,
        f"{cost.key}_before": then,
        f"{cost.key}_saved": then - now,
        _SHARE: (then - now) / whole if known and whole else None,
        f"{cost.key}_ratio": now / then if known and then else None,
        HYPER.key: dict(after.bound.hyper),
    }
