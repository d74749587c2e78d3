"""Factors of the same product with equal norms, so that no one is badly scaled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.factors.tensor_network import Labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def balance(arrays: Sequence[Array], factors: Sequence[Labels]) -> list[Array]:
    """The factors of the same product with equal norms, at every index of an axis that they share.

    What one factor is divided by, another one is multiplied with.
    """
    result = list(arrays)
    for label in dict.fromkeys(n for labels in factors for n in labels):
        having = [i for i, labels in enumerate(factors) if label in labels]
        if len(having) < 2:
            continue
        norms = [_norms(result[i], factors[i].index(label)) for i in having]
        alive = numpy.all([norm > 0 for norm in norms], axis=0)
        logs = [numpy.log(numpy.where(alive, norm, 1)) for norm in norms]
        mean = sum(logs) / len(logs)
        for i, log in zip(having, logs, strict=True):
            shape = [1] * result[i].ndim
            shape[factors[i].index(label)] = -1
            result[i] = result[i] * numpy.exp(mean - log).reshape(shape)
    return result


def _norms(array: Array, axis: int) -> Array:
    other = tuple(i for i in range(array.ndim) if i != axis)
    norms: Array = numpy.sqrt((array * array).sum(other))
    return norms
