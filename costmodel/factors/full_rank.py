"""Above which size of a bond factors can come no nearer to any kernel."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import VariantError
from costmodel.factors.derive import derive
from costmodel.factors.tensor_network import TensorNetwork


def full_ranks(network: TensorNetwork) -> Mapping[str, int]:
    """By axis name, the most that a bond of a product needs.

    A bond that is cut leaves parts. With as many terms as all parts but one have entries the
    product is every kernel that it can be at all. An axis of the kernel that two of the parts carry
    is one of a batch, and does not count. A bond that several factors of one part carry has none.
    """
    if len(network.terms) != 1:
        return {}
    (term,) = network.terms
    factors = [set(labels) for _, labels in term.factors]
    hidden = {n for labels in factors for n in labels} - set(term.open)
    bonds: dict[str, set[int]] = {}
    for label in hidden:
        bonds.setdefault(network.names[label], set()).add(label)
    found = {}
    for name, bond in bonds.items():
        parts = [part for part in _parts(factors, bond, set(term.open)) if part & bond]
        # terms can be put together only where each part has the bond in one factor: not those of a
        # block-diagonal core, say, whose groups another factor tells apart as well
        held = (sum(n in labels for labels in factors) for n in bond)
        if len(parts) < 2 or any(count != len(parts) for count in held):
            continue
        own = [
            {n for n in part if n in term.open}
            - {n for other in parts if other is not part for n in other}
            for part in parts
        ]
        sizes = [network.size(labels) for labels in own]
        whole = network.size(n for labels in own for n in labels)
        found[name] = min(whole // size for size in sizes)
    return found


def _parts(factors: list[set[int]], cut: set[int], batch: set[int]) -> list[set[int]]:
    """The labels of factors that hang together by other bonds than the one cut."""
    parts: list[set[int]] = []
    for labels in factors:
        joined, apart = set(labels), []
        for part in parts:
            if (part & labels) - cut - batch:
                joined |= part
            else:
                apart.append(part)
        parts = [*apart, joined]
    return parts


def rank_letters(bound: BoundVariant, given: Collection[str] = ()) -> dict[str, int]:
    """The letters of a variant that are the size of a bond, with their full ranks.

    given: letters to leave out. A letter that other sizes are worked out from is none. A bond of
    size 1 is no axis at all, so every one is looked at with two.
    """
    variant, layer, usual = bound.variant, bound.layer, dict(bound.hyper)
    used = {name for expr in variant.derived.values() for name in expr.names()}
    bonds: dict[str, int] = {}
    for name, value in usual.items():
        if isinstance(value, int) and name not in used:
            raised = {name: max(2, value)}
            if name in _ranks_at(variant, layer, {**usual, **raised}):
                bonds.update(raised)
    found = _ranks_at(variant, layer, {**usual, **bonds})
    return {name: found[name] for name in bonds if name in found and name not in given}


def _ranks_at(
    variant: Variant, layer: ConvLayer, values: Mapping[str, Number]
) -> Mapping[str, int]:
    try:
        return full_ranks(derive(bind(variant, layer, values)))
    except VariantError:  # two are too many for this layer, or do not divide
        return {}


def check_ranks(bound: BoundVariant) -> None:
    """Refuse a hyper-parameter that is a bond's size and above its full rank."""
    for name, rank in rank_letters(bound).items():
        if bound.hyper[name] > rank:
            raise VariantError(
                f"{bound.variant.id}: {name} is {bound.hyper[name]}, above full rank; allowed are "
                f"1 to {rank}, which express every kernel of this shape that the variant can"
            )
