"""Options: what may stand in place of a layer, and what each of it costs.

A decision is about the operations that read the same weights, which are replaced alike. Its first
option leaves them as they are; the others are every variant that fits, with values of its
hyper-parameters on a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as crossed
from typing import Any

import numpy

from costmodel.core.bind import bind
from costmodel.core.full_rank import full_ranks
from costmodel.core.names import check_fields
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError
from costmodel.network.change import Choice
from costmodel.network.columns import Quantity
from costmodel.network.operation import NetOp
from costmodel.network.operations import Operations
from costmodel.network.replace import substitute
from costmodel.planning.grid import values_of
from costmodel.sweeping.arrays import kernel
from costmodel.sweeping.bounds import Bounds, Range
from costmodel.sweeping.traced import Trace

#: Which variants may stand in place of an operation.
Allowed = Callable[[NetOp], Sequence[Variant]]


@dataclass(frozen=True)
class Decision:
    """The options of operations that are replaced alike.

    ops: the operations. choices: what may stand in their place; None leaves them as they are, and
    comes first. costs: by a quantity's key, what each option adds to the network's total beside
    the first one: integers, or fractions of metrics that are not whole.
    """

    ops: tuple[NetOp, ...]
    choices: tuple[Choice | None, ...]
    costs: Mapping[str, Sequence[Number]]

    def __len__(self) -> int:
        return len(self.choices)

    def only(self, places: Sequence[int]) -> Decision:
        """The same decision with some of the options."""
        costs = {key: [column[at] for at in places] for key, column in self.costs.items()}
        return Decision(self.ops, tuple(self.choices[at] for at in places), costs)


def decisions(
    network: Operations,
    wanted: Callable[[NetOp], bool],
    allowed: Allowed,
    quantities: Sequence[Quantity],
    multiple_of: int = 1,
) -> list[Decision]:
    """A decision for every layer that is wanted and has trained weights of its own.

    Args:
        wanted: whether an operation may be replaced.
        allowed: the variants that may stand in its place.
        quantities: what is counted.
        multiple_of: the channels between the stages of an option are multiples of it.
    """
    known: dict[Hashable, _Options] = {}
    result = []
    for ops in _alike(network.ops):
        if not all(op.has_weights and wanted(op) for op in ops):
            continue
        variants = [v for v in allowed(ops[0]) if all(v in allowed(op) for op in ops[1:])]
        key = (_sizes(ops), tuple(variant.id for variant in variants))
        if key not in known:
            known[key] = _options(ops, variants, quantities, multiple_of)
        result.append(Decision(tuple(ops), *known[key]))
    return result


_Options = tuple[tuple[Choice | None, ...], Mapping[str, Sequence[Number]]]


def _options(
    ops: Sequence[NetOp],
    variants: Iterable[Variant],
    quantities: Sequence[Quantity],
    multiple_of: int,
) -> _Options:
    """What may stand in place of operations that are replaced alike, with the costs."""
    base = _added(ops, quantities)
    choices: list[Choice | None] = [None]
    costs: list[list[Number]] = [[0] for _ in quantities]
    for variant in variants:
        for values, found in _counted(variant, ops, quantities, multiple_of):
            choices.append(Choice.of(variant, values))
            for column, number, before in zip(costs, found, base, strict=True):
                column.append(number - before)
    return tuple(choices), {q.key: column for q, column in zip(quantities, costs, strict=True)}


def _counted(
    variant: Variant, ops: Sequence[NetOp], quantities: Sequence[Quantity], multiple_of: int
) -> Iterator[tuple[dict[str, Number], list[Number]]]:
    """The values of one variant that fit, each with its costs: all at once where arrays can."""
    try:
        for op in ops:
            assert op.layer is not None  # decisions are about layers
            check_fields(variant, op.layer, variant.place)
        assert ops[0].layer is not None
        grids = values_of(variant, ops[0].layer, multiple_of)
    except CostModelError:
        return
    cells = list(crossed(*grids.values()))
    alone: list[tuple[Number, ...]] = []
    together = _at_once(variant, ops, quantities, grids, cells)
    if together is None:
        cells, alone = _sorted_out(variant, ops, grids, cells)
        together = _at_once(variant, ops, quantities, grids, cells)
    if together is None:
        alone = [*cells, *alone]
    else:
        spare, channels, found = together
        for at, cell in enumerate(cells):
            if all(n[at] >= 0 for n in spare) and all(n[at] % multiple_of == 0 for n in channels):
                yield dict(zip(grids, cell, strict=True)), [number[at] for number in found]
    for cell in alone:
        values = dict(zip(grids, cell, strict=True))
        try:
            after = [_placed(variant, op, values) for op in ops]
        except CostModelError:
            continue
        fits = all(number >= 0 for number in _spare_rank(after))
        if fits and all(number % multiple_of == 0 for number in _channels_between(after)):
            yield values, _added(after, quantities)


def _at_once(
    variant: Variant,
    ops: Sequence[NetOp],
    quantities: Sequence[Quantity],
    grids: Iterable[str],
    cells: Sequence[tuple[Number, ...]],
) -> list[list[Any]] | None:
    """Ranks to spare, channels and costs of every cell, or None where arrays cannot tell.

    The arrays are of Python integers, so that no sum wraps round.
    """
    if len(cells) < 2:
        return None
    columns = zip(*cells, strict=True)
    values = {name: _cells(column) for name, column in zip(grids, columns, strict=True)}
    try:
        after = [_placed(variant, op, values) for op in ops]
        found = [_spare_rank(after), _channels_between(after), _added(after, quantities)]
    except (CostModelError, ValueError, TypeError, ArithmeticError):
        return None  # some cell does not fit, or a rule asks for one number at a time
    return [
        [numpy.broadcast_to(numpy.asarray(n, dtype=object), len(cells)) for n in numbers]
        for numbers in found
    ]


def _sorted_out(
    variant: Variant,
    ops: Sequence[NetOp],
    grids: Mapping[str, Sequence[Number]],
    cells: Sequence[tuple[Number, ...]],
) -> tuple[list[tuple[Number, ...]], list[tuple[Number, ...]]]:
    """Without the cells that a rule refuses: those that arrays can hold, and those with a branch.

    A trace of the rules says what they ask of values: that one divides another, say.
    """
    if len(cells) < 2 or not all(isinstance(v, int) for values in grids.values() for v in values):
        return [], [*cells]
    trace = Trace(Bounds({name: Range(min(row), max(row)) for name, row in grids.items()}))
    try:
        for op in ops:
            _placed(variant, op, {name: trace.number(name) for name in grids})
    except CostModelError:
        return [], [*cells]
    columns = zip(*cells, strict=True)
    sizes = {name: _cells(column) for name, column in zip(grids, columns, strict=True)}
    met, _ = kernel(dict.fromkeys(grids, 1), tuple(trace.guards), ()).function(**sizes)
    refused, branches = numpy.zeros((2, len(cells)), dtype=bool)
    for guard, at in zip(trace.guards, met, strict=True):
        (branches if guard.open else refused)[numpy.asarray(at, dtype=bool)] = True
    return (
        [cell for cell, no in zip(cells, refused | branches, strict=True) if not no],
        [cell for cell, yes in zip(cells, branches & ~refused, strict=True) if yes],
    )


def _cells(numbers: Iterable[Number]) -> Any:
    return numpy.array(list(numbers), dtype=object)


def _placed(variant: Variant, op: NetOp, values: Mapping[str, Any]) -> NetOp:
    """An operation with a variant in its place; numbers or arrays of them."""
    assert op.layer is not None  # decisions are about layers
    return substitute(op, bind(variant, op.layer, values))


def _spare_rank(ops: Iterable[NetOp]) -> list[Any]:
    """How far each rank is below its full rank; a larger one costs more and expresses no more."""
    return [
        full - op.bound.hyper[letter]
        for op in ops
        if op.bound
        for letter, full in full_ranks(op.bound).items()
    ]


def _channels_between(ops: Iterable[NetOp]) -> list[Any]:
    """The channels that a stage leaves for another one, of every stage but the last."""
    return [stage.out_channels for op in ops if op.bound for stage in op.bound.stages[:-1]]


def _added(ops: Iterable[NetOp], quantities: Sequence[Quantity]) -> list[Number]:
    """What some operations add to each total; a tensor that several of them read counts once."""
    sums: list[Number] = [0] * len(quantities)
    seen: set[Hashable] = set()
    for op in ops:
        own = [t for t in op.tensors if t.id is None or t.id not in seen]
        seen |= {t.id for t in own if t.id is not None}
        for at, quantity in enumerate(quantities):
            value = quantity.value(op, own)
            if value is None:
                raise CostModelError(
                    f"{quantity.key} says nothing about layers; allowed are metrics of layers"
                )
            sums[at] = sums[at] + value
    return sums


def _alike(ops: Iterable[NetOp]) -> list[list[NetOp]]:
    """The layers among some operations; those that share a weight or a bias are together."""
    groups: list[list[NetOp]] = []
    for op in ops:
        if op.layer is None:
            continue
        ids = _ids(op)
        sharing = [group for group in groups if any(ids & _ids(other) for other in group)]
        groups = [group for group in groups if group not in sharing]
        groups.append([*(other for group in sharing for other in group), op])
    return groups


def _ids(op: NetOp) -> set[Hashable]:
    return {t.id for t in op.tensors if t.id is not None and t.role in ("weight", "bias")}


def _sizes(ops: Iterable[NetOp]) -> Hashable:
    """What the costs of options depend on: layers, runs and tensors, but not whose they are."""
    places: dict[Hashable, int] = {}
    return tuple(
        (
            op.layer,
            op.times,
            op.kind,
            tuple(
                (t.count, t.role, None if t.id is None else places.setdefault(t.id, len(places)))
                for t in op.tensors
            ),
        )
        for op in ops
    )
