"""Reducing a space without writing rows: blocks are counted, points picked, results merged."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from costmodel.sweeping.cells import Counter
from costmodel.sweeping.compiling import has_numba
from costmodel.sweeping.fused import Fused, fused
from costmodel.sweeping.part import Blocks, Box, Digits
from costmodel.sweeping.picking import Points, Rule, together
from costmodel.sweeping.program import Impossible, Program, Untraced
from costmodel.sweeping.running import kept
from costmodel.sweeping.space import Space

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

#: Points of a block: enough that Python's part of the work does not count.
BLOCK = 1 << 20
#: Points of a variant from which a compiled loop pays: it takes seconds to compile.
COMPILED_FROM = 20_000_000


@dataclass(frozen=True)
class Result:
    """Some blocks' points: those picked, and how many there are.

    rows: that fit and meet the conditions. misfits: that fit no layer. outside: that fit and do
    not meet the conditions.
    """

    picked: Points
    rows: int
    misfits: int
    outside: int

    @property
    def points(self) -> int:
        """All of them."""
        return self.rows + self.misfits + self.outside


def merged(rule: Rule, one: Result, other: Result) -> Result:
    """Both as one."""
    return Result(
        rule.pick(together(one.picked, other.picked)),
        one.rows + other.rows,
        one.misfits + other.misfits,
        one.outside + other.outside,
    )


class Reducer:
    """Counts and picks in the blocks of a space; what is traced and compiled is kept.

    compiled: whether loops are, None where that pays and Numba is installed.
    """

    def __init__(self, space: Space, rule: Rule, compiled: bool | None = None) -> None:
        self.space, self.rule = space, rule
        self.blocks = [Blocks(part.shape, BLOCK) for part in space.parts]
        self._counters = [Counter(part, rule.keys) for part in space.parts]
        self._compiled = [
            has_numba() and part.points >= COMPILED_FROM if compiled is None else compiled
            for part in space.parts
        ]
        self._loops: dict[tuple[int, Digits], Fused | None] = {}
        self._tables: dict[tuple[int, Digits], list[Array]] = {}
        self._words: dict[tuple[int, Digits], bool] = {}

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def reduced(self, first: int, last: int) -> Result:
        """What blocks from one number to another (not with it) come to."""
        result: Result | None = None
        for number in range(first, last):
            for found in self._block(number, result.picked if result else None):
                result = found if result is None else merged(self.rule, result, found)
        assert result is not None
        return result

    def _block(self, number: int, before: Points | None) -> Iterator[Result]:
        for place, blocks in enumerate(self.blocks):
            if number < len(blocks):
                counter = self._counters[place]
                for choice, box in counter.pieces(blocks[number]):
                    yield self._piece(place, choice, box, before)
                return
            number -= len(blocks)

    def _piece(self, place: int, choice: Digits, box: Box, before: Points | None) -> Result:
        counter = self._counters[place]
        if self._compiled[place]:
            try:
                program = counter.program(choice)
            except (Impossible, Untraced):
                program = None
            if program is not None and self._within_word(place, choice, program, box):
                found = self._looped(place, choice, program, box, before)
                if found is not None:
                    return found
        return self._arrays(place, box)

    def _within_word(self, place: int, choice: Digits, program: Program, box: Box) -> bool:
        """Whether machine words hold a box; asked once where they hold the whole space."""
        key = (place, choice)
        if key not in self._words:
            whole = tuple((0, size) for size in self.space.parts[place].shape)
            fixed = dict(zip(self._counters[place].choices, choice, strict=True))
            ends = ((fixed[i], fixed[i] + 1) if i in fixed else e for i, e in enumerate(whole))
            self._words[key] = program.within_word(tuple(ends))
        return self._words[key] or program.within_word(box)

    def _arrays(self, place: int, box: Box) -> Result:
        import numpy

        counter = self._counters[place]
        cells = counter.cells(box)
        rows = cells.fitting
        size = int(numpy.prod([high - low for low, high in box], dtype=object))
        columns = [cells.column(key) for key in self.rule.keys]
        values = numpy.stack(columns, axis=1) if columns else numpy.zeros((rows, 0), numpy.int64)
        numbers = self._numbers(place, box)[numpy.broadcast_to(cells.fits, cells.shape)]
        parts = numpy.full(rows, place, dtype=numpy.int32)
        picked = self.rule.pick(Points(values, parts, numbers))
        return Result(picked, rows, size - rows - cells.outside, cells.outside)

    def _numbers(self, place: int, box: Box) -> Array:
        """The number of every point of a box."""
        import numpy

        number: Any = numpy.zeros((1,) * len(box), dtype=numpy.int64)
        stride = 1
        for axis in reversed(range(len(box))):
            across = [-1 if other == axis else 1 for other in range(len(box))]
            number = number + numpy.arange(*box[axis]).reshape(across) * stride
            stride *= len(self.space.parts[place].axes[axis])
        return number

    def _looped(
        self, place: int, choice: Digits, program: Program, box: Box, before: Points | None
    ) -> Result | None:
        """By a compiled loop; None where it leaves points in doubt or cannot be compiled."""
        import numpy

        loop = self._loop(place, choice, program)
        if loop is None:
            return None
        size = int(numpy.prod([high - low for low, high in box], dtype=object))
        numbers = numpy.empty(size, dtype=numpy.int64)
        values = numpy.empty((size, max(1, len(self.rule.keys))), dtype=numpy.int64)
        limit, edges = self.rule.filter(before)
        ends = numpy.array(box, dtype=numpy.int64).reshape(len(box), 2)
        picked, fits, inside, doubt = loop.loop(
            *self._tables[place, choice], ends, limit, edges, numbers, values
        )
        if doubt:
            return None
        parts = numpy.full(picked, place, dtype=numpy.int32)
        own = Points(values[:picked, : len(self.rule.keys)].copy(), parts, numbers[:picked].copy())
        return Result(self.rule.pick(own), inside, size - fits, fits - inside)

    def _loop(self, place: int, choice: Digits, program: Program) -> Fused | None:
        key = (place, choice)
        if key not in self._loops:
            import numpy

            whole = all(
                isinstance(program.values[k], int) or k in program.sums for k in self.rule.keys
            )
            shape = self.space.parts[place].shape
            loop = fused(program, self.rule.keys, self.rule.test, shape) if whole else None
            self._tables[key] = [
                numpy.array(table, dtype=numpy.int64) for _, table in program.inputs.values()
            ]
            self._loops[key] = loop
        return self._loops[key]


def chunks(blocks: int, most: int) -> list[tuple[int, int]]:
    """Numbers of blocks in at most so many runs of them, each as long as the others or one less."""
    count = max(1, min(blocks, most))
    ends = [blocks * place // count for place in range(count + 1)]
    return list(itertools.pairwise(ends))


def reduced(
    space: Space, rule: Rule, compiled: bool | None, pieces: Sequence[tuple[int, int]], number: int
) -> Result:
    """What one run of blocks comes to, wherever this is called."""
    return _reducer((space, rule, compiled)).reduced(*pieces[number])


_reducer = kept(
    lambda key: Reducer(*key), key=lambda key: f"{key[0].fingerprint} {key[1]!r} {key[2]}"
)
