"""One product of factors and the array that it is to come near to.

What one factor does to the product is linear, so that the best one beside given others is a linear
least-squares problem. The others fall apart into groups that share no bond; the normal equations
are then as small as the bonds of one group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.factors.balancing import balance
from costmodel.factors.tensor_network import Labels, TensorNetwork, Term, einsum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Unknowns of normal equations that are solved at once; more are solved by conjugate gradients.
MAX_DIRECT = 1024
_TINY = 1e-13
_GRADIENT_STEPS = 25


@dataclass(frozen=True)
class FactorProduct:
    """A product of factors against a target.

    target: an axis per label of `open`. factors: labels by factor. constants: labelled arrays that
    are given. sizes: of the labels.
    """

    target: Array
    open: Labels
    factors: tuple[Labels, ...]
    constants: tuple[tuple[Array, Labels], ...]
    sizes: dict[int, int]

    @classmethod
    def of(cls, network: TensorNetwork, term: Term, kernel: Array) -> FactorProduct:
        """A term of a network against a kernel (n, m, *window).

        Constants that only say where entries lie are applied to the kernel instead.
        """
        target, open_labels = network.on_diagonal(kernel, term), term.open
        factors = tuple(labels for _, labels in term.factors)
        constants = list(term.constants)
        for constant in term.constants:
            array, labels = constant
            rest = [*factors, *(other for _, other in constants if other is not labels)]
            elsewhere = {label for other in rest for label in other}
            outer = tuple(n for n in labels if n in open_labels and n not in elsewhere)
            inner = tuple(n for n in labels if n not in outer)
            kept = any(n in open_labels for n in inner)
            if not outer or kept or not _selects(array, labels, outer):
                continue
            left = (*(n for n in open_labels if n not in outer), *inner)
            target = einsum((target, open_labels), (array, labels), to=left)
            open_labels = left
            constants = [other for other in constants if other is not constant]
        return cls(target, open_labels, factors, tuple(constants), network.sizes)

    def extents(self, labels: Labels) -> tuple[int, ...]:
        """The sizes of some labels."""
        return tuple(self.sizes[label] for label in labels)

    def value(self, arrays: Sequence[Array]) -> Array:
        """The product, an axis per open label."""
        return einsum(*zip(arrays, self.factors, strict=True), *self.constants, to=self.open)

    def loss(self, arrays: Sequence[Array]) -> float:
        """The squared error."""
        return float(numpy.square(self.target - self.value(arrays)).sum())

    def balanced(self, arrays: Sequence[Array]) -> list[Array]:
        """Other factors of the same product, with equal norms at every index they share."""
        return balance(arrays, self.factors)

    def others(self, arrays: Sequence[Array], number: int) -> list[tuple[Array, Labels]]:
        """Everything but one factor."""
        factors = zip(arrays, self.factors, strict=True)
        return [*(pair for i, pair in enumerate(factors) if i != number), *self.constants]

    def best(self, arrays: Sequence[Array], number: int, ridge: float = 0.0) -> Array:
        """The factor that makes the error ‖target − product‖² + ridge·‖factor‖² least.

        Where its unknowns are too many for normal equations, conjugate gradients start from the
        factor as it is, and make the error smaller only.
        """
        labels, others = self.factors[number], self.others(arrays, number)
        result = einsum((self.target, self.open), *others, to=labels)
        groups = self._groups(labels, others)
        bonds = [self._bonds(labels, group) for group in groups]
        if any(numpy.prod(self.extents(bond), dtype=float) > MAX_DIRECT for bond in bonds):
            return self._descended(result, arrays[number], others, number, ridge)
        for group, bond in zip(groups, bonds, strict=True):
            alone = ridge if len(groups) == 1 else 0.0
            result = self._solved(result, labels, group, bond, alone)
        return result

    def _bonds(self, labels: Labels, group: Sequence[tuple[Array, Labels]]) -> Labels:
        held = {n for _, ls in group for n in ls}
        return tuple(n for n in labels if n in held and n not in self.open)

    def _groups(
        self, labels: Labels, others: Sequence[tuple[Array, Labels]]
    ) -> list[list[tuple[Array, Labels]]]:
        """The other operands, those together that share a label which this factor's do not fix."""
        fixed = {n for n in labels if n in self.open}
        groups: list[tuple[set[int], list[tuple[Array, Labels]]]] = []
        for operand in others:
            names, members = set(operand[1]) - fixed, [operand]
            apart = []
            for other_names, other_members in groups:
                if names & other_names:
                    names, members = names | other_names, other_members + members
                else:
                    apart.append((other_names, other_members))
            groups = [*apart, (names, members)]
        return [members for _, members in groups]

    def _solved(
        self,
        result: Array,
        labels: Labels,
        group: Sequence[tuple[Array, Labels]],
        bond: Labels,
        ridge: float,
    ) -> Array:
        """The right-hand side solved for the bonds of one group of operands."""
        held = {n for _, ls in group for n in ls}
        fixed = tuple(n for n in labels if n in held and n in self.open)
        again = {n: max(self.sizes) + 1 + i for i, n in enumerate(held - set(self.open))}
        twin = [(array, tuple(again.get(n, n) for n in ls)) for array, ls in group]
        twins = tuple(again[n] for n in bond)
        gram = einsum(*group, *twin, to=(*fixed, *bond, *twins))
        side = int(numpy.prod(self.extents(bond), dtype=int))
        gram = gram.reshape(*self.extents(fixed), side, side)
        rest = tuple(n for n in labels if n not in (*fixed, *bond))
        order = [labels.index(n) for n in (*fixed, *bond, *rest)]
        right = result.transpose(order).reshape(*self.extents(fixed), side, -1)
        scale = numpy.trace(gram, axis1=-2, axis2=-1)[..., None, None] / side
        gram = gram + (ridge + _TINY * scale + numpy.finfo(float).tiny ** 0.5) * numpy.eye(side)
        solved = numpy.linalg.solve(gram, right).reshape(self.extents((*fixed, *bond, *rest)))
        return solved.transpose(numpy.argsort(order))

    def _descended(
        self,
        right: Array,
        start: Array,
        others: Sequence[tuple[Array, Labels]],
        number: int,
        ridge: float,
    ) -> Array:
        labels = self.factors[number]

        def normal(array: Array) -> Array:
            forward = einsum((array, labels), *others, to=self.open)
            return einsum((forward, self.open), *others, to=labels) + ridge * array

        return conjugate_gradients(normal, right, start)


def conjugate_gradients(normal: Any, right: Array, start: Array) -> Array:
    """A few steps of the conjugate gradient method for `normal(x) = right`, from `start`."""
    x = start.copy()
    residual = right - normal(x)
    direction, square = residual, float(numpy.vdot(residual, residual))
    limit = 1e-20 * float(numpy.vdot(right, right))
    for _ in range(_GRADIENT_STEPS):
        if square <= limit:
            break
        image = normal(direction)
        curvature = float(numpy.vdot(direction, image))
        if curvature <= 0:
            break
        step = square / curvature
        x, residual = x + step * direction, residual - step * image
        before, square = square, float(numpy.vdot(residual, residual))
        direction = residual + (square / before) * direction
    return x


def _selects(array: Array, labels: Labels, outer: Labels) -> bool:
    """Whether a constant has orthonormal columns from its outer labels, or empty ones."""
    order = [labels.index(n) for n in (*outer, *(n for n in labels if n not in outer))]
    rows = int(numpy.prod([array.shape[labels.index(n)] for n in outer]))
    matrix = array.transpose(order).reshape(rows, -1)
    gram = matrix.T @ matrix
    return bool(numpy.array_equal(gram, numpy.diag(numpy.diag(gram) > 0).astype(float)))
