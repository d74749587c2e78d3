"""A kernel as a sum of products: branches that are added, or joined as channels.

A factor that stands in one product is the best one against what the others leave of the kernel. One
that several branches read is found by conjugate gradients on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.factors.factor_product import MAX_DIRECT, FactorProduct, conjugate_gradients
from costmodel.factors.tensor_network import Labels, TensorNetwork, Term, einsum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Entries of the matrix that takes a factor to the kernel, up to which it is written out.
_MAX_ENTRIES = 1 << 24


@dataclass(frozen=True)
class FactorSum:
    """A tensor network with several terms against a kernel (n, m, *window)."""

    network: TensorNetwork
    kernel: Array

    def loss(self, arrays: Sequence[Array]) -> float:
        """The squared error."""
        return float(numpy.square(self.kernel - self.network.kernel(arrays)).sum())

    def balanced(self, arrays: Sequence[Array]) -> list[Array]:
        """The factors as they are; branches tie them in too many ways."""
        return list(arrays)

    def best(self, arrays: Sequence[Array], number: int, ridge: float = 0.0) -> Array:
        """The best factor beside the others, with a penalty on its squared norm."""
        network = self.network
        within = [term for term in network.terms if term.labels(number) is not None]
        left = self.kernel.copy()
        for term in network.terms:
            if term.labels(number) is None:
                left -= network.off_diagonal(network.value(term, arrays), term)
        if len(within) == 1:
            (term,) = within
            product = FactorProduct.of(network, term, left)
            own = [arrays[i].reshape(network.extents(labels)) for i, labels in term.factors]
            place = [i for i, _ in term.factors].index(number)
            return product.best(own, place, ridge).reshape(arrays[number].shape)
        return self._of_several(arrays, number, within, left, ridge)

    def _of_several(
        self, arrays: Sequence[Array], number: int, within: list[Term], left: Array, ridge: float
    ) -> Array:
        network, shape = self.network, arrays[number].shape
        parts: list[tuple[Term, Labels, list[tuple[Array, Labels]]]] = []
        for term in within:
            own = term.labels(number)
            assert own is not None
            others = [
                (arrays[i].reshape(network.extents(labels)), labels)
                for i, labels in term.factors
                if i != number
            ]
            parts.append((term, own, [*others, *term.constants]))

        if arrays[number].size <= MAX_DIRECT and arrays[number].size * left.size <= _MAX_ENTRIES:
            return self._solved(parts, left, shape, ridge)

        def forward(array: Array) -> Array:
            total = numpy.zeros(network.shape)
            for term, own, others in parts:
                mine = (array.reshape(network.extents(own)), own)
                total += network.off_diagonal(einsum(mine, *others, to=term.open), term)
            return total

        def back(kernel: Array) -> Array:
            total = numpy.zeros(shape)
            for term, own, others in parts:
                seen = (network.on_diagonal(kernel, term), term.open)
                total += einsum(seen, *others, to=own).reshape(shape)
            return total

        return conjugate_gradients(
            lambda array: back(forward(array)) + ridge * array, back(left), arrays[number]
        )

    def _solved(
        self,
        parts: list[tuple[Term, Labels, list[tuple[Array, Labels]]]],
        left: Array,
        shape: tuple[int, ...],
        ridge: float,
    ) -> Array:
        """The same from the normal equations, where there are few unknowns."""
        network, count = self.network, int(numpy.prod(shape))
        one = max(network.sizes) + 1
        basis = numpy.eye(count)
        rows = numpy.zeros((count, *network.shape))
        for term, own, others in parts:
            each = (basis.reshape(*network.extents(own), count), (*own, one))
            images = einsum(each, *others, to=(one, *term.open))
            for row, image in zip(rows, images, strict=True):
                row += network.off_diagonal(image, term)
        rows = rows.reshape(count, -1)
        gram = rows @ rows.T + ridge * basis
        return numpy.linalg.lstsq(gram, rows @ left.ravel())[0].reshape(shape)
