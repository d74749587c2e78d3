"""factorize(): the best factors of a trained kernel, for any variant whose stages are linear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.core.bind import bind
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.factors.derive import derive
from costmodel.factors.factors import Factors, rebuilt, relative
from costmodel.factors.fitting import fit
from costmodel.factors.full_rank import check_ranks
from costmodel.factors.inputs import output_error, second_moments
from costmodel.factors.kernels import as_kernel, layer_of
from costmodel.factors.module_weights import module_weight
from costmodel.factors.weighting import fit_outputs


def factorize(
    kernel: Any,
    variant: Variant | str,
    *,
    layer: ConvLayer | None = None,
    groups: int = 1,
    inputs: Any = None,
    starts: int = 3,
    seed: int = 0,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Factors:
    """The weights of a variant that come nearest to a kernel in the Frobenius norm.

    Two factors are a truncated singular value decomposition, the best there is (Eckart–Young); a
    core with sides is higher-order orthogonal iteration; one factor is a linear least-squares
    problem; all others are alternating least squares. Which it is follows from the axes of the
    stages, so that a variant of one's own factorises like those of the catalogue.

    Args:
        kernel: (n, m/groups, *window), of a linear layer (n, m): an array or a torch tensor. Of a
            transposed convolution outputs come first too.
        variant: a `Variant`, or the id of a registered one.
        layer: the layer that it belongs to, where stride, padding or dilation matter (a window of
            another size than the layer's); one position with the kernel's window unless given.
        groups: of the layer, where no layer is given.
        inputs: a few of the layer's inputs, (images, channels, *size), or (rows, m) for a kernel
            (n, m): the error of the layer's OUTPUTS on them is made small instead of the kernel's,
            and both are reported. No labels are needed.
        starts: how many starts there are where no closed form is; seed: of the random ones.
        hyper, letters: hyper-parameters by letter; those not given take their defaults.

    Raises:
        InputError: no finite floating-point kernel, or not the layer's shape.
        VariantError: a variant that does not fit or that is no single convolution, or a rank above
            full rank.

    >>> import numpy
    >>> kernel = numpy.random.default_rng(0).standard_normal((8, 6, 3, 3))
    >>> factors = factorize(kernel, "channel_svd", r=8)
    >>> [weight.shape for weight in factors.weights], factors.error < 1e-12
    ([(8, 6, 3, 3), (8, 8, 1, 1)], True)
    """
    known, array = VARIANTS.of(variant), as_kernel(kernel)
    place = layer_of(array, known, layer, groups)
    bound = bind(known, place, together(hyper, letters))
    network = derive(bound)
    check_ranks(bound)
    whole = array.astype(float).reshape(-1, *network.shape[1:])
    parts = whole.reshape(-1, *network.shape)
    fits = [fit(network, part, starts, seed) for part in parts]
    moments = None if inputs is None else second_moments(place, inputs)
    if moments is not None:
        fits = [
            fit_outputs(network, part, moment, found)
            for part, moment, found in zip(parts, moments, fits, strict=True)
        ]
    weights = tuple(
        module_weight(factor.stage, [found.arrays[i] for found in fits]).astype(array.dtype)
        for i, factor in enumerate(network.factors)
    )
    left = whole - rebuilt(network, weights)
    return Factors(
        bound,
        weights,
        relative(left, whole),
        fits[0].method,
        fits[0].optimal,
        None if moments is None else output_error(left, whole, moments),
        network=network,
        shape=array.shape,
    )
