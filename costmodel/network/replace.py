"""What if: other variants in place of some layers of a network.

A replaced operation keeps its name, its place and its normalisation; its parameters and multiplies
are those of the variant's stages. Layers that the variant does not fit, and those where it does not
pay, are left as they are and listed with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from costmodel.core.bind import bind
from costmodel.core.numbers import Number, is_exact
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError, unknown
from costmodel.network.network import Network, Rebuild, Shapes, unique_names
from costmodel.network.operation import NetOp, Parameter, summed
from costmodel.network.selection import Selector, selector

if TYPE_CHECKING:
    from costmodel.table import Table

REPLACED = "replaced"
DOES_NOT_FIT = "does not fit"
DOES_NOT_PAY = "does not pay"
UNTOUCHED = ""


@dataclass(frozen=True)
class Change:
    """What became of one selected layer.

    before, after: the operation; after is None where it was left alone, `status` and `reason` say
    why.
    """

    before: NetOp
    after: NetOp | None
    status: str
    reason: str = ""


@dataclass(frozen=True, repr=False)
class Replaced(Network):
    """A network after a replacement, which remembers what was done.

    before: the network as it was. variant: what was put in. hyper: the values of its
    hyper-parameters as they were given. changes: one per selected layer, in order.
    """

    before: Network | None = None
    variant: Variant = VARIANTS.baseline
    hyper: tuple[tuple[str, Number], ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def replaced(self) -> tuple[Change, ...]:
        """The layers that were replaced."""
        return tuple(c for c in self.changes if c.status == REPLACED)

    @property
    def left_alone(self) -> tuple[Change, ...]:
        """The selected layers that were left as they are, with reasons."""
        return tuple(c for c in self.changes if c.status != REPLACED)

    def at(self, **sizes: Number) -> Replaced:
        """The same layers replaced in the network at other sizes."""
        assert self.before is not None
        names = {change.before.name for change in self.replaced}
        other = self.before.at(**sizes)
        return put(other, self.variant, lambda op: op.name in names, pays=False, **dict(self.hyper))

    def to_changes(self) -> Table:
        """One row per selected layer with both costs and their difference, and the totals."""
        from costmodel.network.views import changes

        return changes(self, self.changes)

    def to_table(
        self, metrics: Iterable[str] | str | None = None, everything: bool = False
    ) -> Table:
        """Every layer with what became of it; with `metrics`, the plain table of counts."""
        from costmodel.network.views import changes

        if metrics is not None:
            return super().to_table(metrics, everything)
        done = {change.before.name: change for change in self.changes}
        rest = (Change(op, None, UNTOUCHED) for op in self.ops)
        return changes(self, [done.get(change.before.name, change) for change in rest])


def put(
    network: Network,
    variant: str | Variant,
    where: Selector | Mapping[str, Any] = None,
    *,
    pays: bool = True,
    by: str = "macs",
    **hyper: Number,
) -> Replaced:
    """Put a variant in place of the selected layers; see `Network.replace`."""
    chosen = VARIANTS[variant] if isinstance(variant, str) else variant
    values = _values(chosen, hyper)
    meant = selector(dict(where) if isinstance(where, Mapping) else where, network.macs)
    changes: list[Change] = []
    ops: list[NetOp] = []
    for op in network.ops:
        if meant(op):
            change = _change(op, chosen, values, pays, by)
            changes.append(change)
            op = change.after or op
        ops.append(op)
    if changes and all(change.status == DOES_NOT_FIT for change in changes):
        raise VariantError(changes[0].reason)
    if not changes:
        raise CostModelError(
            f"no layer of {network.name} is selected by {where!r}; allowed are the names, kernels "
            f"and kinds of its {len(network.layers)} layers"
        )
    done = {c.before.name for c in changes if c.after is not None}
    return Replaced(
        network.name,
        tuple(ops),
        network.source,
        network.input_shapes,
        network.notes,
        partial(_rebuilt, network, done, chosen, values),
        before=network,
        variant=chosen,
        hyper=tuple(values.items()),
        changes=tuple(changes),
    )


def substitute(op: NetOp, variant: Variant, **hyper: Number) -> NetOp:
    """One operation with a variant in place of its layer; `VariantError` where it does not fit."""
    if op.layer is None or not any(t.role == "weight" for t in op.tensors):
        raise VariantError(
            f"{op.name} has no weights of its own; allowed are layers with trained weights"
        )
    bound = bind(variant, op.layer, **hyper)
    sizes = {
        "weight": summed(stage.weights * stage.times for stage in bound.stages),
        "bias": summed(stage.biases for stage in bound.stages),
    }
    kept = tuple(t for t in op.tensors if t.role not in sizes)
    # a layer that runs twice still shares what replaces it
    shared = next((t.id for t in op.tensors if t.role == "weight"), None)
    own = tuple(
        Parameter(count, role, None if shared is None else (shared, variant.id, role))
        for role, count in sizes.items()
        if not (is_exact(count) and count == 0)
    )
    return replace(op, bound=bound, parameters=(*own, *kept))


def _values(variant: Variant, hyper: Mapping[str, Number]) -> dict[str, Number]:
    """`b=4` and `basis.b=4` alike; `VariantError` for letters that the variant does not have."""
    values: dict[str, Number] = {}
    for name, value in hyper.items():
        letter = name.removeprefix(f"{variant.id}.")
        if letter not in variant.hyper:
            raise VariantError(unknown(f"hyper-parameter of {variant.id}", letter, variant.hyper))
        values[letter] = value
    return values


def _change(
    op: NetOp, variant: Variant, values: Mapping[str, Number], pays: bool, by: str
) -> Change:
    try:
        after = substitute(op, variant, **values)
    except CostModelError as error:
        return Change(op, None, DOES_NOT_FIT, str(error))
    if pays:
        old, new = _cost(op, by), _cost(after, by)
        if is_exact(old) and is_exact(new) and new >= old:
            return Change(op, None, DOES_NOT_PAY, f"{by} {new} instead of {old}")
    return Change(op, after, REPLACED)


def _cost(op: NetOp, by: str) -> Number:
    from costmodel.network.columns import column

    return column(by).value(op, op.tensors)


def _rebuilt(
    network: Network, names: set[str], variant: Variant, values: Mapping[str, Number]
) -> Rebuild | None:
    """The hook of the replaced network: rebuild, then replace the same layers again."""
    hook = network.hook
    if hook is None:
        return None
    inner = hook.build

    def build(sizes: Mapping[str, Number]) -> tuple[Sequence[NetOp], Shapes]:
        ops, shapes = inner(sizes)
        named = unique_names(ops)
        return [
            substitute(op, variant, **values) if op.name in names else op for op in named
        ], shapes

    return replace(hook, build=build)
