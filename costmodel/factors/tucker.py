"""A core with orthogonal sides: higher-order orthogonal iteration.

De Lathauwer, De Moor, Vandewalle, On the best rank-1 and rank-(R1, R2, …, RN) approximation of
higher-order tensors, SIAM J. Matrix Anal. Appl. 21(4), 2000. It starts from the sequentially
truncated decomposition, and each step makes the error smaller or leaves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from costmodel.factors.factor_product import FactorProduct
from costmodel.factors.splitting import is_tree, leading, split, unfolded
from costmodel.factors.tensor_network import Labels, einsum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_SWEEPS = 100
#: Decrease of the squared error that ends it, by what is left and by the whole.
_ENOUGH, _NOTHING = 2e-7, 1e-14


def core_of(product: FactorProduct) -> int | None:
    """Which factor is the core of a Tucker decomposition, None where there is none.

    Every other factor shares its bonds with the core alone, and no two factors have an axis of the
    kernel in common.
    """
    if product.constants or not is_tree(product):
        return None
    for number, core in enumerate(product.factors):
        sides = [labels for i, labels in enumerate(product.factors) if i != number]
        if all(set(side) & set(core) == set(side) - set(product.open) for side in sides):
            return number
    return None


def orthogonal_iteration(product: FactorProduct, core: int) -> list[Array]:
    """The factors of a Tucker decomposition, its sides orthonormal."""
    arrays = split(product)
    sides = [i for i in range(len(arrays)) if i != core]
    total = float(numpy.vdot(product.target, product.target))
    kept = -1.0
    for _ in range(_SWEEPS):
        for number in sides:
            arrays[number] = _side(product, arrays, core, number)
        arrays[core] = _projected(product, arrays, sides, product.factors[core])
        before, kept = kept, float(numpy.vdot(arrays[core], arrays[core]))
        if kept - before <= max(_ENOUGH * (total - kept), _NOTHING * total):
            break
    return arrays


def _side(product: FactorProduct, arrays: list[Array], core: int, number: int) -> Array:
    """The best side beside the others: singular vectors of what they leave of the target."""
    own = product.factors[number]
    rows = tuple(n for n in own if n in product.open)
    bond = tuple(n for n in own if n not in product.open)
    rest = tuple(n for n in product.factors[core] if n not in bond)
    others = [i for i in range(len(arrays)) if i not in (core, number)]
    left = _projected(product, arrays, others, (*rows, *rest))
    rank = int(numpy.prod(product.extents(bond), dtype=int))
    vectors, _ = leading(unfolded(left, (*rows, *rest), rows, rest), rank)
    shaped = vectors.reshape(product.extents((*rows, *bond)))
    return shaped.transpose([(*rows, *bond).index(n) for n in own])


def _projected(product: FactorProduct, arrays: list[Array], sides: list[int], to: Labels) -> Array:
    operands = [(arrays[i], product.factors[i]) for i in sides]
    return einsum((product.target, product.open), *operands, to=to)
