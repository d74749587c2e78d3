"""All ranks from one decomposition: what every size of the bonds leaves of a kernel.

Two factors: the squared singular values of the unfolding that their bond cuts, summed from the
largest down (Eckart–Young). A core with sides: the squared core of the higher-order singular value
decomposition (De Lathauwer, De Moor, Vandewalle, SIAM J. Matrix Anal. Appl. 21(4), 2000), summed
along every bond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import VariantError
from costmodel.factors.derive import derive
from costmodel.factors.factor_product import FactorProduct
from costmodel.factors.full_rank import check_ranks, rank_limits
from costmodel.factors.splitting import rotated, unfolded
from costmodel.factors.tensor_network import TensorNetwork, einsum
from costmodel.factors.tucker import core_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Spectrum:
    """The singular values of the unfolding that the bonds of one factor cut.

    letters: the ranks that are the bonds' sizes. values: (matrices, count), falling; a matrix for
    each group of the layer, and for each index of an axis that all factors carry. rows, columns: of
    each matrix.
    """

    letters: tuple[str, ...]
    values: Array
    rows: int
    columns: int


@dataclass(frozen=True)
class Decomposition:
    """What is left at every rank.

    bound: the variant at all ranks at once. ranks: the values of every letter. squares: the squared
    relative error, with an axis for every letter. spectra: of the unfoldings. optimal: whether no
    other factors of these ranks have a smaller error.
    """

    bound: BoundVariant
    ranks: Mapping[str, Array]
    squares: Array
    spectra: tuple[Spectrum, ...]
    optimal: bool


def decompose(
    variant: Variant, layer: ConvLayer, given: Mapping[str, Number], kernel: Array
) -> Decomposition:
    """One decomposition of a kernel for all ranks of a variant.

    Args:
        variant: of two factors, or of a core with sides.
        layer: that the kernel belongs to.
        given: hyper-parameters that have one value.
        kernel: (groups, n, m, *window), float64.

    Raises:
        VariantError: no one decomposition gives the errors of all its ranks.
    """
    usual = bind(variant, layer, given)
    network = derive(usual)  # what is no convolution says so first
    full = rank_limits(usual, given)
    highest = bind(variant, layer, {**given, **full})
    check_ranks(highest)
    network = derive(highest)
    if len(network.terms) > 1:
        _refuse(variant)
    ranks = {name: _allowed(variant, layer, {**given, **full}, name) for name in full}
    grid = dict(zip(ranks, numpy.ix_(*ranks.values()), strict=True))
    bound = bind(variant, layer, {**given, **grid})
    kept: list[Array] = []
    spectra: list[list[Spectrum]] = []
    optimal = True
    for part in kernel:
        product = FactorProduct.of(network, network.terms[0], part)
        core = None if product.constants else core_of(product)
        if len(product.factors) == 1:
            energy, found = _of_one(product)
        elif len(product.factors) == 2 and not product.constants:
            energy, found = _of_two(product, _bonds(bound, highest, network, product, 0))
        elif core is not None:
            optimal = False
            sides = [i for i in range(len(product.factors)) if i != core]
            sizes = {i: _bonds(bound, highest, network, product, i) for i in sides}
            energy, found = _of_core(product, sizes)
        else:
            _refuse(variant)
        kept.append(numpy.broadcast_to(energy, tuple(map(len, ranks.values()))))
        spectra.append([replace(s, letters=_named(network, product, s)) for s in found])
    total = float(numpy.vdot(kernel, kernel))
    left = numpy.maximum(total - numpy.sum(kept, 0), 0) / (total or 1.0)
    together = tuple(
        replace(same[0], values=numpy.concatenate([one.values for one in same]))
        for same in zip(*spectra, strict=True)
    )
    return Decomposition(bound, ranks, left, together, optimal)


def _allowed(variant: Variant, layer: ConvLayer, values: Mapping[str, Number], name: str) -> Array:
    """The ranks up to full rank that the variant takes, such as multiples of its groups."""

    def fits(ranks: Any) -> bool:
        try:
            bind(variant, layer, {**values, name: ranks})
        except VariantError:
            return False
        return True

    every = numpy.arange(1, values[name] + 1)
    return every if fits(every) else numpy.array([rank for rank in every if fits(int(rank))])


def _refuse(variant: Variant) -> NoReturn:
    raise VariantError(
        f"{variant.id}: no one decomposition has the errors of all its ranks; allowed are variants "
        "of two factors, or of a core with sides; `factorize` takes the others at one rank each"
    )


def _bonds(
    bound: BoundVariant,
    highest: BoundVariant,
    network: TensorNetwork,
    product: FactorProduct,
    number: int,
) -> Array:
    """The size of a factor's bonds at every rank: its weights beside the kernel's own axes."""
    stage = network.factors[number].stage
    place = next(i for i, other in enumerate(highest.stages) if other is stage)
    weights = bound.stages[place].weights // bound.layer.groups
    own = [n for n in product.factors[number] if n in product.open]
    return numpy.asarray(weights // network.size(own), dtype=int)


def _named(network: TensorNetwork, product: FactorProduct, spectrum: Spectrum) -> tuple[str, ...]:
    """The names of the bonds of the factor whose number a spectrum has for the time being."""
    labels = product.factors[int(spectrum.letters[0])]
    return tuple(dict.fromkeys(network.names[n] for n in labels if n not in product.open))


def _of_one(product: FactorProduct) -> tuple[Array, list[Spectrum]]:
    (labels,) = product.factors
    best = product.best([numpy.zeros(product.extents(labels))], 0)
    return numpy.array(float(numpy.square(product.target).sum()) - product.loss([best])), []


def _of_two(product: FactorProduct, sizes: Array) -> tuple[Array, list[Spectrum]]:
    first, second = product.factors
    batch = tuple(n for n in product.open if n in first and n in second)
    rows = tuple(n for n in product.open if n in first and n not in second)
    columns = tuple(n for n in product.open if n in second and n not in first)
    matrices = unfolded(product.target, product.open, batch, rows, columns)
    flipped = matrices.swapaxes(-1, -2)
    short = matrices.shape[-2] <= matrices.shape[-1]
    gram = matrices @ flipped if short else flipped @ matrices
    squares = numpy.maximum(numpy.linalg.eigvalsh(gram)[..., ::-1], 0)
    sums = numpy.concatenate([[0.0], numpy.cumsum(squares.sum(0))])
    _, height, width = matrices.shape
    spectrum = Spectrum(("0",), numpy.sqrt(squares), height, width)
    return sums[numpy.minimum(sizes, len(sums) - 1)], [spectrum]


def _of_core(product: FactorProduct, sizes: Mapping[int, Array]) -> tuple[Array, list[Spectrum]]:
    """The energy of the core that is left of each combination of sides, and the sides' spectra.

    sizes: of the bonds of every side, by its number, at every rank. Seen from all left singular
    vectors of one side, the target has the others it had, so one side follows the other.
    """
    core, labels = product.target, product.open
    lengths = dict(zip(labels, core.shape, strict=True))
    spectra = []
    for number in sizes:
        rows = tuple(n for n in product.factors[number] if n in product.open)
        columns = tuple(n for n in labels if n not in rows)
        height = int(numpy.prod([lengths[n] for n in rows], dtype=int))
        width = product.target.size // height
        seen = rotated(unfolded(core, labels, rows, columns))
        found = numpy.linalg.norm(seen, axis=1)
        values = numpy.zeros(min(height, width))
        values[: len(found)] = found
        spectra.append(Spectrum((str(number),), values[None], height, width))
        lengths[-1 - number] = len(seen)
        labels = (-1 - number, *columns)
        core = seen.reshape([lengths[n] for n in labels])
    energy = einsum((numpy.square(core), labels), to=tuple(-1 - number for number in sizes))
    for axis in range(len(sizes)):
        energy = numpy.cumsum(energy, axis)
    limits = zip(sizes.values(), energy.shape, strict=True)
    places = [numpy.minimum(size, length) - 1 for size, length in limits]
    return energy[tuple(places)], spectra
