"""Weights of few bits: the grid that a tensor, or each of its channels, is rounded to.

The grid is symmetric about zero and uniform: integers times a scale, the largest weight at its end,
as in Jacob et al., Quantization and training of neural networks for efficient integer-arithmetic-
only inference, CVPR 2018, arXiv:1712.05877, section 3, where weights leave out the lowest integer.
So b bits hold the 2^b − 1 integers up to 2^(b−1) − 1. One bit holds a sign, times the mean size,
which is the best scale for it (Rastegari et al., XNOR-Net, ECCV 2016, arXiv:1603.05279, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import as_integer
from costmodel.errors import CostModelError, unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What has a scale of its own: the whole tensor, or each index of its first axis.
SCALES = ("tensor", "channel")
MAX_BITS = 32


@dataclass(frozen=True)
class OnGrid:
    """Weights of few bits.

    integers: in the smallest type that holds them, in the shape of the weights. scale: one number
    that they are multiplied by, or one per index of the first axis.
    """

    integers: NDArray[Any]
    scale: NDArray[Any]

    @property
    def values(self) -> NDArray[Any]:
        """The weights that these stand for, in double precision."""
        whole: NDArray[Any] = self.integers.astype("float64")
        return whole * self.scale.reshape(-1, *[1] * (whole.ndim - 1))


def on_grid(weights: NDArray[Any], bits: int, scales: str = "tensor") -> OnGrid:
    """Round weights to the grid of so many bits.

    Args:
        weights: (n, …), finite.
        bits: of one weight, 1 to 32; its sign is one of them.
        scales: "tensor" for one scale, "channel" for one per index of the first axis.

    Returns:
        The nearest point of the grid for every weight: at most half a scale away from it, for two
        bits or more.

    Raises:
        CostModelError: bits or scales that are not among these.
    """
    import numpy

    bits = checked_bits(bits)
    if scales not in SCALES:
        raise CostModelError(unknown("choice of scales", scales, SCALES))
    exact = numpy.asarray(weights, dtype="float64")
    parts = exact.reshape(exact.shape[0] if scales == "channel" else 1, -1)
    sizes = numpy.abs(parts)
    if bits == 1:
        scale = sizes.mean(1)
        integers = numpy.where(exact < 0, -1, 1)
    else:
        most = 2 ** (bits - 1) - 1
        scale = sizes.max(1) / most
        safe = numpy.where(scale > 0, scale, 1)  # nothing but zeros
        integers = numpy.rint(parts / safe[:, None]).clip(-most, most).reshape(exact.shape)
    word = next(size for size in (8, 16, 32) if bits <= size)
    return OnGrid(integers.astype(f"int{word}"), scale)


def checked_bits(bits: object) -> int:
    """A number of bits; `CostModelError` for another one than 1 to 32."""
    value = as_integer(bits, "bits", 1, CostModelError)
    if value > MAX_BITS:
        raise CostModelError(f"bits is {value}; allowed are 1 to {MAX_BITS}")
    return int(value)
