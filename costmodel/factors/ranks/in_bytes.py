"""The best ranks and bits together under a budget of bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.core.bind import bind
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, ceil_div
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError
from costmodel.factors.assembling import Target
from costmodel.factors.balancing import balance
from costmodel.factors.derive import derive
from costmodel.factors.factor_product import FactorProduct
from costmodel.factors.factorize import factorize
from costmodel.factors.factors import Factors
from costmodel.factors.grid import checked_bits
from costmodel.factors.kernels import as_kernel, layer_of
from costmodel.factors.module_weights import module_weight
from costmodel.factors.quantised import SCALE_BYTES, QuantisedFactors, quantised
from costmodel.factors.spectra import Decomposition, decompose
from costmodel.factors.splitting import split
from costmodel.factors.tensor_network import TensorNetwork
from costmodel.typed import named, read_amount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Bytes of a weight that was not rounded, which shares of the dense kernel are about.
_DENSE_BYTES = 4


@dataclass(frozen=True)
class InBytes:
    """What a budget of bytes buys.

    factors: rounded, within the budget. proved: whether no other ranks with any of the bits that
    were asked for have a smaller error, each rank with its best factors rounded to nearest.
    """

    factors: QuantisedFactors
    proved: bool


def best_in_bytes(
    kernel: Any,
    variant: Variant | str,
    at_most: int | str,
    *,
    bits: Iterable[int] = range(2, 9),
    scales: str = "tensor",
    layer: ConvLayer | None = None,
    groups: int = 1,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> InBytes:
    """The ranks and the bits per weight whose error, truncation and rounding together, is least.

    Of two factors every pair is decided: one whose truncation alone leaves more than the best found
    needs no look, since rounded factors have that rank too (Eckart–Young). Of a core with sides the
    ranks with the smallest truncation error within the budget are tried for every number of bits.

    Args:
        kernel: (n, m/groups, *window), of a linear layer (n, m).
        variant: of two factors, or of a core with sides: a `Variant` or an id.
        at_most: bytes, scales included: a number, `20k`, or `10%` of the kernel in single
            precision.
        bits: the numbers of bits to choose from, 1 to 32.
        scales: "tensor" for one scale per stage, "channel" for one per output channel of a stage.
        layer, groups, hyper, letters: as `errors` takes them.

    Raises:
        CostModelError: no factors within the budget, or a budget that cannot be read.
    """
    known, array = VARIANTS.of(variant), as_kernel(kernel)
    place = layer_of(array, known, layer, groups)
    given, choices = together(hyper, letters), sorted({checked_bits(b) for b in bits})
    whole = array.astype(float).reshape(int(place.out_channels), -1, *map(int, place.kernel))
    parts = whole.reshape(int(place.groups), -1, *whole.shape[1:])
    found = decompose(known, place, given, parts)
    limit = _bytes(at_most, whole.size)
    sizes = {b: numpy.broadcast_to(_sizes(found, b, scales), found.squares.shape) for b in choices}
    if not any((size <= limit).any() for size in sizes.values()):
        least = min(int(size.min()) for size in sizes.values())
        raise CostModelError(
            f"{known.id} in {limit:,} bytes; allowed are {least:,} and more for this kernel with "
            f"{', '.join(map(str, choices))} bits"
        )
    if found.optimal and len(found.ranks) <= 1:
        return InBytes(
            _searched(found, given, Target(array, whole), parts, sizes, limit, scales), True
        )
    tried = []
    for b, size in sizes.items():
        if (size <= limit).any():
            ranks = _ranks(found, int(numpy.argmin(numpy.where(size <= limit, found.squares, 2))))
            options: Any = {
                "layer": place,
                "bits": b,
                "scales": scales,
                "hyper": {**given, **ranks},
            }
            tried.append(factorize(array, known, **options))
    best = min(tried, key=lambda factors: factors.error)
    assert isinstance(best, QuantisedFactors)
    return InBytes(best, False)


def _bytes(at_most: int | str, weights: int) -> int:
    amount, share = named("at_most", read_amount, str(at_most))
    whole = Fraction(amount) * (weights * _DENSE_BYTES if share else 1)
    return whole.numerator // whole.denominator


def _sizes(found: Decomposition, bits: int, scales: str) -> Number:
    """Bytes at every rank: each stage's weights packed, and its scales."""
    total: Number = 0
    for stage in found.bound.stages:
        rows = stage.weights // stage.fan_in if scales == "channel" else 1
        total = total + stage.times * (ceil_div(stage.weights * bits, 8) + SCALE_BYTES * rows)
    return total


def _ranks(found: Decomposition, place: int) -> dict[str, int]:
    index = numpy.unravel_index(place, found.squares.shape)
    ranks = found.ranks.items()
    return {name: int(values[i]) for (name, values), i in zip(ranks, index, strict=True)}


def _searched(
    found: Decomposition,
    given: Mapping[str, Number],
    target: Target,
    parts: Array,
    sizes: Mapping[int, Array],
    limit: int,
    scales: str,
) -> QuantisedFactors:
    """The best of all ranks and bits within the limit, the promising ones first."""
    candidates = [
        (float(numpy.sqrt(found.squares.flat[place])), bits, int(place))
        for bits, size in sizes.items()
        for place in numpy.flatnonzero(size <= limit)
    ]
    # what each number of bits can truncate least is a good start, and leaves little to look at
    first = {
        bits: min(c for c in candidates if c[1] == bits) for bits in {c[1] for c in candidates}
    }
    at_rank = _Truncated(found, given, target, parts)
    best: QuantisedFactors | None = None
    for truncation, bits, place in [*first.values(), *sorted(candidates)]:
        if best is not None and truncation >= best.error:
            continue
        rounded = quantised(at_rank(place, truncation), target, bits, scales)
        if best is None or rounded.error < best.error:
            best = rounded
    assert best is not None
    return best


class _Truncated:
    """Factors of two at any rank, cut out of those at full rank."""

    def __init__(
        self, found: Decomposition, given: Mapping[str, Number], target: Target, parts: Array
    ) -> None:
        self.found, self.given, self.target = found, given, target
        highest = derive(self._bound(found.squares.size - 1))
        self.arrays = []
        for part in parts:
            product = FactorProduct.of(highest, highest.terms[0], part)
            one = len(product.factors) == 1
            shapes = [product.extents(labels) for labels in product.factors]
            arrays = [product.best([numpy.zeros(shapes[0])], 0)] if one else split(product)
            shaped = zip(arrays, highest.factors, strict=True)
            self.arrays.append([array.reshape(factor.shape) for array, factor in shaped])

    def _bound(self, place: int) -> Any:
        bound = self.found.bound
        return bind(bound.variant, bound.layer, {**self.given, **_ranks(self.found, place)})

    def __call__(self, place: int, error: float) -> Factors:
        bound = self._bound(place)
        network = derive(bound)
        groups = [self._cut(network, arrays) for arrays in self.arrays]
        weights = tuple(
            module_weight(factor.stage, parts).astype(self.target.given.dtype)
            for factor, parts in zip(network.factors, zip(*groups, strict=True), strict=True)
        )
        method = "truncated singular value decomposition"
        shape = self.target.given.shape
        return Factors(bound, weights, error, method, True, network=network, shape=shape)

    def _cut(self, network: TensorNetwork, arrays: list[Array]) -> list[Array]:
        labels = [own for _, own in network.terms[0].factors]
        shapes = [factor.shape for factor in network.factors]
        cut = [array[tuple(map(slice, s))] for array, s in zip(arrays, shapes, strict=True)]
        bare = [a.reshape(network.extents(own)) for a, own in zip(cut, labels, strict=True)]
        return [a.reshape(s) for a, s in zip(balance(bare, labels), shapes, strict=True)]
