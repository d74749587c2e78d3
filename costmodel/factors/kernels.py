"""A trained kernel as it is given: checked, and the layer that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

from costmodel.core.layer import ConvLayer
from costmodel.core.readable import shape_text
from costmodel.core.variant import Variant
from costmodel.errors import InputError, LayerError
from costmodel.factors.read.stored import ALLOWED, check_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def as_kernel(kernel: Any) -> Array:
    """A kernel (n, m/groups, *window) in single or double precision; half becomes single.

    kernel: a NumPy array, a torch tensor, or whatever NumPy makes an array of.

    Raises:
        InputError: no floating-point numbers, no finite ones, or no shape of a kernel.
    """
    if hasattr(kernel, "detach"):  # a torch tensor; NumPy has no bfloat16 and no gradients
        kernel = kernel.detach().cpu()
        if str(kernel.dtype) in ("torch.bfloat16", "torch.float16"):
            kernel = kernel.float()
    array = numpy.asarray(kernel)
    check_kernel("kernel", array.shape, array.dtype)
    if array.dtype not in (numpy.float32, numpy.float64):
        array = array.astype(numpy.float32)
    wrong = ~numpy.isfinite(array)
    if wrong.any():
        raise InputError(
            f"the kernel holds {array[wrong].flat[0]} ({int(wrong.sum())} of {array.size} weights "
            "are no finite numbers); allowed are finite weights"
        )
    return array


def layer_of(array: Array, variant: Variant, layer: ConvLayer | None, groups: int) -> ConvLayer:
    """The layer of a kernel: the one given, checked, or one of a single output position.

    Raises:
        InputError: the kernel has another shape than the layer.
        LayerError: groups that do not divide the output channels.
    """
    n, m, *window = array.shape
    if layer is None:
        if not window:  # a linear layer is a window of one tap, in the dimension that a variant has
            window = [1] * (1 if 1 in variant.dims else variant.usual_dims)
        return ConvLayer(tuple(window), m * groups, n, (1,) * len(window), groups=groups)
    if not isinstance(layer, ConvLayer):
        raise LayerError(f"layer is {layer!r}; allowed is a ConvLayer")
    wanted = (layer.out_channels, layer.in_channels // layer.groups, *layer.kernel)
    if tuple(array.shape) != wanted and (window or (n, m, *[1] * layer.dims) != wanted):
        raise InputError(
            f"the kernel has the shape {shape_text(array.shape)}, its layer {shape_text(wanted)}; "
            f"{ALLOWED}, as the layer has them"
        )
    return layer
