"""What each layer of a network costs, and how it is drawn: by its kind, or by what replaced it."""

from __future__ import annotations

from typing import Any, NamedTuple

from costmodel.core.numbers import Number
from costmodel.core.readable import exact, percent, si
from costmodel.core.variant import VARIANTS, Variant
from costmodel.network import columns
from costmodel.network.kinds import KINDS
from costmodel.network.operations import Operations
from costmodel.plots.layout import as_text, filling, name_of
from costmodel.plots.palette import kind_color, style_of
from costmodel.typed import write_pairs


class LayerCost(NamedTuple):
    """An operation with what it costs.

    name: its own. kind: a key of `KINDS`. value: its cost. variant: what stands in its place, None
    for nothing. values: the hyper-parameters of that, as text.
    """

    name: str
    kind: str
    value: Number
    variant: Variant | None = None
    values: str = ""

    @property
    def color(self) -> str:
        """Of its kind, or of the variant that stands in its place."""
        return style_of(self.variant).color if self.variant else kind_color(self.kind)

    @property
    def group(self) -> str:
        """What it is drawn as, for a legend."""
        if self.variant:
            return f"{name_of(self.variant)}, in place"
        return KINDS[self.kind].label

    @property
    def marker(self) -> dict[str, Any]:
        """How its bar is drawn: what stands in place of a layer is hatched."""
        look: dict[str, Any] = {"color": self.color}
        return {**look, "pattern": filling("/")} if self.variant else look

    @property
    def said(self) -> str:
        """What stands in its place, for beside it; "" for nothing."""
        if self.variant is None:
            return ""
        return as_text(" ".join(filter(None, (name_of(self.variant), self.values))))


def layer_costs(network: Operations, metric: str) -> list[LayerCost]:
    """Every operation that has any of a cost, in the order in which they run.

    Raises:
        CostModelError: an unknown metric.
    """
    chosen = columns.column(metric, network)
    found = []
    for op, own in network.parts():
        value = chosen.value(op, own)
        if not value:
            continue
        placed = op.bound.variant if op.bound else None
        values = write_pairs(op.bound.hyper, ", ") if op.bound else ""
        replaced = placed is not None and placed is not VARIANTS.baseline
        found.append(
            LayerCost(op.name, op.kind, value, *((placed, values) if replaced else (None, "")))
        )
    return found


def share_text(value: Number, whole: Number, metric: str) -> str:
    """A part of a total: exact, in short, and its share."""
    share = f", {percent(value / whole)}" if whole else ""
    return f"{exact(value)} {label(metric)} ({si(value)}{share})"


def label(metric: str) -> str:
    """A column of a network by its name for people."""
    return columns.column(metric).label
