"""Grids: one or two sizes or hyper-parameters vary, and every cell is kept; for charts."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from costmodel.comparing.compare import VARIANT, ratio_column
from costmodel.core.hyper import route, together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import InputError, unknown
from costmodel.metrics.metric import METRICS
from costmodel.sweeping.axes import LAYER_AXES, Axis, spaced
from costmodel.sweeping.cells import Counter
from costmodel.sweeping.over import facts_of, overs
from costmodel.sweeping.part import Blocks, part_of
from costmodel.table import Column, Table

if TYPE_CHECKING:
    import numpy

_REMEMBERED_CELLS = 500
#: Seconds that the cells of a grid may take; then it is refused, so that no page waits longer.
LONGEST = 10.0
_BLOCK = 5_000  # cells between two looks at the clock
_EVERY = 10_000  # values of a hyper-parameter that are tried one by one


@dataclass(frozen=True)
class Grid:
    """The cells of a design space.

    axes: key → values, one or two of them. layer: what stays. hyper: by variant, the
    hyper-parameters that stay; the others follow the layer, by their defaults. cells: (variant id,
    metric key) → an array with one dimension per axis, of exact integers, None where nothing fits.
    baseline: the same for the variant that ratios refer to, by metric.
    """

    layer: ConvLayer
    axes: Mapping[str, tuple[int, ...]]
    cells: Mapping[tuple[str, str], numpy.ndarray[Any, Any]]
    baseline: Mapping[str, numpy.ndarray[Any, Any]]
    hyper: Mapping[str, Mapping[str, Number]]

    @property
    def variants(self) -> list[str]:
        """The ids swept, in order."""
        return list(dict.fromkeys(variant for variant, _ in self.cells))

    def ratio(self, variant: str, metric: str) -> numpy.ndarray[Any, Any]:
        """Cells divided by the baseline's, as floats; not-a-number where either is missing."""
        import numpy

        cells, base = self.cells[variant, metric], self.baseline[metric]
        result = numpy.full(cells.shape, numpy.nan)
        for index in numpy.ndindex(cells.shape):
            if cells[index] is not None and base[index]:
                result[index] = cells[index] / base[index]  # int / int rounds once, at any size
        return result

    def to_table(self) -> Table:
        """One row per cell and variant: the axes, the variant, each metric and its ratio."""
        import numpy

        metrics = list(dict.fromkeys(metric for _, metric in self.cells))
        rows = []
        for variant in self.variants:
            ratios = {metric: self.ratio(variant, metric) for metric in metrics}
            for index in numpy.ndindex(*(len(values) for values in self.axes.values())):
                row: dict[str, Any] = {
                    key: values[place]
                    for (key, values), place in zip(self.axes.items(), index, strict=True)
                }
                row["variant"] = variant
                for metric in metrics:
                    row[metric] = self.cells[variant, metric][index]
                    value = float(ratios[metric][index])
                    row[f"{metric}_ratio"] = None if value != value else value
                rows.append(row)
        counted = [METRICS[metric].column() for metric in metrics]
        columns: list[Column | str] = [*self.axes, VARIANT, *counted, *map(ratio_column, counted)]
        return Table(columns, rows, tuple(f"{column.note}." for column in counted))


def on_grid(
    variants: Iterable[str | Variant],
    layer: ConvLayer,
    axes: Mapping[str, Sequence[int]],
    metrics: Iterable[str] = ("params", "macs"),
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Grid:
    """Count variants over a design space.

    Args:
        variants: ids or `Variant` values.
        layer: what stays as it is.
        axes: one or two of `LAYER_AXES` or "variant.letter", each with its integer values.
        metrics: keys.
        hyper, letters: further hyper-parameters, `b=4` or `hyper={"basis.b": 4}`.

    Raises:
        InputError: an unknown axis, a value that is no integer, or cells that take longer than
            `LONGEST` to count.

    >>> from costmodel import ConvLayer
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> found = on_grid(["basis"], layer, {"basis.b": (4, 9)})
    >>> found.cells["basis", "params"].tolist()
    [35072, 78912]
    """
    chosen = list(map(VARIANTS.of, variants))
    axes = _checked(axes, chosen)
    wanted = [METRICS[key].key for key in metrics]
    cells: dict[tuple[str, str], Any] = {}
    given = route(chosen, together(hyper, letters))
    for variant in chosen:
        values = given[variant.id]
        for metric, array in _counted(variant, layer, axes, wanted, values).items():
            cells[variant.id, metric] = array
    baseline = _counted(VARIANTS.baseline, layer, axes, wanted, {})
    kept = {
        variant.id: {k: v for k, v in given[variant.id].items() if f"{variant.id}.{k}" not in axes}
        for variant in chosen
    }
    return Grid(layer, axes, cells, baseline, kept)


def _counted(
    variant: Variant,
    layer: ConvLayer,
    axes: Mapping[str, tuple[int, ...]],
    metrics: Sequence[str],
    hyper: Mapping[str, Number],
) -> Mapping[str, Any]:
    """`_all`, remembered where it is small: a page asks again after every move.

    What the axes replace does not matter, and must not make two requests look different.
    """
    kept = {name: value for name, value in hyper.items() if f"{variant.id}.{name}" not in axes}
    cells = math.prod(map(len, axes.values()))
    remembered = _all if cells <= _REMEMBERED_CELLS else _all.__wrapped__
    return remembered(variant, layer, tuple(axes.items()), tuple(metrics), tuple(kept.items()))


@lru_cache(maxsize=128)
def _all(
    variant: Variant,
    layer: ConvLayer,
    all_axes: tuple[tuple[str, tuple[int, ...]], ...],
    metrics: tuple[str, ...],
    hyper: tuple[tuple[str, Number], ...],
) -> Mapping[str, Any]:
    """Every metric in every cell, as arrays of Python ints with None for what does not fit."""
    import numpy

    axes = dict(all_axes)
    given = {k: v for k, v in axes.items() if k in LAYER_AXES or k.startswith(f"{variant.id}.")}
    own = overs(given, [variant], layer.dims)
    part = part_of(variant, facts_of(layer), dict(hyper), own, metrics)
    counter, blocks = Counter(part, metrics), Blocks(part.shape, _BLOCK)
    found = {metric: numpy.full(part.shape, None, dtype=object) for metric in metrics}
    end = time.monotonic() + LONGEST
    for number in range(len(blocks)):
        if number and time.monotonic() > end:
            raise InputError(
                f"{variant.id}: {part.points:,} cells took longer than {LONGEST:g} s, of which "
                f"{number * part.points // len(blocks):,} were counted; allowed are fewer cells"
            )
        box = blocks[number]
        cells = counter.cells(box)
        place: Any = (*(slice(*ends) for ends in box), ...)  # a view, also of no axes
        fits = numpy.broadcast_to(cells.fits, cells.shape)
        if fits.any():
            for metric, whole in found.items():
                value = numpy.asarray(cells.values[metric], dtype=object)
                whole[place][fits] = numpy.broadcast_to(value, cells.shape)[fits]
    # a variant without one of the axes is the same along it
    shape = tuple(map(len, axes.values()))
    inner = tuple(len(v) if any(o.name == k for o in own) else 1 for k, v in axes.items())
    result = {}
    for metric, whole in found.items():
        result[metric] = numpy.broadcast_to(whole.reshape(inner), shape).copy()
        result[metric].setflags(write=False)
    return result


def _checked(
    axes: Mapping[str, Sequence[int]], variants: Sequence[Variant]
) -> dict[str, tuple[int, ...]]:
    if not 1 <= len(axes) <= 2:
        raise InputError(f"{len(axes)} axes to sweep; allowed are 1 or 2")
    valid = [*LAYER_AXES, *(f"{v.id}.{letter}" for v in variants for letter in v.hyper)]
    for key, values in axes.items():
        if key not in valid:
            raise InputError(unknown("axis", key, valid))
        if not values:
            raise InputError(f"axis {key!r} has no values; allowed is one or more")
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int):
                raise InputError(f"axis {key!r} holds {value!r}; allowed are integers")
    return {key: tuple(values) for key, values in axes.items()}


def fitting_values(
    variant: Variant,
    layer: ConvLayer,
    axis: Axis,
    most: int,
    hyper: Mapping[str, Number] | None = None,
) -> tuple[int, ...]:
    """Values of a hyper-parameter that fit the layer: all of its range, or `most` of them.

    The current value is always among them.
    """
    if axis.high - axis.low < _EVERY:
        values = tuple(range(axis.low, axis.high + 1))
    else:
        values = spaced(axis.low, axis.high, most)
    cells = on_grid([variant], layer, {axis.key: values}, ("params",), hyper=hyper).cells
    fitting = [v for v, cell in zip(values, cells[variant.id, "params"], strict=True) if cell]
    if fitting == list(range(axis.low, axis.high + 1)):
        return tuple(fitting)
    if len(fitting) > most:
        fitting = [fitting[place] for place in spaced(0, len(fitting) - 1, most)]
    return tuple(sorted({*fitting, axis.current}))
