"""What a layer sees: the second moment of the patches that its window reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.core.layer import ConvLayer
from costmodel.core.readable import shape_text
from costmodel.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def second_moments(layer: ConvLayer, inputs: Any) -> list[Array]:
    """Σ x xᵀ over all patches x of some inputs, for each group of a layer.

    Args:
        layer: its window, stride, padding and dilation say what a patch is; padding zeros count.
        inputs: (images, channels, *size) of any size, or (rows, channels) for a window of one tap.

    Returns:
        (m·taps, m·taps) per group, in the order of a kernel's axes (m, *window).

    Raises:
        InputError: inputs that the layer cannot read, or that are no finite numbers; a transposed
            layer, whose outputs are no sums over patches.
    """
    if layer.transposed:
        raise InputError("inputs of a transposed layer; allowed are layers that are not transposed")
    if hasattr(inputs, "detach"):
        inputs = inputs.detach().cpu().double()
    images = numpy.asarray(inputs, dtype=float)
    if images.ndim == 2 and set(layer.kernel) == {1}:
        images = images.reshape(*images.shape, *[1] * layer.dims)
    if images.ndim != layer.dims + 2 or images.shape[1] != layer.in_channels or not images.size:
        raise InputError(
            f"inputs have the shape {shape_text(images.shape)}; allowed is (images, "
            f"{layer.in_channels}, size) with {layer.dims} sides"
        )
    if not numpy.isfinite(images).all():
        raise InputError("inputs hold numbers that are not finite; allowed are finite inputs")
    groups = int(layer.groups)
    side = images.shape[1] // groups * int(numpy.prod(layer.kernel))
    moments = [numpy.zeros((side, side)) for _ in range(groups)]
    for image in images:  # one at a time: patches are as many times larger as there are taps
        patches = _patches(layer, image)
        for moment, part in zip(moments, numpy.split(patches, groups), strict=True):
            columns = part.reshape(side, -1)
            moment += columns @ columns.T
    return moments


def _patches(layer: ConvLayer, image: Array) -> Array:
    """(channels, *window, positions) of one image (channels, *size)."""
    image = numpy.pad(image, [(0, 0), *((int(low), int(high)) for low, high in layer.pads)])
    axes = range(1, layer.dims + 1)
    reach = [d * (k - 1) + 1 for d, k in zip(layer.dilation, layer.kernel, strict=True)]
    short = [size for size, span in zip(image.shape[1:], reach, strict=True) if size < span]
    if short:
        raise InputError(
            f"inputs have a side of {short[0]} positions with padding; allowed are sides that the "
            f"window, which reaches over {shape_text(reach)}, fits into"
        )
    views = numpy.lib.stride_tricks.sliding_window_view(image, reach, tuple(axes))
    steps = (slice(None), *(slice(None, None, stride) for stride in layer.stride))
    taps = tuple(slice(None, None, gap) for gap in layer.dilation)
    chosen = views[(*steps, *taps)]
    order = (0, *range(layer.dims + 1, 2 * layer.dims + 1), *axes)
    turned = chosen.transpose(order)
    return turned.reshape(*turned.shape[: layer.dims + 1], -1)


def output_error(left: Array, whole: Array, moments: Sequence[Array]) -> float:
    """The relative error of outputs, ‖outputs − outputs of the factors‖ / ‖outputs‖.

    Args:
        left: what the factors leave of the kernel, (n, m/groups, *window). whole: the kernel.
        moments: of every group's inputs.
    """

    def square(kernel: Array) -> float:
        parts = numpy.split(kernel.reshape(len(kernel), -1), len(moments))
        return sum(
            float(numpy.vdot(part @ moment, part))
            for part, moment in zip(parts, moments, strict=True)
        )

    above, below = max(square(left), 0.0), square(whole)
    return float(numpy.sqrt(above / below)) if below else (0.0 if above == 0 else numpy.inf)
