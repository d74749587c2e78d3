"""Features: what a convolution's time may depend on, as numbers for a model to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, prod
from typing import Any

from costmodel.timing.convolution import CLASSES, Convolution

#: A vector register of single precision, and two caches of today's processors, in numbers.
_LANES = 16
_CACHES = (2**18, 2**20)
#: Channels and columns that kernels take at once; what does not fill the last of them is padding.
_BLOCKS = (8, 16)
_COLUMNS = (4, 14)

NAMES = (
    "log_macs",
    "log_inputs",
    "log_outputs",
    "log_weights",
    "log_values",
    "log_intensity",
    "log_in_channels",
    "log_out_channels",
    "log_groups",
    "log_group_in",
    "log_group_out",
    "log_rows",
    "log_columns",
    "log_positions",
    "taps",
    "rows_of_window",
    "columns_of_window",
    "stride",
    "dilation",
    "in_remainder",
    "out_remainder",
    "column_remainder",
    "beyond_small_cache",
    "beyond_large_cache",
    *(f"{side}_padding_{block}" for block in _BLOCKS for side in ("in", "out")),
    *(f"column_padding_{block}" for block in _COLUMNS),
    "log_products",
    "log_row",
    "log_in_positions",
    "narrower",
    "class",
)


def features(conv: Convolution) -> list[float]:
    """The numbers of `NAMES` for one convolution."""
    rows, columns = (conv.out_grid[0], conv.out_grid[-1])
    grid = conv.in_grid if conv.transposed else conv.out_grid
    inner, outer = conv.in_channels // conv.groups, conv.out_channels // conv.groups
    return [
        log2(conv.macs),
        log2(conv.inputs),
        log2(conv.outputs),
        log2(conv.weights),
        log2(conv.values),
        log2(conv.macs / conv.values),
        log2(conv.in_channels),
        log2(conv.out_channels),
        log2(conv.groups),
        log2(inner),
        log2(outer),
        log2(rows),
        log2(columns),
        log2(prod(grid) * conv.batch),
        conv.taps,
        conv.kernel[0],
        conv.kernel[-1],
        max(conv.stride),
        max(conv.dilation),
        conv.in_channels % _LANES,
        conv.out_channels % _LANES,
        columns % _LANES,
        *(float(conv.values > size) for size in _CACHES),
        *(_padding(count, block) for block in _BLOCKS for count in (inner, outer)),
        *(_padding(columns, block) for block in _COLUMNS),
        log2(inner * conv.taps),
        log2(outer * columns),
        log2(prod(conv.in_grid) * conv.batch),
        min(inner, outer),
        CLASSES.index(conv.kind),
    ]


def _padding(count: int, block: int) -> float:
    """By how much blocks of a size are more than what they hold, as a power of two."""
    return log2(-(-count // block) * block / count)


def matrix(convolutions: Sequence[Convolution]) -> Any:
    """One row of features per convolution, a NumPy array of shape (n, len(NAMES))."""
    import numpy

    return numpy.array([features(conv) for conv in convolutions], dtype=float).reshape(
        len(convolutions), len(NAMES)
    )
