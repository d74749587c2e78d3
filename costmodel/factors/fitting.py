"""The best factors of one kernel: in closed form where the network allows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.factors.alternating import alternate
from costmodel.factors.factor_product import FactorProduct
from costmodel.factors.factor_sum import FactorSum
from costmodel.factors.splitting import is_tree, split
from costmodel.factors.tensor_network import TensorNetwork
from costmodel.factors.tucker import core_of, orthogonal_iteration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Fit:
    """Factors of one group's kernel.

    arrays: by factor, with the weight axes of the notation. method: how they were found. optimal:
    whether no other factors of these sizes are nearer.
    """

    arrays: tuple[Array, ...]
    method: str
    optimal: bool


def fit(network: TensorNetwork, kernel: Array, starts: int, seed: int) -> Fit:
    """The factors of a tensor network that are nearest to a kernel in the Frobenius norm.

    Args:
        network: what the factors multiply to.
        kernel: (n, m, *window), float64.
        starts: how many starts alternating least squares take where there is no closed form.
        seed: of the random starts.
    """
    if len(network.terms) > 1:
        arrays, method, optimal = _of_sum(FactorSum(network, kernel), starts, seed)
    else:
        product = FactorProduct.of(network, network.terms[0], kernel)
        arrays, method, optimal = _of_product(product, starts, seed)
        arrays = product.balanced(arrays)
    shaped = (a.reshape(f.shape) for a, f in zip(arrays, network.factors, strict=True))
    return Fit(tuple(shaped), method, optimal)


def _of_product(product: FactorProduct, starts: int, seed: int) -> tuple[list[Array], str, bool]:
    shapes = [product.extents(labels) for labels in product.factors]
    if len(shapes) == 1:
        return [product.best([numpy.zeros(shapes[0])], 0)], "least squares", True
    if not product.constants and len(shapes) == 2:
        return split(product), "truncated singular value decomposition", True
    core = core_of(product)
    if core is not None:
        return orthogonal_iteration(product, core), "higher-order orthogonal iteration", False
    given: list[Callable[[], list[Array]]] = []
    if not product.constants:
        given.append(partial(split, product))
    square = float(numpy.vdot(product.target, product.target))
    if given and is_tree(product):
        starts = 1  # a chain has no terms that could cancel, and others lead to no better place
    chances = _random(shapes, product.value, square, max(starts - len(given), 0), seed)
    run = alternate(product, [*given, *chances], square)
    count = len(given) + len(chances)
    return run.arrays, f"alternating least squares from {_starts(count)}", False


def _starts(count: int) -> str:
    return "1 start" if count == 1 else f"{count} starts"


def _of_sum(problem: FactorSum, starts: int, seed: int) -> tuple[list[Array], str, bool]:
    shapes = [factor.shape for factor in problem.network.factors]
    square = float(numpy.vdot(problem.kernel, problem.kernel))
    chances = _random(shapes, problem.network.kernel, square, starts, seed)
    run = alternate(problem, chances, square)
    return run.arrays, f"alternating least squares from {_starts(starts)}", False


def _random(
    shapes: Sequence[tuple[int, ...]],
    value: Callable[[list[Array]], Array],
    square: float,
    count: int,
    seed: int,
) -> list[Callable[[], list[Array]]]:
    """Normal factors whose product is as large as the target."""

    def start(number: int) -> list[Array]:
        chance = numpy.random.default_rng([seed, number])
        arrays = [chance.standard_normal(shape) for shape in shapes]
        size = float(numpy.square(value(arrays)).sum())
        scale = (square / size) ** (0.5 / len(arrays)) if size else 1.0
        return [scale * array for array in arrays]

    return [partial(start, number) for number in range(count)]
