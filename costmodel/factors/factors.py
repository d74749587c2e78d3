"""Factors: a trained kernel in the form of a variant, and how near it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.factors.module_weights import from_module_weight
from costmodel.factors.tensor_network import TensorNetwork

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Factors:
    """A kernel as the weights of a variant's stages.

    bound: the variant on the layer, with the values of its hyper-parameters.
    weights: by stage, as `StageModule.conv.weight` of `cm.torch.build` has them and in the order of
        its modules; a repeated stage stands there once for each time. In the kernel's precision.
    error: ‖kernel − factors‖ / ‖kernel‖ in the Frobenius norm, of these very weights.
    output_error: the same of the layer's outputs on the inputs that were given, else None.
    method: how the factors were found. optimal: whether no others of these sizes have a smaller
        error; of data-aware ones, a smaller error of the outputs.
    """

    bound: BoundVariant
    weights: tuple[Array, ...]
    error: float
    method: str
    optimal: bool
    output_error: float | None = None
    network: TensorNetwork = field(repr=False, kw_only=True)
    shape: tuple[int, ...] = field(repr=False, kw_only=True)

    @property
    def variant(self) -> Variant:
        """The variant whose stages the weights are of."""
        return self.bound.variant

    @property
    def layer(self) -> ConvLayer:
        """The layer that the kernel belongs to."""
        return self.bound.layer

    def kernel(self) -> Array:
        """The kernel that the factors multiply to, in the shape and precision of the given one."""
        whole = rebuilt(self.network, self.weights)
        return whole.reshape(self.shape).astype(self.weights[0].dtype)

    def counts(self, size: Any = None, **changes: Any) -> Counts:
        """Parameters, multiplies and every other metric of the variant with these values.

        Args:
            size: the layer's input size; the layer's own unless given, which is one position where
                no layer was given.
            changes: further fields of the layer, such as `stride`.
        """
        if size is not None:
            changes["size"] = size
        layer = self.layer.replace(**changes) if changes else self.layer
        return Counts(bind(self.variant, layer, self.bound.hyper))

    def __repr__(self) -> str:
        values = "".join(f", {name}={value}" for name, value in self.bound.hyper.items())
        seen = "" if self.output_error is None else f", output error {self.output_error:.4g}"
        error = f"error {self.error:.4g}{seen}"
        return f"<factors of {self.variant.id}{values}: {error}, {self.method}>"


def rebuilt(network: TensorNetwork, weights: tuple[Array, ...]) -> Array:
    """The kernel (n, m/groups, *window) of a module's weights, in double precision."""
    stages = [factor.stage for factor in network.factors]
    split = [from_module_weight(s, w.astype(float)) for s, w in zip(stages, weights, strict=True)]
    return numpy.concatenate([network.kernel(arrays) for arrays in zip(*split, strict=True)])


def relative(difference: Array, whole: Array) -> float:
    """‖difference‖ / ‖whole‖; 0 where both are zero."""
    above, below = (float(numpy.linalg.norm(array)) for array in (difference, whole))
    return above / below if below else (0.0 if above == 0 else numpy.inf)
