"""Truncated singular value decompositions of the unfolding that a bond cuts.

Two factors with bonds between them are the best ones (Eckart, Young, Psychometrika 1, 1936), a
batch of decompositions where both carry an axis of the kernel. With more factors, taking one leaf
after the other off is the sequentially truncated decomposition (Vannieuwenhoven, Vandebril,
Meerbergen, SIAM J. Sci. Comput. 34(2), 2012), and of a chain the tensor train's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from costmodel.factors.factor_product import FactorProduct
from costmodel.factors.tensor_network import Labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def unfolded(target: Array, labels: Labels, *sides: Labels) -> Array:
    """An array with one axis for every group of labels, in this order."""
    order = [labels.index(n) for side in sides for n in side]
    lengths = [target.shape[place] for place in order]
    shape, start = [], 0
    for side in sides:
        shape.append(int(numpy.prod(lengths[start : start + len(side)], dtype=int)))
        start += len(side)
    return target.transpose(order).reshape(shape)


def leading(matrices: Array, rank: int) -> tuple[Array, Array]:
    """The leading left singular vectors of matrices (…, rows, columns), and what is left of them.

    Returns (…, rows, rank) with orthonormal columns and (…, rank, columns), whose product is the
    best approximation of that rank; zeros behind the full rank. Worked out from the Gram matrix of
    the shorter side, which is good to about 1e-8 of the largest singular value.
    """
    rows, columns = matrices.shape[-2:]
    kept = min(rank, rows, columns)
    flipped = matrices.swapaxes(-1, -2)
    if rows <= columns:
        vectors = _top(matrices @ flipped, kept)[1]
        rest = vectors.swapaxes(-1, -2) @ matrices
    else:
        squares, right = _top(flipped @ matrices, kept)
        values = numpy.sqrt(squares)
        weights = numpy.divide(1, values, out=numpy.zeros_like(values), where=values > 0)
        vectors = (matrices @ right) * weights[..., None, :]
        rest = values[..., None] * right.swapaxes(-1, -2)
    more = [(0, 0)] * (matrices.ndim - 2)
    return (
        numpy.pad(vectors, [*more, (0, 0), (0, rank - kept)]),
        numpy.pad(rest, [*more, (0, rank - kept), (0, 0)]),
    )


def rotated(matrix: Array) -> Array:
    """A matrix (rows, columns) seen from its left singular vectors.

    Returns (min(rows, columns), columns): row k has the k-th singular value for its norm.
    """
    rows, columns = matrix.shape
    if rows <= columns:
        return _top(matrix @ matrix.T, rows)[1].T @ matrix
    squares, right = _top(matrix.T @ matrix, columns)
    return numpy.sqrt(squares)[:, None] * right.T


def _top(gram: Array, count: int) -> tuple[Array, Array]:
    values, vectors = numpy.linalg.eigh(gram)
    last = values.shape[-1] - count
    values, vectors = values[..., last:][..., ::-1], vectors[..., last:][..., ::-1]
    noise = values[..., :1] * numpy.finfo(float).eps * gram.shape[-1]
    return numpy.where(values > noise, values, 0), vectors


def split(product: FactorProduct) -> list[Array]:
    """Factors by taking leaves off one after the other; the best ones where there are two.

    The product has no constants.
    """
    target, labels = product.target, product.open
    left = dict(enumerate(product.factors))
    arrays: dict[int, Array] = {}
    while len(left) > 1:
        number = _leaf(left, labels)
        own = left.pop(number)
        others = {n for other in left.values() for n in other}
        batch = tuple(n for n in own if n in labels and n in others)
        rows = tuple(n for n in own if n in labels and n not in others)
        bond = tuple(n for n in own if n not in labels)
        columns = tuple(n for n in labels if n not in (*rows, *batch))
        rank = int(numpy.prod(product.extents(bond), dtype=int))
        vectors, rest = leading(unfolded(target, labels, batch, rows, columns), rank)
        arrays[number] = _in_order(product, vectors, (*batch, *rows, *bond), own)
        labels = (*batch, *bond, *columns)
        target = rest.reshape(product.extents(labels))
    ((number, own),) = left.items()
    missing = tuple(labels.index(n) for n in labels if n not in own)
    labels = tuple(n for n in labels if n in own)
    arrays[number] = _in_order(product, target.mean(missing) if missing else target, labels, own)
    return [arrays[i] for i in range(len(product.factors))]


def is_tree(product: FactorProduct) -> bool:
    """Whether every bond lies between two factors, and no two share an axis of the kernel."""
    labels = [n for own in product.factors for n in own]
    return all(labels.count(n) == (1 if n in product.open else 2) for n in labels)


def _in_order(product: FactorProduct, array: Array, labels: Labels, wanted: Labels) -> Array:
    return array.reshape(product.extents(labels)).transpose([labels.index(n) for n in wanted])


def _leaf(left: dict[int, Labels], labels: Labels) -> int:
    """The factor whose bonds lead to one other alone; the last one where there is none."""
    found = list(left)[-1]
    for number, own in reversed(left.items()):
        bonds = {n for n in own if n not in labels}
        reached = [i for i, other in left.items() if i != number and bonds & set(other)]
        covered = [i for i in reached if bonds <= set(left[i])]
        if len(reached) == 1 and covered:
            return number
    return found
