"""Arrays of factors, one set per group of the layer, become `Factors` with their exact error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from costmodel.core.bound import BoundVariant
from costmodel.factors.factors import Factors, rebuilt, relative
from costmodel.factors.inputs import output_error
from costmodel.factors.module_weights import module_weight
from costmodel.factors.tensor_network import TensorNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Target:
    """The kernel that factors are for.

    given: as it was given. whole: (n, m/groups, *window), float64. moments: second moments of the
    inputs of every group, where there are inputs.
    """

    given: Array
    whole: Array
    moments: Sequence[Array] | None = None

    def errors(self, network: TensorNetwork, weights: tuple[Array, ...]) -> dict[str, Any]:
        """The relative errors of a module's weights, as fields of `Factors`."""
        left = self.whole - rebuilt(network, weights)
        seen = None if self.moments is None else output_error(left, self.whole, self.moments)
        return {"error": relative(left, self.whole), "output_error": seen}


def assembled(
    bound: BoundVariant,
    network: TensorNetwork,
    arrays: Sequence[Sequence[Array]],
    target: Target,
    method: str,
    optimal: bool,
) -> Factors:
    """Factors from arrays by group and by stage, in the precision of the given kernel."""
    weights = tuple(
        module_weight(factor.stage, parts).astype(target.given.dtype)
        for factor, parts in zip(network.factors, zip(*arrays, strict=True), strict=True)
    )
    return Factors(
        bound,
        weights,
        method=method,
        optimal=optimal,
        network=network,
        shape=target.given.shape,
        **target.errors(network, weights),
    )
