"""What a network's table can show: one entry per column, for an operation and in all.

A column is the parameters of a role, the work of a kind, or any metric of the registry; metrics of
layers (activations, traffic, …) exist only where there is a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number, largest
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError, unknown
from costmodel.metrics.lifetimes import AlongSteps, Step
from costmodel.metrics.metric import METRICS, Metric, TensorRule
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.network.kinds import KINDS
from costmodel.network.operation import FREE, ROLE_BITS, ROLE_MEANINGS, ROLES, NetOp, Parameter
from costmodel.network.operations import Operations, Part
from costmodel.table import Column


@dataclass(frozen=True, kw_only=True)
class Quantity(Column):
    """One quantity of a network, as a column.

    value: of one operation, given the tensors that count for it; None where the column says nothing
    about it. total: of all operations of a network.
    """

    value: Callable[[NetOp, Sequence[Parameter]], Number | None] = field(compare=False)
    total: Callable[[Sequence[Part]], Number | None] = field(compare=False)


def column(key: str, network: Operations | None = None) -> Quantity:
    """A column by name; `CostModelError` with the valid ones for a name that is not known.

    network: whose operations it is for, and whose settings are the column's; without, it has the
            values of layers on their own.
    """
    if key == "params":
        return _added(key, "Parameters", "trained numbers, shared tensors once", _params)
    if key in ROLES.values():
        return _role(next(role for role, name in ROLES.items() if name == key))
    if key == "macs":
        return _added(
            key,
            "MACs",
            "multiply–accumulates of convolutions, linear layers and matrix products, products "
            "with padding zeros included; a bias costs none",
            _macs,
        )
    if key in KINDS.columns:
        return _work(key)
    if key in METRICS:
        metric, settings = METRICS[key], DEFAULTS if network is None else network.settings
        if metric.tensor is not None:
            return _kept(metric, metric.tensor, settings)
        if metric.along is not None and network is not None:
            return _along(metric, metric.along, network)
        return _metric(metric, settings)
    raise CostModelError(unknown("metric of a network", key, names()))


def names() -> list[str]:
    """Every column that a network can show."""
    own = ["params", "macs", *ROLES.values(), *KINDS.columns]
    return [*own, *(key for key in METRICS if key not in own)]


def default() -> list[str]:
    """The columns that are shown unless others are asked for."""
    return ["params", "macs", *ROLES.values()]


def of_layers(keys: Iterable[str]) -> list[str]:
    """Those of some columns that say something about a layer, and in which a variant may pay."""
    return [key for key in keys if key not in KINDS.columns]


def total(network: Operations, key: str) -> Number | None:
    """One quantity of a whole network; None where no operation of it has that column."""
    return column(key, network).total(network.parts())


def _added(
    key: str,
    label: str,
    convention: str,
    value: Callable[[NetOp, Sequence[Parameter]], Number | None],
    unit: str = "",
) -> Quantity:
    def added(parts: Iterable[Part]) -> Number:
        values = (value(op, own) for op, own in parts)
        return sum(v for v in values if v is not None)

    return Quantity(key, label, unit, convention, value=value, total=added)


def _params(op: NetOp, own: Sequence[Parameter]) -> Number:
    return sum(tensor.count for tensor in own)


def _macs(op: NetOp, own: Sequence[Parameter]) -> Number | None:
    if op.column == "macs":
        return op.macs
    return 0 if op.status == FREE or op.column else None


def _role(role: str) -> Quantity:
    def value(op: NetOp, own: Sequence[Parameter]) -> Number:
        return sum(tensor.count for tensor in own if tensor.role == role)

    label = ROLES[role].removesuffix("_params").capitalize()
    return _added(ROLES[role], label, ROLE_MEANINGS[role], value)


def _work(key: str) -> Quantity:
    kinds = [kind for kind in KINDS.values() if kind.column == key]

    def value(op: NetOp, own: Sequence[Parameter]) -> Number | None:
        return op.work * op.times if op.column == key else None

    def added(parts: Iterable[Part]) -> Number | None:
        values = [v for v in (value(op, own) for op, own in parts) if v is not None]
        return sum(values) if values else None  # a list of layers is silent about the rest

    label = f"{key.removesuffix('_ops').capitalize()} work"
    return Quantity(key, label, "", kinds[0].convention, value=value, total=added)


def _kept(metric: Metric, tensor: TensorRule, settings: Settings) -> Quantity:
    """A column of what is kept of each tensor, of every kind; a variant says its own."""

    def value(op: NetOp, own: Sequence[Parameter]) -> Number:
        amounts: dict[str, Number] = {}
        if op.bound is not None:
            bare = tuple(replace(stage, biases=0) for stage in op.bound.stages)
            amounts["weight"] = metric.of(replace(op.bound, stages=bare), settings)
            amounts["bias"] = metric.of(op.bound, settings) - amounts["weight"]
        return sum(
            amounts[t.role]
            if t.role in amounts
            else tensor(t.count, getattr(settings, ROLE_BITS[t.role]))
            for t in own
        )

    convention = f"{metric.stated(settings)}; of every kind of trained tensor, shared ones once, "
    convention += "norms as biases and embeddings as weights"
    return _added(metric.key, metric.label, convention, value, metric.unit)


def _metric(metric: Metric, settings: Settings) -> Quantity:
    def layers(op: NetOp) -> list[tuple[BoundVariant, Number]]:
        if op.bound is not None:
            return [(op.bound, op.times)]
        return [(bind(VARIANTS.baseline, op.layer), op.times)] if op.layer is not None else []

    def value(op: NetOp, own: Sequence[Parameter]) -> Number | None:
        own_layers = layers(op)
        return metric.over(own_layers, settings) if own_layers else None

    def everything(parts: Sequence[Part]) -> Number | None:
        return metric.over([layer for op, _ in parts for layer in layers(op)], settings)

    convention = f"{metric.stated(settings)}; of layers only"
    return Quantity(
        metric.key, metric.label, metric.unit, convention, value=value, total=everything
    )


def _along(metric: Metric, along: AlongSteps, network: Operations) -> Quantity:
    """A column of a metric that follows from what the network's operations read and write."""
    steps = network.steps()

    @cache
    def during() -> Mapping[str, Number]:
        return _by_operation(along, network, steps) if steps is not None else {}

    def value(op: NetOp, own: Sequence[Parameter]) -> Number | None:
        return during().get(op.name)

    def peak(parts: Iterable[Part]) -> Number | None:
        values = [during()[op.name] for op, _ in parts if op.name in during()]
        return largest(*values) if values else None

    convention = replace(metric, convention=along.convention).stated(network.settings)
    if steps is None:
        convention += f"; empty: the source of {network.name} does not say which tensors are kept"
    return Quantity(metric.key, metric.label, metric.unit, convention, value=value, total=peak)


def _by_operation(
    along: AlongSteps, network: Operations, steps: Sequence[Step]
) -> dict[str, Number]:
    """The largest value during the steps of each operation."""
    bounds = [network.ops[step.ops[0]].bound if step.ops else None for step in steps]
    values: dict[str, Number] = {}
    places: tuple[int, ...] = (0,)
    for step, value in zip(steps, along.rule(steps, bounds, network.settings), strict=True):
        places = step.ops or places
        for place in places:
            name = network.ops[place].name
            values[name] = largest(values[name], value) if name in values else value
    return values
