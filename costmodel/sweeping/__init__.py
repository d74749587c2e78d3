"""Design spaces: what varies, every cell counted exactly, break-evens, and the best trade-offs.

Cells that no layer can have (channels that the groups do not divide) are missing, never zero.
"""

from __future__ import annotations

from costmodel.sweep.axes import (
    LAYER_AXES,
    Axis,
    axes,
    hyper_axes,
    rounded,
    spaced,
    values_for,
)
from costmodel.sweep.crossing import Crossing, boundary, crossing
from costmodel.sweep.space import MAX_CELLS, Sweep, fitting_values, sweep
from costmodel.sweep.tradeoff import front, trade_off

__all__ = [
    "LAYER_AXES",
    "MAX_CELLS",
    "Axis",
    "Crossing",
    "Sweep",
    "axes",
    "boundary",
    "crossing",
    "fitting_values",
    "front",
    "hyper_axes",
    "rounded",
    "spaced",
    "sweep",
    "trade_off",
    "values_for",
]
