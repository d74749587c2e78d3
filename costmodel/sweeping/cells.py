"""Counting the points of a box, all at once where the rules can be traced, else one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import plain
from costmodel.errors import CostModelError
from costmodel.sweeping.arrays import Kernel, kernel
from costmodel.sweeping.part import Box, Digits, Part
from costmodel.sweeping.program import Impossible, Program, Untraced, program

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]


@dataclass(frozen=True)
class Cells:
    """The counts in a box.

    shape: points along each axis. fits: where a layer and the variant exist, and the conditions
    hold; an array that is broadcast to the shape. outside: how many points exist and do not meet
    the conditions. values: metrics by key and hyper-parameters as ("hyper", letter), each one
    number or an array that is broadcast to the shape; anything where nothing fits.
    """

    shape: tuple[int, ...]
    fits: Array
    outside: int
    values: Mapping[Any, Any]

    @property
    def fitting(self) -> int:
        """How many points fit."""
        import numpy

        return int(numpy.broadcast_to(self.fits, self.shape).sum())

    def column(self, key: Any) -> Array:
        """The values of the points that fit, in their order."""
        import numpy

        value = self.values.get(key)
        whole: Any = numpy.broadcast_to(numpy.asarray(value, dtype=_kind(value)), self.shape)
        fits = numpy.broadcast_to(self.fits, self.shape)
        return whole.reshape(-1) if fits.all() else whole[fits]


class Counter:
    """Counts the points of a part; what is traced and compiled is kept.

    keys: the values that are wanted, None for all. fixed: axes that are looked at value by value,
    beside those whose values are no integers.
    """

    def __init__(
        self, part: Part, keys: Sequence[Any] | None = None, fixed: frozenset[int] = frozenset()
    ) -> None:
        self.part, self.keys, self.fixed = part, keys, fixed
        self.choices = [i for i, over in enumerate(part.axes) if over.tables is None or i in fixed]
        self._programs: dict[Digits, Program | CostModelError] = {}
        self._kernels: dict[Digits, Kernel] = {}
        self._tables: dict[tuple[Digits, str, bool], Array] = {}
        self._inside: dict[frozenset[int], Counter] = {}

    def cells(self, box: Box) -> Cells:
        """The counts in a box."""
        pieces = [(choice, self._cells(choice, inner)) for choice, inner in self._pieces(box)]
        return pieces[0][1] if len(pieces) == 1 else self._joined(box, pieces)

    def program(self, choice: Digits) -> Program:
        """The program with the axes that hold no integers at these places.

        Raises what `program.program` does.
        """
        if choice not in self._programs:
            chosen = {
                over.name: over.values[digit]
                for over, digit in zip(
                    (self.part.axes[i] for i in self.choices), choice, strict=True
                )
            }
            try:
                self._programs[choice] = program(self.part, chosen)
            except CostModelError as error:
                self._programs[choice] = error
        found = self._programs[choice]
        if isinstance(found, CostModelError):
            raise found
        return found

    def pieces(self, box: Box) -> Iterator[tuple[Digits, Box]]:
        """The parts of a box with one program each."""
        return self._pieces(box)

    def _pieces(self, box: Box) -> Iterator[tuple[Digits, Box]]:
        for choice in itertools.product(*(range(*box[i]) for i in self.choices)):
            fixed = dict(zip(self.choices, choice, strict=True))
            yield (
                choice,
                tuple(
                    (fixed[i], fixed[i] + 1) if i in fixed else ends for i, ends in enumerate(box)
                ),
            )

    def _cells(self, choice: Digits, box: Box) -> Cells:
        import numpy

        shape = tuple(high - low for low, high in box)
        try:
            found = self.program(choice)
        except Impossible:
            return Cells(shape, numpy.zeros((1,) * len(shape), dtype=bool), 0, {})
        except Untraced:
            return self._one_by_one(box, shape)
        word = found.within_word(box)
        sizes = {
            name: self._table(choice, name, word)[slice(*box[axis])].reshape(
                [-1 if place == axis else 1 for place in range(len(shape))]
            )
            for name, (axis, _) in found.inputs.items()
        }
        with numpy.errstate(all="ignore"):
            met, values = self._kernel(choice, found).function(**sizes)
        fits = numpy.ones((1,) * len(shape), dtype=bool)
        doubtful = numpy.zeros_like(fits)
        for guard, at in zip(found.guards, met, strict=False):
            if guard.open:
                doubtful = doubtful | numpy.asarray(at, dtype=bool)
            else:
                fits = fits & ~numpy.asarray(at, dtype=bool)
        counted = dict(found.values) | dict(zip(self._wanted(found), values, strict=True))
        inside = fits
        for at in met[len(found.guards) :]:
            inside = inside & ~numpy.asarray(at, dtype=bool)
        outside = _size(fits, shape) - _size(inside, shape)
        if (doubtful & fits).any():
            axes = frozenset(
                found.inputs[name][0]
                for guard in found.guards
                if guard.open
                for atom in guard.value.atoms()
                if (name := getattr(atom, "name", "")) in found.inputs
            )
            return self._settled(box, (fits, inside, doubtful), counted, axes)
        return Cells(shape, inside, outside, counted)

    def _wanted(self, found: Program) -> list[Any]:
        return [key for key in found.sums if self.keys is None or key in self.keys]

    def _kernel(self, choice: Digits, found: Program) -> Kernel:
        if choice not in self._kernels:
            levels = {name: axis + 1 for name, (axis, _) in found.inputs.items()}
            guards = (*found.guards, *found.outside)
            sums = [found.sums[key] for key in self._wanted(found)]
            self._kernels[choice] = kernel(levels, guards, sums)
        return self._kernels[choice]

    def _table(self, choice: Digits, name: str, word: bool) -> Array:
        import numpy

        key = (choice, name, word)
        if key not in self._tables:
            table = self.program(choice).inputs[name][1]
            self._tables[key] = numpy.array(table, dtype=numpy.int64 if word else object)
        return self._tables[key]

    # -- points that are counted by themselves -----------------------------------------------------
    def _settled(
        self, box: Box, masks: tuple[Any, Any, Any], counted: dict[Any, Any], axes: frozenset[int]
    ) -> Cells:
        """The cells once those in doubt are counted at single values of the axes that matter.

        There the rules know whether a stage is empty, and take the way of single counts.
        """
        import numpy

        shape = tuple(high - low for low, high in box)
        fits, inside, doubtful = (numpy.broadcast_to(mask, shape).copy() for mask in masks)
        full = {
            key: numpy.broadcast_to(numpy.asarray(value, dtype=_kind(value)), shape).copy()
            for key, value in counted.items()
        }
        closer = self._inside.setdefault(axes, Counter(self.part, self.keys, self.fixed | axes))
        rest = tuple(axis for axis in range(len(shape)) if axis not in axes)
        order, outside = sorted(axes), 0
        for place in numpy.argwhere((doubtful & fits).any(axis=rest)).tolist():
            where: list[Any] = [slice(None)] * len(shape)
            small = list(box)
            for axis, digit in zip(order, place, strict=True):
                where[axis] = slice(digit, digit + 1)
                small[axis] = (box[axis][0] + digit, box[axis][0] + digit + 1)
            cells, at = closer.cells(tuple(small)), tuple(where)
            inside[at] = cells.fits
            fits[at] = False  # those outside are counted by themselves
            outside += cells.outside
            for key in full:
                value = numpy.asarray(cells.values.get(key, 0))
                kind = _kind(cells.values.get(key, 0))
                if kind != full[key].dtype and full[key].dtype != object:
                    full[key] = full[key].astype(object)
                full[key][at] = value
        outside += int((fits & ~inside).sum())
        return Cells(shape, inside, outside, full)

    def _one_by_one(self, box: Box, shape: tuple[int, ...]) -> Cells:
        import numpy

        keys = [*self.part.metrics, *(("hyper", name) for name in self.part.variant.hyper)]
        inside, outside = numpy.zeros(shape, dtype=bool), 0
        full = {key: numpy.full(shape, None, dtype=object) for key in keys}
        for place in numpy.ndindex(shape):
            found = self._alone([low + d for (low, _), d in zip(box, place, strict=True)])
            if found is None:
                continue
            inside[place] = found[0]
            outside += not found[0]
            for key in keys:
                full[key][place] = found[1][key]
        return Cells(shape, inside, outside, full)

    def _alone(self, digits: Sequence[int]) -> tuple[bool, dict[Any, Any]] | None:
        """Whether one point meets the conditions, and its values; None where it does not fit."""
        counts = self.part.alone(digits)
        if counts is None:
            return None
        try:
            values = {key: counts[key] for key in self.part.metrics}
            inside = all(
                condition.concerns(self.part.variant) and condition.holds(counts)
                for condition in self.part.where
            )
        except CostModelError:
            inside, values = False, dict.fromkeys(self.part.metrics)
        return inside, values | {("hyper", name): v for name, v in counts.hyper.items()}

    def _joined(self, box: Box, pieces: Sequence[tuple[Digits, Cells]]) -> Cells:
        """The pieces of a box as one."""
        import numpy

        shape = tuple(high - low for low, high in box)
        fits = numpy.zeros(shape, dtype=bool)
        full: dict[Any, Any] = {}
        for choice, cells in pieces:
            where: list[Any] = [slice(None)] * len(shape)
            for axis, digit in zip(self.choices, choice, strict=True):
                where[axis] = slice(digit - box[axis][0], digit - box[axis][0] + 1)
            fits[tuple(where)] = cells.fits
            for key, value in cells.values.items():
                kind = _kind(value)
                present = full.setdefault(key, numpy.zeros(shape, dtype=kind))
                if kind != present.dtype and present.dtype != object:
                    present = full[key] = present.astype(object)
                present[tuple(where)] = value
        return Cells(shape, fits, sum(cells.outside for _, cells in pieces), full)


def _kind(value: Any) -> Any:
    """int64 where that holds a value or an array, else Python objects."""
    import numpy

    if hasattr(value, "dtype"):
        return value.dtype
    value = plain(value)
    return numpy.int64 if type(value) is int and abs(value) < 2**63 else object


def _size(mask: Any, shape: tuple[int, ...]) -> int:
    """How many points of a shape a smaller mask has."""
    import numpy

    return int(numpy.broadcast_to(mask, shape).sum())
