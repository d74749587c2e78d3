"""Operations: what one forward pass runs, as a frozen value with its exact totals.

Totals are exact: multiply-accumulates of everything that multiplies, and every parameter tensor
once, however many operations read it. What is not modelled stays visible: as a row, in
`unmodelled`, and in a note under every table.

Columns, views, replacements and formulas work on this value; the public `Network` is this value
with them as methods.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number
from costmodel.core.variant import Variant
from costmodel.errors import CostModelError, unknown
from costmodel.metrics.lifetimes import Step
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.network.change import REPLACED, Change
from costmodel.network.operation import NOT_MODELLED, Counted, NetOp, Parameter

if TYPE_CHECKING:
    from costmodel.network.guards import Guard  # and polynomials, which counting does not need

#: The letters of a closed formula unless others are asked for: batch, input rows, input columns.
FREE_LETTERS = ("N", "H", "W")

#: Shapes of a network's inputs, batch first.
Shapes = tuple[tuple[Number, ...], ...]
#: An operation with the tensors that no earlier operation has read.
Part = tuple[NetOp, tuple[Parameter, ...]]
#: A network, or another value with operations: what goes in comes out.
AnyOperations = TypeVar("AnyOperations", bound="Operations")


class Recount(NamedTuple):
    """A network's operations at some sizes, in the order and with the names that it has.

    guards: where its counts are polynomials, the conditions under which they hold; none means at
    every size at which each layer still has an output. steps: see `Operations`.
    """

    ops: Sequence[NetOp]
    shapes: Shapes
    guards: tuple[Guard, ...] = ()
    steps: Sequence[Step] | None = None


@dataclass(frozen=True)
class Rebuild:
    """How to get the same network's operations at other sizes; formulas go through it too.

    defaults: the letters that may be set or left free ("N", "H", "W", a width multiplier …) with
    the values that the network was read with.
    build: letters' values (all of them; ints, or polynomials of `formula.polynomial`) → the
    recount.
    ratios: the letters that are not integers (multipliers of width or resolution).
    """

    defaults: Mapping[str, Number]
    build: Callable[[Mapping[str, Number]], Recount]
    ratios: tuple[str, ...] = ()


def fixed_sizes() -> Rebuild | None:
    """The `rebuild` of a source that does not say how sizes follow from each other: none."""
    return None


def no_steps() -> Sequence[Step] | None:
    """The `steps` of a list of layers, which does not say what reads what: none."""
    return None


@dataclass(frozen=True, repr=False)
class Replacement:
    """What was put in place of some layers; a network after `Network.replace` carries it.

    before: the network in which nothing was replaced. changes: one per layer that was selected, in
    the order of the network; of a layer selected several times, what became of it in the end.
    """

    before: Operations
    changes: tuple[Change, ...]

    def __repr__(self) -> str:
        return f"<{_replaced_in_words(self).removesuffix('.')}>"

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The variants that were to be put in place, each once, in the order of the network."""
        return tuple(dict.fromkeys(change.choice.variant for change in self.changes))


@dataclass(frozen=True)
class Operations(Counted):
    """The operations that a network runs; in its totals, tensors shared by several count once.

    Args:
        name: what to call the network.
        ops: its operations in the order in which they run; repeated names get "#2", "#3", ….
        source: where it was read from, with the citation where there is one.
        input_shapes: shapes of its inputs, batch first.
        notes: sentences that belong under every total (how it was read, what was assumed).
        rebuild: finds out, when it is called, how to recount it at other sizes; its result is None
            where the source cannot tell.
        settings: what its columns take a byte, a FLOP and the bits of a number to be.
        steps: finds out, when it is called, what the operations read and write, in the order in
            which they run; its result is None where the source does not say.
        replacement: what was put in place of some of its layers, None for nothing.
        guards: conditions on the letters of its counts under which they hold.
    """

    name: str
    ops: tuple[NetOp, ...]
    source: str = ""
    input_shapes: Shapes = ()
    notes: tuple[str, ...] = ()
    rebuild: Callable[[], Rebuild | None] = field(default=fixed_sizes, compare=False, repr=False)
    settings: Settings = DEFAULTS
    steps: Callable[[], Sequence[Step] | None] = field(default=no_steps, compare=False, repr=False)
    replacement: Replacement | None = None
    guards: tuple[Guard, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ops", _unique_names(self.ops))

    def __len__(self) -> int:
        return len(self.ops)

    def __iter__(self) -> Iterator[NetOp]:
        return iter(self.ops)

    def __getitem__(self, name: str) -> NetOp:
        for op in self.ops:
            if op.name == name:
                return op
        raise CostModelError(unknown("operation", name, (op.name for op in self.ops)))

    # -- totals ----------------------------------------------------------------------------------
    @property
    def macs(self) -> Number:
        """Multiply-accumulates of convolutions, linear layers and matrix products."""
        return sum(op.macs for op in self.ops)

    @property
    def tensors(self) -> tuple[Parameter, ...]:
        """Every parameter tensor once, in the order of first use."""
        return tuple(t for _, own in self.parts() for t in own)

    def parts(self) -> list[Part]:
        """Every operation with the tensors that no earlier one has read: they sum to the total."""
        seen: set[Hashable] = set()
        result = []
        for op in self.ops:
            own = []
            for tensor in op.tensors:
                if tensor.id is None or tensor.id not in seen:
                    own.append(tensor)
                    seen.add(tensor.id)
            result.append((op, tuple(own)))
        return result

    # -- parts -----------------------------------------------------------------------------------
    @property
    def layers(self) -> tuple[NetOp, ...]:
        """The operations that multiply: convolutions, linear layers and matrix products."""
        return tuple(op for op in self.ops if op.column == "macs")

    @property
    def plan(self) -> dict[str, BoundVariant]:
        """What stands in place of which layer: variant and hyper-parameters by operation name."""
        return {op.name: op.bound for op in self.ops if op.bound is not None}

    @property
    def changes(self) -> tuple[Change, ...]:
        """What became of the layers that a replacement was meant for; none without one."""
        return self.replacement.changes if self.replacement is not None else ()

    @property
    def replaced(self) -> tuple[Change, ...]:
        """The layers that were replaced."""
        return tuple(c for c in self.changes if c.status == REPLACED)

    @property
    def left_alone(self) -> tuple[Change, ...]:
        """The layers that a replacement has left as they are, with reasons."""
        return tuple(c for c in self.changes if c.status != REPLACED)

    @property
    def unmodelled(self) -> tuple[NetOp, ...]:
        """The operations whose work is in no column because no rule covers them."""
        return tuple(op for op in self.ops if op.status == NOT_MODELLED)

    @property
    def footnotes(self) -> tuple[str, ...]:
        """What has to stand under every total."""
        notes = list(self.notes)
        if self.replacement is not None:
            notes.append(_replaced_in_words(self.replacement))
        if self.guards:
            from costmodel.network.conditions import sentence  # only guards need polynomials

            notes.append(f"The counts hold for {sentence(self.guards)}.")
        missing = Counter(op.operator or op.kind for op in self.unmodelled)
        if missing:
            count = missing.total()
            verb = "operation is" if count == 1 else "operations are"
            notes.append(f"{count} {verb} not modelled and in no total: {_listed(missing)}.")
        return tuple(notes)


def recounted(network: AnyOperations, sizes: Mapping[str, Number]) -> AnyOperations:
    """A network in which nothing was replaced, at other sizes; `replace.at` is for every other."""
    known = network.rebuild()
    if known is None:
        raise CostModelError(
            f"network {network.name!r} is a list of layers at fixed sizes; allowed are networks "
            "from a model or a generator, which know how sizes follow from each other"
        )
    for letter in sizes:
        if letter not in known.defaults:
            raise CostModelError(unknown("size", letter, known.defaults))
    values = {**known.defaults, **sizes}
    counted = known.build(values)
    return replace(
        network,
        ops=tuple(counted.ops),
        input_shapes=counted.shapes,
        # no lambdas: a network goes to other processes
        rebuild=partial(_started, network.rebuild, values),
        steps=partial(attrgetter("steps"), counted),
        guards=counted.guards,
    )


def _started(rebuild: Callable[[], Rebuild | None], values: Mapping[str, Number]) -> Rebuild | None:
    """How it is built anew, where what comes next starts from these sizes."""
    known = rebuild()
    return known and replace(known, defaults=values)


def _replaced_in_words(done: Replacement) -> str:
    """How many of the selected layers were replaced, and why the others were not."""
    status = Counter(change.status for change in done.changes)
    status.pop(REPLACED, 0)
    placed = Counter(c.choice.variant for c in done.changes if c.status == REPLACED)
    said = ", ".join(f"{variant.id} in place of {placed[variant]}" for variant in done.variants)
    said += f" of {len(done.changes)} selected layers"
    return f"{said}; the others stay: {_listed(status)}." if status else f"{said}."


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in counts.items())


def _unique_names(ops: Iterable[NetOp]) -> tuple[NetOp, ...]:
    """The operations, with "#2", "#3" appended to names that stand already."""
    seen: dict[str, int] = {}
    result = []
    for op in ops:
        count = seen[op.name] = seen.get(op.name, 0) + 1
        if count > 1:
            name = f"{op.name}#{count}"
            while name in seen:
                count = seen[op.name] = count + 1
                name = f"{op.name}#{count}"
            seen[name] = 1
            op = replace(op, name=name)
        result.append(op)
    return tuple(result)
