"""factorize(): the best factors of a trained kernel, for any variant whose stages are linear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.core.bind import bind
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.factors.assembling import Target, assembled
from costmodel.factors.derive import derive
from costmodel.factors.factors import Factors
from costmodel.factors.fitting import fit
from costmodel.factors.full_rank import check_ranks
from costmodel.factors.inputs import second_moments
from costmodel.factors.kernels import as_kernel, layer_of
from costmodel.factors.quantised import quantised
from costmodel.factors.weighting import fit_outputs


def factorize(
    kernel: Any,
    variant: Variant | str,
    *,
    layer: ConvLayer | None = None,
    groups: int = 1,
    inputs: Any = None,
    bits: int | None = None,
    scales: str = "tensor",
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
        bits: of one weight, 1 to 32, for weights that are rounded to a grid after the fit; a
            variant with word lengths rounds to its own. scales: "tensor" for one scale per stage,
            "channel" for one per output channel of a stage.
        starts: how many starts there are where no closed form is; seed: of the random ones.
        hyper, letters: hyper-parameters by letter; those not given take their defaults.

    Returns:
        The factors and their exact error; with `bits`, `QuantisedFactors`.

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
    target = Target(array, whole, moments)
    arrays = [found.arrays for found in fits]
    factors = assembled(bound, network, arrays, target, fits[0].method, fits[0].optimal)
    if bits is None and known.weight_bits:
        bits = int(bound.hyper[known.weight_bits])
    return factors if bits is None else quantised(factors, target, bits, scales)
