"""A kernel as an einsum of factors: what is trained, what is given, and which axes they share.

Axes are numbered labels. Two arrays that carry the same label share that axis; a label that the
kernel does not carry is summed over, and is a bond. Axes of size 1 carry none. Where branches are
added or joined, the kernel is a sum of such products.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.core.numbers import product
from costmodel.core.stage import BoundStage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Labels of an array's axes, in order.
Labels = tuple[int, ...]
# Contractions may need intermediate arrays larger than what goes in; NumPy's own limit forbids it.
_LARGEST = 1 << 31


def einsum(*operands: tuple[Array, Labels], to: Labels) -> Array:
    """The sum of products of labelled arrays over all labels that are not in `to`."""
    names = dict.fromkeys(label for _, labels in operands for label in labels)
    short = {label: place for place, label in enumerate(names)}  # NumPy takes small ones only
    terms = tuple(tuple(short[label] for label in labels) for _, labels in operands)
    result = tuple(short[label] for label in to)
    path = _path(terms, result, tuple(array.shape for array, _ in operands))
    arguments: list[Any] = []
    for (array, _), term in zip(operands, terms, strict=True):
        arguments += [array, term]
    return numpy.einsum(*arguments, result, optimize=path)


@lru_cache(maxsize=4096)
def _path(terms: tuple[Labels, ...], result: Labels, shapes: tuple[tuple[int, ...], ...]) -> Any:
    """In which order to contract: the same shapes come again in every step of a fit."""
    if len(terms) == 1:
        return False
    arguments: list[Any] = []
    for shape, term in zip(shapes, terms, strict=True):
        arguments += [numpy.broadcast_to(0.0, shape), term]
    return numpy.einsum_path(*arguments, result, optimize=("greedy", _LARGEST))[0]


@dataclass(frozen=True)
class Factor:
    """One trained array: the weight of a stage, by its axes in the notation's order.

    shape: the size of each weight axis.
    """

    stage: BoundStage
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """One product of factors.

    factors: (number of the factor, the labels of its axes). constants: arrays of zeros and ones
    that say what lies where. outputs, inputs: labels of the kernel's axes, those of the window
    behind the input channels; one that stands in both is a diagonal, outside of which the product
    is zero.
    """

    factors: tuple[tuple[int, Labels], ...]
    constants: tuple[tuple[Array, Labels], ...]
    outputs: Labels
    inputs: Labels

    @property
    def kernel(self) -> Labels:
        """The labels of the kernel's axes, in order."""
        return (*self.outputs, *self.inputs)

    @cached_property
    def open(self) -> Labels:
        """The kernel's labels, each once."""
        return tuple(dict.fromkeys(self.kernel))

    def labels(self, factor: int) -> Labels | None:
        """The labels of a factor, None where it is not in this product."""
        return dict(self.factors).get(factor)


@dataclass(frozen=True)
class TensorNetwork:
    """A kernel as a sum of products, per group of the layer.

    sizes: of every label. names: of labels that are axes of the notation. shape: of the kernel,
    (n, m, *window) per group.
    """

    factors: tuple[Factor, ...]
    terms: tuple[Term, ...]
    sizes: dict[int, int]
    names: dict[int, str]
    shape: tuple[int, ...]

    def extents(self, labels: Iterable[int]) -> tuple[int, ...]:
        """The sizes of some labels."""
        return tuple(self.sizes[label] for label in labels)

    def size(self, labels: Iterable[int]) -> int:
        """The product of some labels' sizes."""
        return int(product(self.extents(labels)))

    def on_diagonal(self, kernel: Array, term: Term) -> Array:
        """A kernel where a product can be other than zero, an axis per open label."""
        return einsum((kernel.reshape(self.extents(term.kernel)), term.kernel), to=term.open)

    def off_diagonal(self, part: Array, term: Term) -> Array:
        """The kernel of which `on_diagonal` is a part, and that is zero elsewhere."""
        if term.open == term.kernel:
            return part.reshape(self.shape)
        whole = numpy.zeros(self.extents(term.kernel))
        view = einsum((whole, term.kernel), to=term.open)
        view[...] = part  # an einsum that only takes diagonals is a writable view
        return whole.reshape(self.shape)

    def operands(self, term: Term, arrays: Sequence[Array]) -> list[tuple[Array, Labels]]:
        """A product's factors and constants with their labels."""
        return [
            *((arrays[i].reshape(self.extents(labels)), labels) for i, labels in term.factors),
            *term.constants,
        ]

    def value(self, term: Term, arrays: Sequence[Array]) -> Array:
        """One product, an axis per open label."""
        return einsum(*self.operands(term, arrays), to=term.open)

    def kernel(self, arrays: Sequence[Array]) -> Array:
        """The kernel that factors multiply to, (n, m, *window)."""
        parts = (self.off_diagonal(self.value(term, arrays), term) for term in self.terms)
        return sum(parts, numpy.zeros(self.shape))
