"""Error against cost: what every rank of every variant makes of one trained layer.

One decomposition per variant gives its whole curve; of pairs of ranks only those are kept that no
other pair beats in both. Small enough to be handed from one process to another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from costmodel.comparing.count import count
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, InputError, VariantError, unknown
from costmodel.factors.errors import ERROR, RankErrors, errors
from costmodel.factors.ranks.choose import USUAL, chosen
from costmodel.factors.read.stored import StoredLayer
from costmodel.factors.read.uploads import opened
from costmodel.metrics.metric import METRICS
from costmodel.table import Column, Table

#: Points of one curve; evenly many of them where there are more.
MAX_POINTS = 400
#: What a point costs, by the keys of metrics.
COSTS = ("params", "macs")


@dataclass(frozen=True)
class Point:
    """One choice of ranks: its values by letter, the error, and each cost."""

    ranks: Mapping[str, int]
    error: float
    costs: Mapping[str, int]

    @property
    def text(self) -> str:
        """The ranks: "r1 = 4, r2 = 7"."""
        return ", ".join(f"{name} = {value}" for name, value in self.ranks.items())

    @property
    def row(self) -> dict[str, Any]:
        """Everything, for a table."""
        return {**self.ranks, ERROR.key: self.error, **self.costs}


@dataclass(frozen=True)
class Curve:
    """A variant's errors, the cheapest first, and what methods of choosing ranks take of them."""

    variant: str
    points: tuple[Point, ...]
    picks: Mapping[str, Point]
    notes: tuple[str, ...]

    def to_picks(self) -> Table:
        """A row for each method: the ranks that it takes, their error and cost."""
        rows = [{"method": name, **point.row} for name, point in self.picks.items()]
        return Table((Column("method", "Method"), *self._columns), rows, self.notes)

    def to_points(self) -> Table:
        """A row for each point."""
        return Table(self._columns, [point.row for point in self.points], self.notes)

    @property
    def _columns(self) -> tuple[Column, ...]:
        letters = (Column(name) for name in self.points[0].ranks)
        return (*letters, ERROR, *(METRICS[key].column() for key in COSTS))


@dataclass(frozen=True)
class Curves:
    """All variants of one layer. dense: what the layer itself costs, by the keys of metrics."""

    curves: tuple[Curve, ...]
    dense: Mapping[str, int]


def uploaded_curves(name: str, data: bytes, layer: str) -> Curves:
    """The curves of one layer of a visitor's file; see `read.uploads`."""
    with opened(name, data) as weights:
        known = {stored.name: stored for stored in weights.layers}
        if layer not in known:
            raise InputError(unknown("layer", layer, known))
        return curves(known[layer])


def curves(stored: StoredLayer, variants: Sequence[Variant] | None = None) -> Curves:
    """What every rank of some variants makes of a layer.

    Args:
        stored: the layer; its kernel is read once.
        variants: those whose ranks do not come from one decomposition are left out; the ones of an
            overview unless given.

    Raises:
        InputError: a kernel that is none.
        VariantError: none of the variants has ranks that come from one decomposition here.
    """
    kernel = stored.kernel()
    found = []
    for variant in variants or [v for v in VARIANTS.values() if v.common]:
        try:
            every = errors(kernel, variant, layer=stored.layer)
        except VariantError:
            continue
        if every.letters:
            found.append(_curve(variant.id, every))
    if not found:
        raise VariantError(
            f"layer {stored.name!r} has no variant whose errors come from one decomposition; "
            "allowed are kernels with more than one input and one output channel"
        )
    dense = count(VARIANTS.baseline, stored.layer)
    return Curves(tuple(found), {"params": int(dense.weights), "macs": int(dense.macs)})


def _curve(id: str, every: RankErrors) -> Curve:
    error = numpy.asarray(every.arrays[ERROR.key]).ravel()
    cost = numpy.asarray(every.arrays[COSTS[0]]).ravel()
    order = numpy.lexsort((error, cost))
    best = numpy.minimum.accumulate(error[order])
    first = numpy.concatenate(([True], best[1:] < best[:-1]))  # nothing as cheap is as near
    front = order[first]
    if len(front) > MAX_POINTS:
        front = front[numpy.unique(numpy.linspace(0, len(front) - 1, MAX_POINTS).astype(int))]
    picks = {}
    for method in USUAL:
        try:
            picks[method] = _at(every, chosen(every, method))
        except CostModelError:  # no ranks meet it, or what it needs is not installed
            continue
    return Curve(id, tuple(_point(every, int(place)) for place in front), picks, every.notes)


def _at(every: RankErrors, ranks: Mapping[str, int]) -> Point:
    values = every.decomposition.ranks
    index = [list(map(int, values[name])).index(ranks[name]) for name in every.letters]
    return _point(every, int(numpy.ravel_multi_index(index, every.decomposition.squares.shape)))


def _point(every: RankErrors, place: int) -> Point:
    row: Mapping[str, Any] = every.rows[place]
    ranks = {name: int(row[name]) for name in every.letters}
    return Point(ranks, float(row[ERROR.key]), {key: int(row[key]) for key in COSTS})
