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
from costmodel.core.bound import BoundVariant
from costmodel.core.full_rank import above_full_rank
from costmodel.core.hyper import route, together
from costmodel.core.names import check_fields
from costmodel.core.numbers import Number, equal, is_exact
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, VariantError
from costmodel.network.change import (
    DOES_NOT_FIT,
    DOES_NOT_PAY,
    NO_WEIGHTS,
    REPLACED,
    Change,
    Choice,
)
from costmodel.network.columns import Quantity, column
from costmodel.network.operation import NetOp, Parameter
from costmodel.network.operations import AnyOperations, Operations, Replacement, recounted
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
    choice = Choice.of(chosen, route([chosen], together(hyper, letters))[chosen.id])
    quantities = [column(key, network) for key in ([by] if isinstance(by, str) else by)]
    meant = selector(where, network.macs)
    changes = [_change(op, choice, quantities if pays else []) for op in network.ops if meant(op)]
    trained = [change for change in changes if change.status != NO_WEIGHTS]
    if trained and all(change.status == DOES_NOT_FIT for change in trained):
        raise VariantError(trained[0].reason)
    if not changes:
        raise CostModelError(
            f"no layer of {network.name} is selected by {where!r}; allowed are the names, kernels "
            f"and kinds of its {len(network.layers)} layers"
        )
    return _with_changes(network, changes)


def fits(network: Operations, variant: str | Variant, where: Selector = None) -> bool:
    """Whether a variant, with its own values, fits one of the selected layers.

    Raises:
        CostModelError: a selection that means nothing.
    """
    choice = Choice.of(VARIANTS.of(variant), {})
    meant = selector(where, network.macs)
    # layers that differ in nothing but their name are asked once
    alike = {op.layer: op for op in network.ops if meant(op) and op.has_weights}
    return any(tried(op, choice).after is not None for op in alike.values())


def tried(op: NetOp, choice: Choice) -> Change:
    """What would become of one layer, whatever it costs."""
    return _change(op, choice, ())


def put_each(network: AnyOperations, choices: Mapping[str, Choice]) -> AnyOperations:
    """Put a choice in place of each layer named, whatever it costs.

    Raises:
        VariantError: a choice that does not fit its layer.
        CostModelError: a name that no operation of the network has, or one that is no layer with
            trained weights of its own.
    """
    changes = []
    for name, choice in choices.items():
        op = network[name]
        if op.layer is None:
            raise CostModelError(
                f"{name} of {network.name} is of kind {op.kind!r}; allowed are convolutions and "
                "linear layers"
            )
        change = _change(op, choice, ())
        if change.after is None:
            raise VariantError(change.said)
        changes.append(change)
    return _with_changes(network, changes)


def at(network: AnyOperations, **sizes: Number) -> AnyOperations:
    """A network at other sizes, with the same layers replaced; see `Network.at`."""
    done = network.replacement
    if done is None:
        return recounted(network, sizes)
    again = recounted(done.before, sizes)
    now = [replace(change, before=again[change.before.name]) for change in done.changes]
    now = [_change(c.before, c.choice, ()) if c.after is not None else c for c in now]
    again = _with_changes(again, now)
    return replace(
        network,
        ops=again.ops,
        input_shapes=again.input_shapes,
        rebuild=again.rebuild,
        steps=again.steps,
        replacement=again.replacement,
        guards=again.guards,
    )


def _with_changes(network: AnyOperations, changes: Iterable[Change]) -> AnyOperations:
    """The network after some changes, which come on top of those that it has.

    What stands in a layer's place stays where a later choice was not put there.
    """
    listed = {change.before.name: change for change in network.changes}
    for change in changes:
        earlier = listed.get(change.before.name)
        if earlier is None:
            listed[change.before.name] = change
        elif change.after is not None or earlier.after is None:
            listed[change.before.name] = replace(change, before=earlier.before)
    in_order = [listed[op.name] for op in network.ops if op.name in listed]
    after = {change.before.name: change.after for change in in_order}
    before = network if network.replacement is None else network.replacement.before
    return replace(
        network,
        ops=tuple(after.get(op.name) or op for op in network.ops),
        replacement=Replacement(before, tuple(in_order)),
    )


def above_full_rank_in(network: AnyOperations) -> str:
    """One sentence for all layers in which a value that was given is above full rank, or ""."""
    above = [
        (change.before.name, said)
        for change in network.changes
        if change.choice.hyper and change.after is not None and change.after.bound is not None
        for said in above_full_rank(change.after.bound)[:1]
    ]
    if not above:
        return ""
    name, said = above[0]
    more = f" and {len(above) - 1} more" if len(above) > 1 else ""
    return f"{said} (in {name}{more})"


def substitute(op: NetOp, bound: BoundVariant) -> NetOp:
    """One operation with a variant in place of its layer."""
    sizes = {
        "weight": sum(stage.weights * stage.times for stage in bound.stages),
        "bias": sum(stage.biases for stage in bound.stages),
    }
    kept = tuple(t for t in op.tensors if t.role not in sizes)
    # a tensor that several layers read is still shared where something else stands in its place
    shared = {t.role: (t.id, bound.variant.id) for t in reversed(op.tensors) if t.id is not None}
    own = tuple(
        Parameter(count, role, shared.get(role))
        for role, count in sizes.items()
        if not equal(count, 0)
    )
    return replace(op, bound=bound, parameters=(*own, *kept))


def _change(op: NetOp, choice: Choice, by: Iterable[Quantity]) -> Change:
    """What becomes of one selected layer, where one of the columns `by` has to fall."""
    assert op.layer is not None  # a selection is of layers
    if not op.has_weights:
        reason = "its kernel is computed in the forward, not trained"
        return Change(op, None, choice, NO_WEIGHTS, reason)
    try:
        check_fields(choice.variant, op.layer, choice.variant.place)
        after = substitute(op, bind(choice.variant, op.layer, dict(choice.hyper)))
    except CostModelError as error:
        return Change(op, None, choice, DOES_NOT_FIT, str(error))
    reasons = []
    for cost in by:
        old, new = cost.value(op, op.tensors), cost.value(after, after.tensors)
        if old is None or new is None:
            raise CostModelError(
                f"{cost.key} says nothing about layers; allowed are metrics of layers"
            )
        if not (is_exact(old) and is_exact(new) and new >= old):
            return Change(op, after, choice, REPLACED)
        reasons.append(f"{cost.key} {new} instead of {old}")
    if reasons:
        return Change(op, None, choice, DOES_NOT_PAY, ", ".join(reasons))
    return Change(op, after, choice, REPLACED)
