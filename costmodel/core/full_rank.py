"""Full rank of a bound variant: of each of its ranks, and which values are above it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from costmodel.core.bound import BoundVariant
from costmodel.core.names import Names
from costmodel.core.numbers import Number, is_exact
from costmodel.core.ranks import Rank, ranks
from costmodel.errors import FullRankWarning, VariantError, unknown


def full_ranks(bound: BoundVariant | Names) -> dict[str, Number]:
    """The full rank of every hyper-parameter that is a rank, beside the other values as they are.

    The names of a variant on a layer are enough: they can be arrays with cells that do not fit.

    >>> from costmodel import ConvLayer, count
    >>> full_ranks(count("tucker2", ConvLayer(3, 3, 64, (224, 224)), r1=2).bound)
    {'r1': 3, 'r2': 18}
    """
    found = ranks(bound.variant, bound.layer.dims)
    return {letter: _full(bound, rank) for letter, rank in found.items()}


def _full(bound: BoundVariant | Names, rank: Rank) -> Number:
    return rank.full(bound.sizes, lambda expr: expr.evaluate(bound.env))


def full_rank_of(bound: BoundVariant, letter: str) -> Number:
    """The full rank of one letter; `VariantError` where it is none of the ranks."""
    variant = bound.variant
    if letter not in variant.hyper:
        raise VariantError(unknown(f"hyper-parameter of {variant.id}", letter, variant.hyper))
    found = full_ranks(bound)
    if letter not in found:
        raise VariantError(
            f"{variant.id}: {letter} is no rank, so it has no full rank; allowed are "
            f"{', '.join(found) or 'letters that are the size of a bond between two stages alone'}"
        )
    return found[letter]


def above_full_rank(bound: BoundVariant) -> tuple[str, ...]:
    """A sentence for every rank that is larger than its full rank, where both are numbers."""
    return tuple(
        f"{bound.variant.id}: {letter} = {value} is above full rank {full}: a larger rank costs "
        "more and expresses nothing more"
        for letter, rank in ranks(bound.variant, bound.layer.dims).items()
        # of a value in letters nothing is worked out: in letters full rank takes long
        if is_exact(value := bound.hyper[letter])
        and is_exact(full := _full(bound, rank))
        and value > full
    )


def warn_above_full_rank(
    bound: BoundVariant, given: Mapping[str, Number], stacklevel: int = 2
) -> None:
    """A `FullRankWarning` for each such rank, as from `stacklevel` calls up; none unless `given`.

    Without a value given, all are defaults, which never exceed full rank.
    """
    for sentence in above_full_rank(bound) if given else ():
        warnings.warn(sentence, FullRankWarning, stacklevel=stacklevel + 1)
