"""The rank before the largest drop of the singular values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_NOISE = 1e-7  # of the largest singular value: what Gram matrices in double precision leave


def gap_rank(values: Array, rows: int, columns: int) -> int:
    """Where the quotient of a singular value and the next one is largest; 1 of a single one."""
    floor = max(float(values[0]) * _NOISE, numpy.finfo(float).tiny)
    level = numpy.maximum(values, floor)
    return 1 + int(numpy.argmax(level[:-1] / level[1:])) if len(level) > 1 else 1
