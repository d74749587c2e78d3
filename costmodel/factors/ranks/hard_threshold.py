"""The optimal hard threshold for singular values under noise of unknown size.

Gavish, Donoho, The optimal hard threshold for singular values is 4/√3, IEEE Transactions on
Information Theory 60(8), 2014: ω(β) times the median singular value, with the cubic that they give
for ω.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def hard_threshold_rank(values: Array, rows: int, columns: int) -> int:
    """How many of all min(rows, columns) singular values of a matrix are above the threshold."""
    short, long = sorted((rows, columns))
    beta = short / long
    omega = 0.56 * beta**3 - 0.95 * beta**2 + 1.82 * beta + 1.43
    return int((numpy.asarray(values) > omega * numpy.median(values)).sum())
