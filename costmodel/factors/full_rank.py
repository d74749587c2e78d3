"""Which ranks a trained kernel can have: up to full rank, whatever the other ranks are."""

from __future__ import annotations

from collections.abc import Collection

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.full_rank import full_ranks
from costmodel.errors import VariantError


def rank_limits(bound: BoundVariant, given: Collection[str] = ()) -> dict[str, int]:
    """The full rank of every rank beside the others at theirs; those given keep their value.

    A smaller rank beside it would bound some ranks further, but which values it has is what the
    limits are asked for.
    """
    free = [letter for letter in full_ranks(bound) if letter not in given]
    layer = bound.layer
    enough = int(bound.env["m"] * bound.env["n"] * bound.env["taps"])  # no unfolding has more
    highest = bind(bound.variant, layer, {**bound.hyper, **dict.fromkeys(free, enough)})
    return {letter: int(rank) for letter, rank in full_ranks(highest).items() if letter in free}


def check_ranks(bound: BoundVariant) -> None:
    """Refuse a rank above full rank."""
    for name, rank in rank_limits(bound).items():
        if bound.hyper[name] > rank:
            raise VariantError(
                f"{bound.variant.id}: {name} is {bound.hyper[name]}, above full rank; allowed are "
                f"1 to {rank}, which express every kernel of this shape that the variant can"
            )
