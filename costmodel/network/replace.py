"""What if: other variants in place of some layers of a network.

A replaced operation keeps its name, its place and its normalisation; its parameters and multiplies
are those of the variant's stages. Layers without trained weights of their own (a kernel that the
forward computes), those that the variant does not fit, and those where it does not pay, are left as
they are and listed with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from costmodel.core.bind import bind
from costmodel.core.hyper import route, together
from costmodel.core.names import check_fields
from costmodel.core.numbers import Number, equal, is_exact
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.network.columns import Quantity, column
from costmodel.network.operation import NetOp, Parameter
from costmodel.network.operations import (
    DOES_NOT_FIT,
    DOES_NOT_PAY,
    NO_WEIGHTS,
    REPLACED,
    AnyOperations,
    Change,
    Replacement,
    recounted,
)
from costmodel.network.selection import Selector, selector


def put(
    network: AnyOperations,
    variant: str | Variant,
    where: Selector = None,
    *,
    pays: bool = True,
    by: str | Iterable[str] = "macs",
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> AnyOperations:
    """Put a variant in place of the selected layers; see `Network.replace`."""
    chosen = VARIANTS.of(variant)
    values = route([chosen], together(hyper, letters))[chosen.id]
    quantities = [column(key, network) for key in ([by] if isinstance(by, str) else by)]
    meant = selector(where, network.macs)
    changes: list[Change] = []
    ops: list[NetOp] = []
    for op in network.ops:
        if meant(op):
            change = _change(op, chosen, values, quantities if pays else [])
            changes.append(change)
            op = change.after or op
        ops.append(op)
    trained = [change for change in changes if change.status != NO_WEIGHTS]
    if trained and all(change.status == DOES_NOT_FIT for change in trained):
        raise VariantError(trained[0].reason)
    if not changes:
        raise CostModelError(
            f"no layer of {network.name} is selected by {where!r}; allowed are the names, kernels "
            f"and kinds of its {len(network.layers)} layers"
        )
    done = Replacement(network, chosen, tuple(values.items()), tuple(changes))
    return replace(network, ops=tuple(ops), replacement=done)


def at(network: AnyOperations, **sizes: Number) -> AnyOperations:
    """A network at other sizes, with the same layers replaced; see `Network.at`."""
    done = network.replacement
    if done is None:
        return recounted(network, sizes)
    again = at(done.before, **sizes)
    names = {change.before.name for change in network.replaced}
    if names:
        values = dict(done.hyper)
        again = put(again, done.variant, lambda op: op.name in names, pays=False, hyper=values)
    return replace(
        network,
        ops=again.ops,
        input_shapes=again.input_shapes,
        rebuild=again.rebuild,
        steps=again.steps,
        replacement=again.replacement,
        guards=again.guards,
    )


def substitute(op: NetOp, variant: Variant, hyper: Mapping[str, Number]) -> NetOp:
    """One operation with a variant in place of its layer; `VariantError` where it does not fit."""
    assert op.layer is not None  # a selection is of layers
    bound = bind(variant, op.layer, hyper)
    sizes = {
        "weight": sum(stage.weights * stage.times for stage in bound.stages),
        "bias": sum(stage.biases for stage in bound.stages),
    }
    kept = tuple(t for t in op.tensors if t.role not in sizes)
    # a tensor that several layers read is still shared where something else stands in its place
    shared = {t.role: (t.id, variant.id) for t in reversed(op.tensors) if t.id is not None}
    own = tuple(
        Parameter(count, role, shared.get(role))
        for role, count in sizes.items()
        if not equal(count, 0)
    )
    return replace(op, bound=bound, parameters=(*own, *kept))


def _change(
    op: NetOp, variant: Variant, values: Mapping[str, Number], by: Iterable[Quantity]
) -> Change:
    """What becomes of one selected layer, where one of the columns `by` has to fall."""
    assert op.layer is not None  # a selection is of layers
    if not op.has_weights:
        return Change(op, None, NO_WEIGHTS, "its kernel is computed in the forward, not trained")
    try:
        check_fields(variant, op.layer, variant.place)
        after = substitute(op, variant, values)
    except CostModelError as error:
        return Change(op, None, DOES_NOT_FIT, str(error))
    reasons = []
    for cost in by:
        old, new = cost.value(op, op.tensors), cost.value(after, after.tensors)
        if old is None or new is None:
            raise CostModelError(
                f"{cost.key} says nothing about layers; allowed are metrics of layers"
            )
        if not (is_exact(old) and is_exact(new) and new >= old):
            return Change(op, after, REPLACED)
        reasons.append(f"{cost.key} {new} instead of {old}")
    if reasons:
        return Change(op, None, DOES_NOT_PAY, ", ".join(reasons))
    return Change(op, after, REPLACED)
