"""Rows of a block, column by column: numbers as arrays, texts once each with their codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from costmodel.sweeping.cells import Cells, Counter
from costmodel.sweeping.over import written
from costmodel.sweeping.part import Blocks, Box, Part
from costmodel.sweeping.space import Place, Space

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

#: Points of a block of rows: what is lost at most where a run is stopped.
BLOCK = 1 << 18


@dataclass(frozen=True)
class Values:
    """The cells of one column.

    numbers: an array of int64, of Python numbers, or None. texts: the cells that there are, where
    `codes` says which one stands in which row; one code for all rows is an int.
    """

    place: Place
    numbers: Array | None = None
    texts: Sequence[Any] = ()
    codes: Array | int = 0


@dataclass(frozen=True)
class Rows:
    """Rows that follow one another.

    misfits: points among them that fit no layer. outside: those that meet no conditions. Neither
    is a row.
    """

    number: int
    columns: tuple[Values, ...]
    points: int
    misfits: int
    outside: int


class Source:
    """The blocks of rows of a space, each of which can be had by itself."""

    def __init__(self, space: Space, most: int = BLOCK) -> None:
        self.space = space
        self._blocks = [Blocks(part.shape, most) for part in space.parts]
        wanted = [place.source for place in space.shown]
        self._counters = [Counter(part, wanted) for part in space.parts]

    def __len__(self) -> int:
        return sum(map(len, self._blocks))

    def __getitem__(self, number: int) -> Rows:
        for part, blocks, counter in zip(
            self.space.parts, self._blocks, self._counters, strict=True
        ):
            if number < len(blocks):
                box = blocks[number]
                return self._rows(part, box, counter.cells(box))
            number -= len(blocks)
        raise IndexError(number)

    def _rows(self, part: Part, box: Box, cells: Cells) -> Rows:
        import numpy

        fits = numpy.broadcast_to(cells.fits, cells.shape)
        kept = None if fits.all() else numpy.flatnonzero(fits)
        points = int(fits.size)
        number = points if kept is None else len(kept)
        columns = tuple(self._values(place, part, box, cells, kept) for place in self.space.shown)
        return Rows(number, columns, points, points - number - cells.outside, cells.outside)

    def _values(self, place: Place, part: Part, box: Box, cells: Cells, kept: Any) -> Values:
        if place.source == "variant":
            return Values(place, texts=(part.variant.id,))
        kind, name = place.source if isinstance(place.source, tuple) else ("metric", place.source)
        if kind == "field":
            return self._field(place, name, part, box, cells.shape, kept)
        value = cells.values.get(place.source)
        if value is None and not cells.fits.any():
            return Values(place, texts=(None,))
        if not hasattr(value, "dtype"):
            return Values(place, texts=(value,))
        return Values(place, numbers=_flat(value, cells.shape, kept))

    def _field(
        self, place: Place, field: str, part: Part, box: Box, shape: tuple[int, ...], kept: Any
    ) -> Values:
        import numpy

        for axis, over in enumerate(part.axes):
            if field not in over.fields:
                continue
            low, high = box[axis]
            across = [-1 if other == axis else 1 for other in range(len(shape))]
            texts = [written(field, value) for value in over.values[low:high]]
            if place.kind != "text":
                kind = numpy.int64 if place.kind == "integer" else object
                numbers = numpy.array(texts, dtype=kind)
                return Values(place, numbers=_flat(numbers.reshape(across), shape, kept))
            codes = _flat(numpy.arange(high - low, dtype=numpy.int32).reshape(across), shape, kept)
            return Values(place, texts=texts, codes=codes)
        return Values(place, texts=(written(field, part.facts[field]),))


def _flat(value: Any, shape: tuple[int, ...], kept: Any) -> Any:
    import numpy

    whole = numpy.broadcast_to(value, shape).reshape(-1)
    return whole if kept is None else whole[kept]
