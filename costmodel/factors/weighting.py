"""Factors for the outputs: the kernel's error weighted by what the layer sees.

Outputs are the kernel times patches, so the squared error of the outputs is ‖(W − Ŵ) C^½‖² with C
the second moment of the patches. In the tensor network C^½ is one more constant, on the side of the
inputs. Where one factor has all of that side, it takes C^½ in, the problem is the one without it,
and is solved in closed form (whitening).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.factors.alternating import alternate
from costmodel.factors.factor_product import FactorProduct
from costmodel.factors.factor_sum import FactorSum
from costmodel.factors.fitting import Fit
from costmodel.factors.splitting import split, unfolded
from costmodel.factors.tensor_network import Labels, TensorNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: What is added to directions that the inputs do not have, so that the kernel decides there.
_UNSEEN = 1e-9


def fit_outputs(network: TensorNetwork, kernel: Array, moment: Array, begin: Fit) -> Fit:
    """The factors whose outputs are nearest to the kernel's.

    Args:
        network: what the factors multiply to.
        kernel: (n, m, *window).
        moment: the second moment of the patches, (m·taps, m·taps).
        begin: factors of the kernel, from which alternating least squares go on.
    """
    side = len(moment)
    root = numpy.linalg.cholesky(moment + _ridge(moment) * numpy.eye(side))
    seen = _with_inputs(network, root)
    target = kernel.reshape(-1, side) @ root
    square = float(numpy.vdot(target, target))
    if len(seen.terms) > 1:
        run = alternate(FactorSum(seen, target), [lambda: list(begin.arrays)], square)
        return Fit(tuple(run.arrays), f"{begin.method}, then for the outputs", False)
    product = FactorProduct.of(seen, seen.terms[0], target)
    whitened = _whitened(product)
    if whitened is not None and len(product.factors) <= 2:
        arrays = whitened.restored()
        method, optimal = f"{begin.method} of the whitened kernel", True
    else:
        shapes = map(product.extents, product.factors)
        start = [a.reshape(shape) for a, shape in zip(begin.arrays, shapes, strict=True)]
        arrays = alternate(product, [lambda: start], square).arrays
        method, optimal = f"{begin.method}, then for the outputs", False
    arrays = product.balanced(arrays)
    shaped = (a.reshape(f.shape) for a, f in zip(arrays, network.factors, strict=True))
    return Fit(tuple(shaped), method, optimal)


def _ridge(moment: Array) -> float:
    """A little of every direction; of inputs that are all zero, all directions alike."""
    return _UNSEEN * float(numpy.trace(moment)) / len(moment) or 1.0


def _with_inputs(network: TensorNetwork, root: Array) -> TensorNetwork:
    """The network of kernel · root, (n, patch)."""
    patch = max(network.sizes, default=-1) + 1
    sizes = {**network.sizes, patch: len(root)}
    terms = []
    for term in network.terms:
        labels = (*term.inputs, patch)
        constant = (root.reshape([sizes[label] for label in labels]), labels)
        constants = (*term.constants, constant)
        terms.append(replace(term, constants=constants, inputs=(patch,)))
    shape = (network.shape[0], len(root))
    return TensorNetwork(network.factors, tuple(terms), sizes, network.names, shape)


@dataclass(frozen=True)
class _Whitened:
    """A product whose one constant, on all inputs, one factor has taken in.

    number: that factor. inner: its labels that the constant had. root: the constant as a matrix
    (inner, outer).
    """

    product: FactorProduct
    original: FactorProduct
    number: int
    inner: Labels
    root: Array

    def restored(self) -> list[Array]:
        """The best factors, of at most two, with the constant taken out again."""
        product, original, number = self.product, self.original, self.number
        if len(product.factors) == 1:
            arrays = [product.best([numpy.zeros(product.extents(product.factors[0]))], 0)]
        else:
            arrays = split(product)
        held, wanted = product.factors[number], original.factors[number]
        outer = tuple(n for n in held if n not in wanted)
        rest = tuple(n for n in held if n not in outer)
        matrix = unfolded(arrays[number], held, rest, outer)
        freed = numpy.linalg.solve(self.root.T, matrix.T).T
        shaped = freed.reshape(original.extents((*rest, *self.inner)))
        order = [(*rest, *self.inner).index(n) for n in wanted]
        arrays[number] = shaped.transpose(order)
        return arrays


def _whitened(product: FactorProduct) -> _Whitened | None:
    """The product with its constant inside a factor; None where no one factor has all of it."""
    if len(product.constants) != 1:
        return None
    ((array, labels),) = product.constants
    outer = tuple(n for n in labels if n in product.open)
    inner = tuple(n for n in labels if n not in outer)
    having = [i for i, own in enumerate(product.factors) if set(inner) & set(own)]
    if len(having) != 1 or not set(inner) <= set(product.factors[having[0]]):
        return None
    if any(n in own for own in product.factors for n in outer):
        return None
    (number,) = having
    factors = list(product.factors)
    factors[number] = (*(n for n in factors[number] if n not in inner), *outer)
    root = unfolded(array, labels, inner, outer)
    return _Whitened(
        replace(product, factors=tuple(factors), constants=()), product, number, inner, root
    )
