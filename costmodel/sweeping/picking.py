"""Rules that pick points by some of their values: the front that nobody beats, and the least.

Picked points of two blocks are picked again from both, so blocks can be taken in any order, on any
machine, and be put together as a tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from costmodel.errors import InputError
from costmodel.sweeping.fused import BUCKETS, ONE, SHIFT

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

#: Metrics of a front, at most.
MOST = 4
_STRONG = 48  # points of a front that a loop compares with, where it has more than two metrics
_MANY, _SAMPLE, _COMPARED = 20_000, 2_000, 12
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Points:
    """Points by part and by their number in it, with the values that they are picked by."""

    values: Array
    parts: Array
    numbers: Array

    def __len__(self) -> int:
        return len(self.numbers)

    def taken(self, which: Any) -> Points:
        """Some of them."""
        return Points(self.values[which], self.parts[which], self.numbers[which])

    def ordered(self) -> Points:
        """In the order of the values, then of the points."""
        import numpy

        keys = [self.numbers, self.parts, *reversed(self.values.T)]
        return self.taken(numpy.lexsort(keys))


def together(one: Points, other: Points) -> Points:
    """The points of both."""
    import numpy

    pairs = ((one.values, other.values), (one.parts, other.parts), (one.numbers, other.numbers))
    return Points(*(numpy.concatenate(pair) for pair in pairs))


class Rule(Protocol):
    """How points are picked.

    keys: the metrics that they are picked by. test: what a point fulfils that may be picked, as
    `fused` takes it; it never refuses one that is.
    """

    @property
    def keys(self) -> tuple[str, ...]:
        """What is compared."""

    @property
    def test(self) -> str:
        """What may be picked."""

    def pick(self, points: Points) -> Points:
        """The points that are picked from these."""

    def filter(self, picked: Points | None) -> tuple[Array, Array]:
        """`limit` and `edges` of the test, given what was picked before in other blocks."""


@dataclass(frozen=True)
class Nothing:
    """No point is picked: they are only counted."""

    keys: tuple[str, ...] = ()
    test: str = "False"

    def pick(self, points: Points) -> Points:
        """None of them."""
        import numpy

        return points.taken(numpy.zeros(len(points), dtype=bool))

    def filter(self, picked: Points | None) -> tuple[Array, Array]:
        """Nothing to compare with."""
        import numpy

        return numpy.zeros(0, dtype=numpy.int64), numpy.zeros((0, 1), dtype=numpy.int64)


@dataclass(frozen=True)
class Least:
    """The `top` points with the least value; of equal ones those that come first."""

    key: str
    top: int = 1

    def __post_init__(self) -> None:
        if self.top < 1:
            raise InputError(f"top is {self.top}; allowed are integers from 1 up")

    @property
    def keys(self) -> tuple[str, ...]:
        """The metric."""
        return (self.key,)

    @property
    def test(self) -> str:
        """Below the last one that is picked, or equal to it: then the number decides."""
        return "value0 <= limit[0]"

    def pick(self, points: Points) -> Points:
        """The first ones in the order of value and point."""
        if len(points) > 4 * self.top and points.values.dtype.kind == "i":
            import numpy

            last = numpy.partition(points.values[:, 0], self.top - 1)[self.top - 1]
            points = points.taken(points.values[:, 0] <= last)
        ordered = points.ordered()
        return ordered.taken(slice(self.top))

    def filter(self, picked: Points | None) -> tuple[Array, Array]:
        """The largest value that is picked, once there are enough."""
        import numpy

        full = picked is not None and len(picked) == self.top
        limit = int(picked.values[-1, 0]) if picked is not None and full else _LARGEST
        return numpy.array([min(limit, _LARGEST)]), numpy.zeros((0, 1), dtype=numpy.int64)


@dataclass(frozen=True)
class Front:
    """The points that no other one beats: less in one of the metrics and no more in any.

    Of points that are equal in all of them every one is on the front.
    """

    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= MOST or len(set(self.keys)) < len(self.keys):
            raise InputError(
                f"a front of {', '.join(self.keys) or 'no metrics'}; allowed are 1 to {MOST} "
                "different metrics"
            )

    @property
    def test(self) -> str:
        """Not beaten by a point of a lower bucket, or by one of the strong points."""
        if len(self.keys) == 1:
            return "value0 <= limit[0]"
        if len(self.keys) == 2:
            return "value1 < limit[bucket(value0)]"
        values = ", ".join(f"value{place}" for place in range(len(self.keys)))
        return f"unbeaten(edges, ({values}))"

    def pick(self, points: Points) -> Points:
        """The points that none of the others beats, in the order of their values."""
        import numpy

        if not len(points):
            return points
        if len(points) > _MANY:  # what a few of them beat need not be put in order
            some = self.pick(points.taken(slice(None, None, len(points) // _SAMPLE)))
            for best in some.values[:: -(-len(some) // _COMPARED)]:
                worse = (points.values >= best).all(axis=1) & (points.values > best).any(axis=1)
                points = points.taken(~worse)
        ordered = points.ordered()
        values = ordered.values
        new = numpy.concatenate([[True], (values[1:] != values[:-1]).any(axis=1)])
        once = values[new]  # equal points stand and fall together
        kept = _two(once) if len(self.keys) <= 2 else _several(once)
        return ordered.taken(kept[numpy.cumsum(new) - 1])

    def filter(self, picked: Points | None) -> tuple[Array, Array]:
        """The least second value below every bucket of the first one; some strong points."""
        import numpy

        edges = numpy.zeros((0, len(self.keys)), dtype=numpy.int64)
        known = picked is not None and len(picked) and picked.values.dtype.kind == "i"
        if len(self.keys) == 1:
            least = int(picked.values[0, 0]) if picked is not None and known else _LARGEST
            return numpy.array([least]), edges
        if len(self.keys) > 2:
            if picked is not None and known:
                share = -(-len(picked) // _STRONG)
                edges = numpy.ascontiguousarray(picked.values[::share])
            return numpy.zeros(0, dtype=numpy.int64), edges
        limit = numpy.full(BUCKETS, _LARGEST)
        if picked is not None and known:
            bits = picked.values[:, 0].astype(numpy.float64).view(numpy.int64)
            places = numpy.maximum(0, (bits >> SHIFT) - ONE)
            numpy.minimum.at(limit, places, picked.values[:, 1])
            limit = numpy.minimum.accumulate(limit)
            limit = numpy.concatenate([[_LARGEST], limit[:-1]])  # of lower buckets only
        return limit, edges


def _two(values: Array) -> Array:
    """Of different values in lexicographic order, which none of the others beats; up to two."""
    import numpy

    if values.shape[1] == 1:
        return numpy.arange(len(values)) == 0
    second = values[:, 1]
    before = numpy.minimum.accumulate(second)[:-1]
    return numpy.concatenate([[True], second[1:] < before])


def _several(values: Array) -> Array:
    """The same for any number of columns: those that one beats are left out at once.

    A point that beats another one has no larger sum, also where sums are rounded, and is before it
    in lexicographic order; those of small sums beat the most.
    """
    import numpy

    kept = numpy.zeros(len(values), dtype=bool)
    shares = values.astype(float) / numpy.maximum(1.0, values.max(axis=0).astype(float))
    places = numpy.lexsort([*reversed(values.T), shares.sum(axis=1)])
    while len(places):
        first = places[0]  # no later one beats it
        kept[first] = True
        left = (values[places] < values[first]).any(axis=1)
        places = places[left]
    return kept
