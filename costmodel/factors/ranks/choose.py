"""choose_rank(): ranks from an error, a spectrum or a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import InputError, VariantError, unknown
from costmodel.factors.errors import RankErrors, errors
from costmodel.factors.ranks.evbmf import evbmf_rank
from costmodel.factors.ranks.gap import gap_rank
from costmodel.factors.ranks.hard_threshold import hard_threshold_rank
from costmodel.metrics.metric import METRICS
from costmodel.table import Column, Table
from costmodel.typed import named, read_amount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Selectors that look at one spectrum, and what a spectrum is.
SPECTRAL: dict[str, Callable[[Array, int, int], int]] = {
    "gap": gap_rank,
    "evbmf": evbmf_rank,
    "gavish_donoho": hard_threshold_rank,
}
_ROUNDING = 1e-14  # of an energy
#: What is said to a selector that needs a value.
TARGETS = ("energy", "error")
#: What a side-by-side shows unless told otherwise.
USUAL = ("energy=0.95", "error=0.1", *SPECTRAL, "macs=50%")


def choose_rank(
    kernel: Any,
    variant: Variant | str,
    method: str,
    *,
    layer: ConvLayer | None = None,
    groups: int = 1,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> dict[str, int]:
    """The ranks of a variant that suit a kernel, by letter.

    Args:
        kernel: (n, m/groups, *window), of a linear layer (n, m).
        variant: of two factors, or of a core with sides: a `Variant` or an id.
        method: `energy=0.95` or `error=0.1`, the cheapest ranks that keep so much of the squared
            norm, or leave no larger relative error; `macs=30%` or another metric, the least error
            at no more than this share of the dense layer or this amount (`params=10k`); `gap`,
            before the largest quotient of neighbouring singular values; `evbmf`, variational Bayes;
            `gavish_donoho`, the optimal hard threshold. The last three look at each rank's
            unfolding alone; where it is one of a batch, at that with the largest rank.
        layer, groups: as `errors` takes them; a budget of multiplies depends on the grid.
        hyper, letters: hyper-parameters that have one value.

    Returns:
        The ranks, to be given to `factorize` and `count`; each at least 1.

    Raises:
        InputError: no such method, or an amount that cannot be read.
        VariantError: no ranks reach the target, or what `errors` refuses.

    >>> import numpy
    >>> kernel = numpy.random.default_rng(0).standard_normal((8, 6, 3, 3))
    >>> choose_rank(kernel, "channel_svd", "params=50%")
    {'r': 3}
    """
    found = errors(kernel, variant, layer=layer, groups=groups, hyper=hyper, **letters)
    return chosen(found, method)


def rank_choices(
    kernel: Any,
    variant: Variant | str,
    methods: Sequence[str] = USUAL,
    *,
    layer: ConvLayer | None = None,
    groups: int = 1,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Table:
    """What several methods choose for the same kernel, side by side, from one decomposition.

    Returns a row per method: the ranks, their error and their cost; a method that finds no ranks is
    skipped, with its reason. The arguments are those of `choose_rank`.
    """
    found = errors(kernel, variant, layer=layer, groups=groups, hyper=hyper, **letters)
    rows, skipped = [], []
    for method in methods:
        try:
            ranks = chosen(found, method)
        except VariantError as error:
            skipped.append((method, str(error)))
        else:
            rows.append({"method": method, **found.row_at(ranks)})
    columns = (Column("method", "Method", "", "how the ranks were chosen"), *found.columns)
    return Table(columns, rows, found.notes, tuple(skipped))


def chosen(found: RankErrors, method: str) -> dict[str, int]:
    """What a method chooses from the errors of all ranks."""
    name, equals, text = method.partition("=")
    if not equals:
        if name not in SPECTRAL:
            raise InputError(unknown("method", method, [*(f"{t}=" for t in TARGETS), *SPECTRAL]))
        return _by_spectrum(found, SPECTRAL[name])
    if name not in (*TARGETS, *METRICS):
        raise InputError(unknown("method", name, [*TARGETS, *METRICS]))
    amount, share = named(name, read_amount, text)
    if name in TARGETS:
        if not 0 <= amount <= 1:
            raise InputError(f"{method!r}: allowed are shares from 0 to 1")
        square = 1 - float(amount) if name == "energy" else float(amount) ** 2
        reached = found.decomposition.squares <= square + _ROUNDING
        costs = [found.arrays[metric.key] for metric in found.metrics]
        return _least(found, reached, costs, method)
    cost = found.cost(name)
    if share:
        bound = found.decomposition.bound
        amount = amount * count(VARIANTS.baseline, bound.layer)[name]
    whole = METRICS[name].whole  # of integers, the whole part of an amount is all that matters
    limit = amount.numerator // amount.denominator if whole else amount
    reached = numpy.asarray(cost <= limit)
    order = [found.decomposition.squares, *(found.arrays[m.key] for m in found.metrics)]
    return _least(found, reached, order, method)


def _least(
    found: RankErrors, reached: Array, order: Sequence[Array], method: str
) -> dict[str, int]:
    """The ranks among those reached that come first by some arrays."""
    shape = found.decomposition.squares.shape
    places = numpy.flatnonzero(numpy.broadcast_to(reached, shape))
    if not len(places):
        raise VariantError(
            f"{found.decomposition.bound.variant.id}: no ranks meet {method}; the least error is "
            f"{found.arrays['error'].min():.4g}, the least cost that of rank 1"
        )
    keys = [numpy.broadcast_to(array, shape).ravel()[places] for array in order]
    best = places[numpy.lexsort(keys[::-1])[0]]
    index = numpy.unravel_index(best, shape)
    ranks = found.decomposition.ranks.items()
    return {name: int(values[i]) for (name, values), i in zip(ranks, index, strict=True)}


def _by_spectrum(found: RankErrors, rule: Callable[[Array, int, int], int]) -> dict[str, int]:
    decomposition = found.decomposition
    ranks = {}
    for letter, values in decomposition.ranks.items():
        spectrum = next((s for s in decomposition.spectra if letter in s.letters), None)
        kept = 1
        if spectrum is not None:
            found_ranks = (rule(v, spectrum.rows, spectrum.columns) for v in spectrum.values)
            kept = max(found_ranks, default=1)
        enough = values[values >= kept]
        ranks[letter] = int(enough[0] if len(enough) else values[-1])
    return ranks
