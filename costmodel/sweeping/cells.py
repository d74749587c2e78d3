"""Counting all cells of a design space: at once on arrays where that is exact, else one by one.

Whether int64 can hold every cell is decided before: costs grow (or shrink) steadily with every
size, so the corners of the box, counted once in Python ints, bound all cells; where they are too
large the arrays hold Python ints instead.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, is_array
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.sweeping.axes import placed

_REMEMBERED_CELLS = 500
# Intermediate products can be larger than the total that they end in (a division comes last): this
# leaves ten bits for them, and every cell is also exact as a double in a chart.
_MAX_CORNER = 2**53


def counted(
    variant: Variant,
    layer: ConvLayer,
    keys: Sequence[str],
    grids: Sequence[tuple[int, ...]],
    metrics: Sequence[str],
    hyper: Mapping[str, Number],
) -> Mapping[str, Any]:
    """`_count_all`, remembered where it is small: a page asks again after every move.

    What the swept axes replace does not matter, and must not make two requests look different.
    """
    kept = {name: value for name, value in hyper.items() if f"{variant.id}.{name}" not in keys}
    cells = 1
    for grid in grids:
        cells *= len(grid)
    if cells > _REMEMBERED_CELLS:
        return _count_all(variant, layer, keys, grids, metrics, kept)
    return _remembered(
        variant, layer, tuple(keys), tuple(grids), tuple(metrics), tuple(kept.items())
    )


@lru_cache(maxsize=128)
def _remembered(
    variant: Variant,
    layer: ConvLayer,
    keys: tuple[str, ...],
    grids: tuple[tuple[int, ...], ...],
    metrics: tuple[str, ...],
    hyper: tuple[tuple[str, Number], ...],
) -> Mapping[str, Any]:
    counted = _count_all(variant, layer, keys, grids, metrics, dict(hyper))
    for array in counted.values():
        array.setflags(write=False)
    return counted


def _count_all(
    variant: Variant,
    layer: ConvLayer,
    keys: Sequence[str],
    grids: Sequence[tuple[int, ...]],
    metrics: Sequence[str],
    hyper: Mapping[str, Number],
) -> dict[str, Any]:
    """Every metric on every cell, as arrays of Python ints with None for what does not fit."""
    import numpy

    def at(values: Sequence[Number]) -> Counts | None:
        try:
            return _point(variant, layer, dict(zip(keys, values, strict=True)), hyper)
        except CostModelError:
            return None

    shape = tuple(len(grid) for grid in grids)
    result = {metric: numpy.full(shape, None, dtype=object) for metric in metrics}
    fast = _vectorised(variant, layer, keys, grids, metrics, hyper, at)
    if fast is not None:
        for metric, array in fast.items():
            result[metric][...] = array.tolist()
        return result
    for index in numpy.ndindex(shape):
        counts = at([grid[place] for grid, place in zip(grids, index, strict=True)])
        if counts is not None:
            for metric in metrics:
                result[metric][index] = counts[metric]
    return result


def _vectorised(
    variant: Variant,
    layer: ConvLayer,
    keys: Sequence[str],
    grids: Sequence[tuple[int, ...]],
    metrics: Sequence[str],
    hyper: Mapping[str, Number],
    at: Any,
) -> dict[str, Any] | None:
    """All cells at once, or None where some do not fit or arrays cannot tell.

    Arrays skip the checks that single values get. So the corners and cells in between are counted
    one by one as well, and must fit and agree.
    """
    import numpy

    ends = [sorted({min(grid), max(grid)}) for grid in grids]
    inner = [sorted({grid[len(grid) // 3], grid[len(grid) * 2 // 3]}) for grid in grids]
    corners = {cell: at(cell) for cell in itertools.product(*ends)}
    probes = corners | {cell: at(cell) for cell in itertools.product(*inner)}
    if any(counts is None for counts in probes.values()):
        return None
    largest = max(counts[metric] for counts in corners.values() for metric in metrics)
    whole = all(METRICS[metric].whole for metric in metrics)  # int64 would cut fractions off
    kind: Any = numpy.int64 if whole and largest <= _MAX_CORNER else object
    arrays = [
        numpy.array(grid, dtype=kind).reshape([-1 if a == b else 1 for b in range(len(grids))])
        for a, grid in enumerate(grids)
    ]
    shape = tuple(len(grid) for grid in grids)
    try:
        counts = _point(variant, layer, dict(zip(keys, arrays, strict=True)), hyper)
        if not _possible(counts):
            return None
        computed = {
            metric: numpy.broadcast_to(numpy.asarray(counts[metric], dtype=kind), shape)
            for metric in metrics
        }
    except (CostModelError, ValueError, TypeError, ArithmeticError):
        return None  # some cell does not fit, or a rule asks for one number at a time
    for cell, single in probes.items():
        index = tuple(grid.index(value) for grid, value in zip(grids, cell, strict=True))
        if any(computed[metric][index] != single[metric] for metric in metrics):
            return None
    return computed


def _possible(counts: Counts) -> bool:
    """Whether all cells have output positions and divisible channels, which arrays do not check."""
    layer = counts.layer
    if not all(_all(out >= 1) for out in layer.out_size):
        return False
    if not all(_all(c % layer.groups == 0) for c in (layer.in_channels, layer.out_channels)):
        return False
    for letter, value in counts.hyper.items():
        declared = counts.variant.hyper[letter]
        if not _all(value >= declared.low):
            return False
        if declared.high is not None and not _all(value <= declared.high):
            return False
    return True


def _all(condition: Any) -> bool:
    return bool(condition.all() if is_array(condition) else condition)


def _point(
    variant: Variant, layer: ConvLayer, values: Mapping[str, Number], hyper: Mapping[str, Number]
) -> Counts:
    """Count at one point, or at all of them where the values are arrays."""
    there, letters = placed(layer, values, hyper, variant)
    return Counts(bind(variant, there, letters))
