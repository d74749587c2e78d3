"""Above which size of a bond factors can come no nearer to any kernel."""

from __future__ import annotations

from collections.abc import Mapping

from costmodel.core.bound import BoundVariant
from costmodel.errors import VariantError
from costmodel.factors.tensor_network import TensorNetwork


def full_ranks(network: TensorNetwork) -> Mapping[str, int]:
    """By axis name, the most that a bond of a product needs.

    A bond that is cut leaves parts. With as many terms as all parts but one have entries the
    product is every kernel that it can be at all. An axis of the kernel that two of the parts carry
    is one of a batch, and does not count.
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
        if len(parts) < 2:
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


def check_ranks(bound: BoundVariant, network: TensorNetwork) -> None:
    """Refuse a hyper-parameter that is a bond's size and above its full rank."""
    for name, rank in full_ranks(network).items():
        if name in bound.hyper and bound.hyper[name] > rank:
            raise VariantError(
                f"{bound.variant.id}: {name} is {bound.hyper[name]}, above full rank; allowed are "
                f"1 to {rank}, which express every kernel of this shape that the variant can"
            )
