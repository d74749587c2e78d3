"""Design spaces: one or two sizes or hyper-parameters vary, everything else stays.

The counting rules run once on NumPy arrays. Whether int64 can hold every cell is decided before:
costs grow (or shrink) steadily with every size, so the corners of the box, counted once in Python
ints, bound all cells; where they are too large the arrays hold Python ints instead. Cells that no
layer can have (channels that the groups do not divide) are missing, never zero.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from costmodel import expression
from costmodel.arith import Number, is_exact
from costmodel.counting import Counts, count
from costmodel.errors import CostModelError, InputError, unknown
from costmodel.layer import ConvLayer
from costmodel.metrics import METRICS
from costmodel.table import Table
from costmodel.variant import VARIANTS, Hyper, Variant

if TYPE_CHECKING:
    import numpy

#: Cells of a sweep (per variant); more is refused, so that no request takes minutes.
MAX_CELLS = 10_000
_REMEMBERED_CELLS = 500
# Intermediate products can be larger than the total that they end in (a division comes last): this
# leaves ten bits for them, and every cell is also exact as a double in a chart.
_MAX_CORNER = 2**53

#: Fields of a layer that can vary, with their label and the fields that get the value.
LAYER_AXES: dict[str, tuple[str, tuple[str, ...]]] = {
    "in_channels": ("input channels", ("in_channels",)),
    "out_channels": ("output channels", ("out_channels",)),
    "channels": ("input and output channels", ("in_channels", "out_channels")),
    "size": ("input height and width", ("size",)),
    "kernel": ("kernel side", ("kernel",)),
    "stride": ("stride", ("stride",)),
    "dilation": ("dilation", ("dilation",)),
    "batch": ("batch", ("batch",)),
}


@dataclass(frozen=True)
class Axis:
    """Something that can vary.

    key: a key of `LAYER_AXES`, or "variant.letter". label: for people. low, high: the range that
    makes sense on the layer (larger values may be allowed too). current: its value there.
    """

    key: str
    label: str
    low: int
    high: int
    current: int

    @property
    def variant(self) -> str:
        """The id of the only variant that it changes, "" for an axis of the layer."""
        return self.key.partition(".")[0] if "." in self.key else ""

    @property
    def letter(self) -> str:
        """The letter of the hyper-parameter, "" for an axis of the layer."""
        return self.key.partition(".")[2]


@dataclass(frozen=True)
class Sweep:
    """The cells of a design space.

    axes: key → values, one or two of them. layer, hyper: what stays. cells: (variant id, metric
    key) → an array with one dimension per axis, of exact integers, None where nothing fits.
    baseline: the same for the variant that ratios refer to, by metric.
    """

    layer: ConvLayer
    axes: Mapping[str, tuple[int, ...]]
    cells: Mapping[tuple[str, str], numpy.ndarray[Any, Any]]
    baseline: Mapping[str, numpy.ndarray[Any, Any]]

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
        columns = (*self.axes, "variant", *metrics, *(f"{metric}_ratio" for metric in metrics))
        return Table(columns, rows, tuple(f"{m}: {METRICS[m].stated()}." for m in metrics))


def axes(layer: ConvLayer, variants: Iterable[Variant], **hyper: Number) -> list[Axis]:
    """What can vary on a layer: its own sizes first, then the hyper-parameters of the variants.

    `hyper` holds current values ("basis.b" or "b"); real-valued hyper-parameters are left out.
    """
    found = [
        Axis(key, label, 1, _layer_limit(layer, key), _current(layer, fields))
        for key, (label, fields) in LAYER_AXES.items()
    ]
    for variant in variants:
        found += hyper_axes(layer, variant, **hyper)
    return found


def hyper_axes(layer: ConvLayer, variant: Variant, **hyper: Number) -> list[Axis]:
    """The integer hyper-parameters of one variant as axes; none where it does not fit the layer."""
    try:
        bound = count(variant, layer, **values_for(variant, hyper)).bound
    except CostModelError:
        return []
    return [
        Axis(
            f"{variant.id}.{letter}",
            f"{letter}: {declared.meaning}",
            declared.low,
            _hyper_limit(declared, bound.env),
            bound.hyper[letter],
        )
        for letter, declared in variant.hyper.items()
        if not declared.real
    ]


def values_for(variant: Variant, hyper: Mapping[str, Number]) -> dict[str, Number]:
    """The values meant for one variant among `b=4` and `basis.b=4`; the latter wins."""
    return {
        letter: hyper.get(f"{variant.id}.{letter}", hyper.get(letter))
        for letter in variant.hyper
        if f"{variant.id}.{letter}" in hyper or letter in hyper
    }


def spaced(low: int, high: int, most: int) -> tuple[int, ...]:
    """At most `most` different integers from `low` to `high`, both included, evenly spread."""
    if high - low < most:
        return tuple(range(low, high + 1))
    step = high - low
    return tuple(dict.fromkeys(low + step * i // (most - 1) for i in range(most)))


def fitting_values(
    variant: Variant, layer: ConvLayer, axis: Axis, most: int, **hyper: Number
) -> tuple[int, ...]:
    """Values of a hyper-parameter that fit the layer: all of its range, or `most` of them.

    The current value is always among them.
    """
    if axis.high - axis.low < MAX_CELLS:
        values = tuple(range(axis.low, axis.high + 1))
    else:
        values = spaced(axis.low, axis.high, most)
    cells = sweep([variant], layer, {axis.key: values}, ("params",), **hyper).cells
    fitting = [v for v, cell in zip(values, cells[variant.id, "params"], strict=True) if cell]
    if fitting == list(range(axis.low, axis.high + 1)):
        return tuple(fitting)
    if len(fitting) > most:
        fitting = [fitting[place] for place in spaced(0, len(fitting) - 1, most)]
    return tuple(sorted({*fitting, axis.current}))


def sweep(
    variants: Iterable[str | Variant],
    layer: ConvLayer,
    axes: Mapping[str, Sequence[int]],
    metrics: Iterable[str] = ("params", "macs"),
    **hyper: Number,
) -> Sweep:
    """Count variants over a design space.

    Args:
        variants: ids or `Variant` values.
        layer: what stays as it is.
        axes: one or two of `LAYER_AXES` or "variant.letter", each with its integer values.
        metrics: keys.
        hyper: further hyper-parameters, `b=4` or `**{"basis.b": 4}`.

    Raises:
        InputError: an unknown axis, too many cells, or a value that is no integer.

    >>> from costmodel import ConvLayer
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> found = sweep(["basis"], layer, {"basis.b": (4, 9)})
    >>> found.cells["basis", "params"].tolist()
    [35072, 78912]
    """
    chosen = [VARIANTS[v] if isinstance(v, str) else v for v in variants]
    keys, grids = _checked(axes, chosen)
    wanted = [METRICS[key].key for key in metrics]
    cells: dict[tuple[str, str], Any] = {}
    for variant in chosen:
        values = values_for(variant, hyper)
        for metric, array in _counted(variant, layer, keys, grids, wanted, values).items():
            cells[variant.id, metric] = array
    baseline = _counted(VARIANTS.baseline, layer, keys, grids, wanted, {})
    return Sweep(layer, dict(zip(keys, grids, strict=True)), cells, baseline)


def _checked(
    axes: Mapping[str, Sequence[int]], variants: Sequence[Variant]
) -> tuple[list[str], list[tuple[int, ...]]]:
    if not 1 <= len(axes) <= 2:
        raise InputError(f"{len(axes)} axes to sweep; allowed are 1 or 2")
    valid = [*LAYER_AXES, *(f"{v.id}.{letter}" for v in variants for letter in v.hyper)]
    cells = 1
    for key, values in axes.items():
        if key not in valid:
            raise InputError(unknown("axis", key, valid))
        if not values:
            raise InputError(f"axis {key!r} has no values; allowed is one or more")
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int):
                raise InputError(f"axis {key!r} holds {value!r}; allowed are integers")
        cells *= len(values)
    if cells > MAX_CELLS:
        raise InputError(f"{cells} cells to count; allowed are up to {MAX_CELLS}")
    return list(axes), [tuple(values) for values in axes.values()]


def _counted(
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
        _Same(variant), layer, tuple(keys), tuple(grids), tuple(metrics), tuple(kept.items())
    )


@dataclass(frozen=True, eq=False)
class _Same:
    """A variant as a cache key: the very same declaration (one's own can be redefined)."""

    variant: Variant

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.variant is other.variant

    def __hash__(self) -> int:
        return id(self.variant)


@lru_cache(maxsize=128)
def _remembered(
    variant: _Same,
    layer: ConvLayer,
    keys: tuple[str, ...],
    grids: tuple[tuple[int, ...], ...],
    metrics: tuple[str, ...],
    hyper: tuple[tuple[str, Number], ...],
) -> Mapping[str, Any]:
    found = _count_all(variant.variant, layer, keys, grids, metrics, dict(hyper))
    for array in found.values():
        array.setflags(write=False)
    return found


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
        found = {
            metric: numpy.broadcast_to(numpy.asarray(counts[metric], dtype=kind), shape)
            for metric in metrics
        }
    except (CostModelError, ValueError, TypeError, ArithmeticError):
        return None  # some cell does not fit, or a rule asks for one number at a time
    for cell, single in probes.items():
        index = tuple(grid.index(value) for grid, value in zip(grids, cell, strict=True))
        if any(found[metric][index] != single[metric] for metric in metrics):
            return None
    return found


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
    return bool(condition.all()) if hasattr(condition, "all") else bool(condition)


def _point(
    variant: Variant, layer: ConvLayer, values: Mapping[str, Number], hyper: Mapping[str, Number]
) -> Counts:
    """Count at one point, or at all of them where the values are arrays."""
    fields: dict[str, Number] = {}
    letters = dict(hyper)
    for key, value in values.items():
        owner, dot, letter = key.partition(".")
        if not dot:
            for field in LAYER_AXES[key][1]:
                fields[field] = (value,) * layer.dims if field == "size" else value
        elif owner == variant.id:
            letters[letter] = value
    return count(variant, layer.replace(**fields) if fields else layer, **letters)


def _current(layer: ConvLayer, fields: Sequence[str]) -> int:
    value = getattr(layer, fields[-1])
    return int(value[-1] if isinstance(value, tuple) else value)


def _layer_limit(layer: ConvLayer, key: str) -> int:
    """A range in which one sees something: twice the present value, and no less than is common."""
    current = _current(layer, LAYER_AXES[key][1])
    common = {"kernel": 11, "stride": 4, "dilation": 6, "batch": 64, "size": 64}.get(key, 256)
    return max(2 * current, common)


def _hyper_limit(declared: Hyper, env: Mapping[str, Number]) -> int:
    """Where a slider should end: `upto` on this layer, within what is allowed."""
    limit = expression.parse(declared.upto).evaluate(env)
    limit = int(limit) if is_exact(limit) else declared.low
    if declared.high is not None:
        limit = min(limit, declared.high)
    return max(limit, declared.low + 1)


@dataclass(frozen=True)
class Crossing:
    """Where a variant costs as much as the baseline on one layer.

    exact: the value of the hyper-parameter as an exact SymPy number. cheaper_below: whether the
    variant is cheaper below that value (above it otherwise).
    """

    metric: str
    letter: str
    exact: Any
    cheaper_below: bool

    @property
    def value(self) -> float:
        """The nearest float."""
        return float(self.exact)

    @property
    def last(self) -> int:
        """The last integer at which the variant is cheaper; 0 where it never is."""
        import sympy

        if self.cheaper_below:
            return int(sympy.ceiling(self.exact)) - 1
        return int(sympy.floor(self.exact)) + 1


def crossing(
    variant: Variant, layer: ConvLayer, letter: str, metric: str = "macs", **hyper: Number
) -> Crossing | None:
    """The exact value of a hyper-parameter at which a variant costs as much as the baseline.

    Args:
        layer: sizes as numbers, with its strides and everything else.
        hyper: values of the other hyper-parameters.

    Returns:
        None where the cost does not cross the baseline's, or is no polynomial of the letter
        (sizes are rounded somewhere).

    Raises:
        CostModelError: an unknown metric or hyper-parameter, or a layer that the variant does not
            fit with the other values.

    >>> from costmodel import VARIANTS, ConvLayer
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> crossing(VARIANTS["basis"], layer, "b").exact
    1152/137
    """
    others = {name: v for name, v in values_for(variant, hyper).items() if name != letter}
    return _crossing(_Same(variant), layer, letter, metric, tuple(others.items()))


@lru_cache(maxsize=512)
def _crossing(
    same: _Same, layer: ConvLayer, letter: str, metric: str, hyper: tuple[tuple[str, Number], ...]
) -> Crossing | None:
    import sympy

    symbol = sympy.Symbol(letter, integer=True, positive=True)
    cost = count(same.variant, layer, **{**dict(hyper), letter: symbol})[metric]
    difference = sympy.together(cost - count(VARIANTS.baseline, layer)[metric])
    try:
        polynomial = sympy.Poly(sympy.fraction(difference)[0], symbol)
        candidates = [root for root in sympy.real_roots(polynomial) if root > 0]
    except (sympy.PolynomialError, NotImplementedError):
        return None
    for root in sorted(set(candidates)):
        before = difference.subs(symbol, root * sympy.Rational(999, 1000))
        after = difference.subs(symbol, root * sympy.Rational(1001, 1000))
        if before * after < 0:
            return Crossing(metric, letter, root, bool(before < 0))
    return None
