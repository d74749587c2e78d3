"""Factors of few bits: what rounding adds to the error, and what they take in bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import ceil_div
from costmodel.core.stage import BoundStage
from costmodel.core.stage_axes import StageAxes
from costmodel.factors.assembling import Target
from costmodel.factors.factors import Factors
from costmodel.factors.grid import OnGrid, checked_bits, on_grid
from costmodel.factors.read.stored import channels_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

#: Bytes of a scale: single precision.
SCALE_BYTES = 4


@dataclass(frozen=True, eq=False, repr=False)
class QuantisedFactors(Factors):
    """Factors whose weights lie on the grid of a few bits.

    weights: points of the grid. error, output_error: of these, truncation and rounding together.
    bits, scales: of the grid. grids: the integers and scales of every stage, (n, m/groups, *window)
    of its convolution. exact_error: the error before rounding.
    """

    bits: int = 8
    scales: str = "tensor"
    grids: tuple[OnGrid, ...] = field(default=(), repr=False)
    exact_error: float = 0.0

    @property
    def bytes(self) -> int:
        """What they take: every stage's integers packed, and four bytes for each scale."""
        return sum(
            int(ceil_div(grid.integers.size * self.bits, 8)) + SCALE_BYTES * grid.scale.size
            for grid in self.grids
        )

    def __repr__(self) -> str:
        rounded = f"{self.bits} bits per weight, {self.bytes:,} bytes"
        return f"{super().__repr__()[:-1]}, {rounded}>"


def quantised(factors: Factors, target: Target, bits: int, scales: str) -> QuantisedFactors:
    """The same factors rounded to a grid, with the error that they have then.

    Args:
        factors: of the kernel in `target`.
        bits: of one weight, 1 to 32.
        scales: "tensor" for one scale per stage, "channel" for one per output channel of a stage.

    Raises:
        CostModelError: bits or scales that there are not.
    """
    bits = checked_bits(bits)
    grids, weights = [], []
    stages = [factor.stage for factor in factors.network.factors]
    for stage, weight in zip(stages, factors.weights, strict=True):
        grid = on_grid(_outputs_first(stage, weight), bits, scales)
        grids.append(grid)
        weights.append(_outputs_first(stage, grid.values).astype(weight.dtype))
    kept = {part.name: getattr(factors, part.name) for part in fields(Factors)}
    kept |= {"weights": tuple(weights), "optimal": False, "method": f"{factors.method}, rounded"}
    kept |= target.errors(factors.network, tuple(weights))
    return QuantisedFactors(
        **kept, bits=bits, scales=scales, grids=tuple(grids), exact_error=factors.error
    )


def _outputs_first(stage: BoundStage, weight: Array) -> Array:
    """A module's weight with its outputs first, and the other way round."""
    if not stage.transposed:
        return weight
    axes = StageAxes.of(stage)
    return channels_first(weight, axes.size(axes.grouped))
