"""Tables and trees of a network: per layer, per kind, per stage, shares and running sums.

Every table ends with a row `total`, and carries the network's footnotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.comparing.compare import VARIANT
from costmodel.core.numbers import Number, equal, is_exact
from costmodel.errors import CostModelError
from costmodel.network import columns
from costmodel.network.columns import Quantity
from costmodel.network.operation import NOT_MODELLED, NetOp, Parameter
from costmodel.network.operations import Change, Operations, Part
from costmodel.table import Column, Table

TOTAL = "total"

#: Columns of a view besides those that it always has: names, "all", or None for the usual ones.
Metrics = Iterable[str] | str | None

_LAYER, _KIND, _STATUS = (Column(key, key.capitalize()) for key in ("layer", "kind", "status"))
_REASON = Column("reason", "Reason")
_SHARE, _CUMULATIVE = Column("share", "Share"), Column("cumulative", "Cumulative")


def layers(network: Operations, metrics: Metrics = None, everything: bool = False) -> Table:
    """One row per operation and the last row `total`.

    After a replacement also what became of each; without `metrics` its costs before it (`changes`).

    Args:
        metrics: columns besides layer, kind, params and macs (see `columns.names()`); "all" is
            every one; None is the parameters by role.
        everything: also operations that have neither parameters nor work in a column shown.

    Returns:
        First columns `layer,kind,params,macs`; an operation that is not modelled has an empty cell,
        not a zero, and `status` says so.
    """
    if network.replacement is not None and metrics is None:
        return changes(network, everything=True)
    chosen = choose(metrics)
    rows = []
    outcome = _outcome(network)
    for op, own in network.parts():
        values = {c.key: c.value(op, own) for c in chosen}
        if everything or _shown(op, values):
            row = {"layer": op.name, "kind": op.kind, **values, "status": op.status}
            rows.append({**row, **outcome.get(op.name, {})})
    tail = (VARIANT, _STATUS, _REASON) if network.replacement is not None else (_STATUS,)
    return _finished(network, (_LAYER, _KIND), chosen, rows, tail, outcome.get(TOTAL, {}))


def shares(network: Operations, metric: str = "macs") -> Table:
    """Operations by falling cost: value, share of the total, and running sum of the shares."""
    chosen = columns.column(metric)
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


def changes(network: Operations, everything: bool = False) -> Table:
    """After a replacement, one row per selected layer: costs now, before, their difference.

    Args:
        everything: a row for every operation that multiplies, selected or not.

    Raises:
        CostModelError: a network in which nothing was put in place of anything.
    """
    done = network.replacement
    if done is None:
        raise CostModelError(
            f"nothing was replaced in {network.name}; allowed is a network after `replace`"
        )
    listed = {change.before.name: change for change in network.changes}
    outcome = _outcome(network)
    if everything:
        listed = {op.name: listed.get(op.name, Change(op, None, "")) for op in network.ops}
    rows: list[dict[str, Any]] = []
    for change in listed.values():
        old, new = change.before, change.after or change.before
        if old.column != "macs" and old.status != NOT_MODELLED:
            continue
        rows.append(
            {
                "layer": old.name,
                "kind": old.kind,
                **_compared("params", old.params, new.params),
                **(_compared("macs", old.macs, new.macs) if old.column == "macs" else {}),
                "status": old.status if old.status == NOT_MODELLED else "",
                **outcome.get(old.name, {}),
            }
        )
    rows.append(
        {
            "layer": TOTAL,
            **_compared("params", done.before.params, network.params),
            **_compared("macs", done.before.macs, network.macs),
            **outcome[TOTAL],
        }
    )
    note = "total: the whole network, shared tensors once."
    costs = [columns.column(key) for key in ("params", "macs")]
    sides = [_beside(cost, side) for cost in costs for side in ("before", "delta", "ratio")]
    shown = (_LAYER, _KIND, *costs, VARIANT, *sides, _STATUS, _REASON)
    return Table(shown, rows, (note, *network.footnotes), _left_alone(network))


def _outcome(network: Operations) -> dict[str, dict[str, str]]:
    """By layer and in total: what stands in its place, what became of it, and why."""
    cells = {op.name: {"variant": op.bound.variant.id} for op in network.ops if op.bound}
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


def _compared(key: str, before: Number, after: Number) -> dict[str, Number | None]:
    known = is_exact(before) and is_exact(after) and before
    return {
        key: after,
        f"{key}_before": before,
        f"{key}_delta": after - before,
        f"{key}_ratio": after / before if known else None,
    }


@dataclass(frozen=True)
class Node:
    """A module of the tree: its own name, its counts with everything below, and what is below."""

    name: str
    path: str
    params: Number
    macs: Number
    children: tuple[Node, ...]

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """Every module with its depth, parents first."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def __str__(self) -> str:
        return "\n".join(
            f"{'  ' * depth}{node.name}  params={node.params}  macs={node.macs}"
            for depth, node in self.walk()
        )


def tree(network: Operations) -> Node:
    """The operations as the tree that their dotted names spell."""
    return _node(network.name, "", [(op.name.split("."), op, own) for op, own in network.parts()])


def tree_table(network: Operations) -> Table:
    """The tree as rows, parents first, with counts and shares; the last row is the total."""
    whole = tree(network)
    shares = {key: getattr(whole, key) for key in ("params", "macs")}
    nodes = [*((depth, node) for depth, node in whole.walk() if depth), (0, whole)]
    rows = [
        {
            "module": node.path or TOTAL,
            "depth": depth,
            **{key: getattr(node, key) for key in shares},
            **{
                f"{key}_share": getattr(node, key) / total if not equal(total, 0) else None
                for key, total in shares.items()
            },
        }
        for depth, node in nodes
    ]
    names = ("module", "depth", *shares, *(f"{key}_share" for key in shares))
    return Table(names, rows, network.footnotes, _left_alone(network))


@dataclass(frozen=True)
class View:
    """One way to look at a network: its name for people, and its table of some columns."""

    label: str
    table: Callable[[Operations, Metrics], Table]


#: Every view by the name that commands, documents and links have for it. `shares` is of the first
#: column asked for; the tree has its own columns.
VIEWS: Mapping[str, View] = {
    "layers": View("Layers", layers),
    "kinds": View("Kinds", by_kind),
    "stages": View("Stages", by_stage),
    "shares": View(
        "By falling cost", lambda network, metrics: shares(network, *_keys(metrics)[:1])
    ),
    "tree": View("Modules", lambda net, metrics: tree_table(net)),
}


def choose(metrics: Metrics) -> list[Quantity]:
    """The columns meant, params and macs always first."""
    keys = columns.default() if metrics is None else _keys(metrics)
    return [columns.column(key) for key in dict.fromkeys(("params", "macs", *keys))]


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
    chosen = choose(metrics)
    groups: dict[str, list[Part]] = {}
    for op, own in network.parts():
        groups.setdefault(key(op), []).append((op, own))
    totals: dict[str, Number] = {"params": network.params, "macs": network.macs}
    rows = []
    for name, parts in groups.items():
        row = {c.key: c.total(parts) for c in chosen}
        if not any(_shown(op, row) for op, _ in parts):
            continue
        shares = {
            f"{k}_share": row[k] / totals[k] if not equal(totals[k], 0) else None for k in totals
        }
        rows.append({label: name, "operations": len(parts), **row, **shares})
    head = (Column(label, label.capitalize()), Column("operations", "Operations"))
    tail = tuple(_beside(columns.column(key), "share") for key in totals)
    return _finished(network, head, chosen, rows, tail)


def _finished(
    network: Operations,
    head: tuple[Column, ...],
    chosen: Sequence[Quantity],
    rows: list[dict[str, Any]],
    tail: tuple[Column, ...],
    whole: Mapping[str, str] | None = None,
) -> Table:
    parts = network.parts()
    total = {head[0].key: TOTAL, **{c.key: c.total(parts) for c in chosen}, **(whole or {})}
    rows.append(total)
    return Table((*head, *chosen, *tail), rows, _notes(network, chosen), _left_alone(network))


def _notes(network: Operations, chosen: Sequence[Quantity]) -> tuple[str, ...]:
    return (*(f"{column.note}." for column in chosen), *network.footnotes)


def _node(name: str, path: str, parts: list[tuple[list[str], NetOp, Sequence[Parameter]]]) -> Node:
    params = sum(tensor.count for _, _, own in parts for tensor in own)
    macs = sum(op.macs for _, op, _ in parts)
    below: dict[str, list[tuple[list[str], NetOp, Sequence[Parameter]]]] = {}
    for names, op, own in parts:
        if names:
            below.setdefault(names[0], []).append((names[1:], op, own))
    children = tuple(
        _node(child, f"{path}.{child}" if path else child, inner) for child, inner in below.items()
    )
    return Node(name, path, params, macs, children)
