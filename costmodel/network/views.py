"""Tables of a network: per layer, per kind, per stage, shares and running sums.

Every table ends with a row `total`, and carries the network's footnotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from costmodel.comparing.compare import HYPER, VARIANT
from costmodel.core.layer_text import layer_facts
from costmodel.core.numbers import Number, equal, is_exact
from costmodel.errors import CostModelError
from costmodel.network import columns, structure
from costmodel.network.columns import Quantity
from costmodel.network.operation import NOT_MODELLED, NetOp
from costmodel.network.operations import Operations, Part
from costmodel.network.tree import tree
from costmodel.table import Column, Table

TOTAL = "total"

#: Columns of a view besides those that it always has: names, "all", or None for the usual ones.
Metrics = Iterable[str] | str | None

_LAYER, _KIND, _STATUS = (Column(key, key.capitalize()) for key in ("layer", "kind", "status"))
_REASON = Column("reason", "Reason")
_SIZES = [
    Column(key, key.replace("_", " ").capitalize())
    for key in ("kernel", "in_channels", "out_channels", "size", "stride")
]
_SHARE, _CUMULATIVE = Column("share", "Share"), Column("cumulative", "Cumulative")


def layers(network: Operations, metrics: Metrics = None, everything: bool = False) -> Table:
    """One row per operation and the last row `total`; after a replacement, see `changes`.

    Args:
        metrics: columns besides layer, kind, params and macs (see `columns.names()`); "all" is
            every one; None is the parameters by role.
        everything: also operations that have neither parameters nor work in a column shown.

    Returns:
        First columns `layer,kind,params,macs`; an operation that is not modelled has an empty cell,
        not a zero, and `status` says so.
    """
    if network.replacement is not None:
        return changes(network, metrics, everything=True, idle=everything)
    chosen = choose(metrics, network)
    rows = []
    for op, own in network.parts():
        values = {c.key: c.value(op, own) for c in chosen}
        if everything or _shown(op, values):
            rows.append({"layer": op.name, "kind": op.kind, **values, "status": op.status})
    return _finished(network, (_LAYER, _KIND), chosen, rows, (_STATUS,))


def shares(network: Operations, metric: str = "macs") -> Table:
    """Operations by falling cost: value, share of the total, and running sum of the shares."""
    chosen = columns.column(metric, network)
    parts = [(op, chosen.value(op, own)) for op, own in network.parts()]
    counted = [(op, value) for op, value in parts if value]
    counted.sort(key=lambda part: -part[1])
    whole = columns.total(network, metric)
    rows, running = [], 0
    for op, value in counted:
        running += value
        rows.append(
            {
                "layer": op.name,
                "kind": op.kind,
                metric: value,
                "share": value / whole,
                "cumulative": running / whole,
            }
        )
    rows.append({"layer": TOTAL, metric: whole, "share": 1.0 if rows else None})
    shown = (_LAYER, _KIND, chosen, _SHARE, _CUMULATIVE)
    return Table(shown, rows, _notes(network, [chosen]), _left_alone(network))


def by_kind(network: Operations, metrics: Metrics = None) -> Table:
    """One row per kind of operation: how many, their counts, and the shares of both totals."""
    return _grouped(network, "kind", lambda op: op.kind, metrics)


def by_stage(network: Operations, metrics: Metrics = None, depth: int = 1) -> Table:
    """One row per module at a depth of the names (`layer3` at 1, `layer3.0` at 2)."""
    return _grouped(network, "stage", lambda op: ".".join(op.name.split(".")[:depth]), metrics)


def changes(
    network: Operations, metrics: Metrics = None, everything: bool = False, idle: bool = False
) -> Table:
    """After a replacement, one row per selected layer: costs now, before, their difference.

    What stands in its place comes with the values of its hyper-parameters and the layer's sizes.

    Args:
        metrics: costs besides params and macs, as for `layers`; None is none.
        everything: also the operations that were not selected: those that multiply, those that are
            not modelled, and those that a metric asked for says something about.
        idle: and, of everything, the others too.

    Raises:
        CostModelError: a network in which nothing was put in place of anything.
    """
    done = network.replacement
    if done is None:
        raise CostModelError(
            f"nothing was replaced in {network.name}; allowed is a network after `replace`"
        )
    keys = () if metrics is None else metrics
    earlier = replace(done.before, settings=network.settings)
    costs, old = choose(keys, network), choose(keys, earlier)
    outcome = _outcome(network)
    before, after = ({op.name: (op, own) for op, own in n.parts()} for n in (done.before, network))
    rows: list[dict[str, Any]] = []
    for op in done.before.ops if everything else [change.before for change in network.changes]:
        both = {
            c: (b.value(*before[op.name]), c.value(*after[op.name]))
            for b, c in zip(old, costs, strict=True)
        }
        asked = {cost.key: both[cost][0] for cost in costs[2:]}
        if op.column != "macs" and not idle and not _shown(op, asked):
            continue
        rows.append(
            {
                "layer": op.name,
                "kind": op.kind,
                **_compared(both),
                "status": op.status if op.status == NOT_MODELLED else "",
                **outcome.get(op.name, {}),
                **(layer_facts(op.layer) if op.layer is not None else {}),
            }
        )
    whole = {
        c: (b.total(done.before.parts()), c.total(network.parts()))
        for b, c in zip(old, costs, strict=True)
    }
    rows.append({"layer": TOTAL, **_compared(whole), **outcome[TOTAL]})
    sides = [_beside(cost, side) for cost in costs for side in ("before", "delta", "ratio")]
    shown = (_LAYER, _KIND, *costs, VARIANT, *sides, _STATUS, _REASON, HYPER, *_SIZES)
    return Table(shown, rows, _notes(network, costs), _left_alone(network))


def _outcome(network: Operations) -> dict[str, dict[str, Any]]:
    """By layer and in total: what stands in its place, what became of it, and why."""
    cells: dict[str, dict[str, Any]] = {
        op.name: {VARIANT.key: op.bound.variant.id, HYPER.key: op.bound.hyper}
        for op in network.ops
        if op.bound
    }
    for change in network.changes:
        said = {"status": change.status, "reason": change.reason}
        cells[change.before.name] = {**cells.get(change.before.name, {}), **said}
    if network.replacement is not None:
        words = f"{len(network.replaced)} of {len(network.changes)} replaced"
        cells[TOTAL] = {"status": words}
    return cells


def _left_alone(network: Operations) -> tuple[tuple[str, str], ...]:
    """The selected layers that were not replaced, each with a sentence."""
    return tuple((change.before.name, change.said) for change in network.left_alone)


def _beside(column: Column, what: str) -> Column:
    """A column that says something more of another one."""
    return Column(f"{column.key}_{what}", f"{column.label} {what}")


def _compared(costs: Mapping[Quantity, tuple[Number | None, Number | None]]) -> dict[str, Any]:
    """The cells of each cost: now, before, and what lies between; empty where it says nothing."""
    cells: dict[str, Any] = {}
    for cost, (before, after) in costs.items():
        if before is None or after is None:
            continue
        known = is_exact(before) and is_exact(after) and before
        cells |= {
            cost.key: after,
            f"{cost.key}_before": before,
            f"{cost.key}_delta": after - before,
            f"{cost.key}_ratio": after / before if known else None,
        }
    return cells


def tree_table(network: Operations, metrics: Metrics = None) -> Table:
    """The tree as rows, parents first, with counts and shares; the last row is the total.

    Args:
        metrics: columns besides params and macs, as for `layers`; None is none.
    """
    chosen = choose(() if metrics is None else metrics, network)
    whole = tree(network)
    totals = {cost.key: whole.total(cost) for cost in chosen[:2]}
    nodes = [*((depth, node) for depth, node in whole.walk() if depth), (0, whole)]
    rows = []
    for depth, node in nodes:
        cells = {cost.key: node.total(cost) for cost in chosen}
        rows.append(
            {"module": node.path or TOTAL, "depth": depth, **cells, **_shares(cells, totals)}
        )
    shares = tuple(_beside(cost, "share") for cost in chosen[:2])
    head = (Column("module", "Module"), Column("depth", "Depth"))
    return Table((*head, *chosen, *shares), rows, _notes(network, chosen), _left_alone(network))


def structure_table(network: Operations, metrics: Metrics = None) -> Table:
    """One row per operation with its shapes and what it reads, and one where results meet.

    Args:
        metrics: columns besides params and macs, as for `layers`; None is none.
    """
    chosen = choose(() if metrics is None else metrics, network)
    own = {op.name: tensors for op, tensors in network.parts()}
    rows = []
    for op, cells in structure.lines(network):
        values = {c.key: c.value(op, own[op.name]) for c in chosen} if op is not None else {}
        rows.append({**cells, **values})
    table = _finished(network, (_LAYER, _KIND, *structure.COLUMNS), chosen, rows, ())
    if network.steps() is None:
        said = f"The source of {network.name} does not say what reads what."
        return replace(table, notes=(*table.notes, said))
    return table


@dataclass(frozen=True)
class View:
    """One way to look at a network: its name for people, and its table of some columns."""

    label: str
    table: Callable[[Operations, Metrics], Table]


def _one_share(network: Operations, metrics: Metrics) -> Table:
    keys = _keys(metrics)
    if len(keys) > 1:
        raise CostModelError(
            f"shares of {', '.join(keys)}; allowed is one metric, macs unless given"
        )
    return shares(network, *keys)


#: Every view by the name that commands, documents and links have for it; `shares` is of one column.
VIEWS: Mapping[str, View] = {
    "layers": View("Layers", layers),
    "kinds": View("Kinds", by_kind),
    "stages": View("Stages", by_stage),
    "shares": View("By falling cost", _one_share),
    "tree": View("Modules", tree_table),
    "structure": View("Shapes and connections", structure_table),
}


def choose(metrics: Metrics, network: Operations | None = None) -> list[Quantity]:
    """The columns meant, params and macs always first; see `columns.column`."""
    keys = columns.default() if metrics is None else _keys(metrics)
    return [columns.column(key, network) for key in dict.fromkeys(("params", "macs", *keys))]


def _keys(metrics: Metrics) -> list[str]:
    """The columns asked for by name."""
    if metrics == "all":
        return columns.names()
    given = metrics.split(",") if isinstance(metrics, str) else metrics or ()
    return [key.strip() for key in given]


def _shown(op: NetOp, values: dict[str, Number | None]) -> bool:
    return op.status == NOT_MODELLED or any(
        value is not None and not equal(value, 0) for value in values.values()
    )


def _grouped(
    network: Operations,
    label: str,
    key: Callable[[NetOp], str],
    metrics: Metrics,
) -> Table:
    chosen = choose(metrics, network)
    groups: dict[str, list[Part]] = {}
    for op, own in network.parts():
        groups.setdefault(key(op), []).append((op, own))
    totals = {cost.key: cost.total(network.parts()) for cost in chosen[:2]}
    rows = []
    for name, parts in groups.items():
        row = {c.key: c.total(parts) for c in chosen}
        if not any(_shown(op, row) for op, _ in parts):
            continue
        rows.append({label: name, "operations": len(parts), **row, **_shares(row, totals)})
    head = (Column(label, label.capitalize()), Column("operations", "Operations"))
    tail = tuple(_beside(cost, "share") for cost in chosen[:2])
    return _finished(network, head, chosen, rows, tail)


def _shares(cells: Mapping[str, Any], totals: Mapping[str, Any]) -> dict[str, Number | None]:
    """The cells of some columns divided by the whole network's; empty where that has none."""
    return {
        f"{key}_share": None if equal(whole, 0) else cells[key] / whole
        for key, whole in totals.items()
    }


def _finished(
    network: Operations,
    head: tuple[Column, ...],
    chosen: Sequence[Quantity],
    rows: list[dict[str, Any]],
    tail: tuple[Column, ...],
) -> Table:
    parts = network.parts()
    rows.append({head[0].key: TOTAL, **{c.key: c.total(parts) for c in chosen}})
    return Table((*head, *chosen, *tail), rows, _notes(network, chosen), _left_alone(network))


def _notes(network: Operations, chosen: Sequence[Quantity]) -> tuple[str, ...]:
    return (*(f"{column.note}." for column in chosen), *network.footnotes)
