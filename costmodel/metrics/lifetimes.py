"""Lifetimes: what is alive at once while steps run, each tensor kept until it is read last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number, equal, largest
from costmodel.metrics.settings import Settings

#: Tensors that a value lies in, by the place in which they were written.
Tensors = frozenset[int]


class Written(NamedTuple):
    """A tensor that a step writes.

    elements: how many numbers it has. bits: of each number; None is the word of an activation.
    """

    elements: Number
    bits: int | None = None


class Step(NamedTuple):
    """One step of a network: what it reads, and the memory that it takes for its results.

    A view and a result in place write nothing: reading them is reading what they are made from.

    reads: tensors by their number, counted through the writes of all steps. writes: its results.
    ops: numbers of the operations that it is; () for what belongs to the operation before it.
    """

    reads: tuple[int, ...] = ()
    writes: tuple[Written, ...] = ()
    ops: tuple[int, ...] = ()


class AlongSteps(NamedTuple):
    """A value that follows from a network's steps and not from its layers alone.

    convention: one sentence, without its full stop. rule: the value during every step, given what
    stands in place of its layer (None for the step as it is).
    """

    convention: str
    rule: Callable[[Sequence[Step], Sequence[BoundVariant | None], Settings], list[Number]]


@dataclass
class Lifetimes:
    """The steps of a program: which tensors each one writes, and when each was read last.

    weight: 1 for a step, or min(1, times) where a number of repetitions is not known yet.
    last: the step that read each tensor last. perhaps: by tensor, the steps that read it only where
    a residual is present, with whether it is.
    """

    weight: Number = 1
    sizes: list[Number] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    perhaps: dict[int, dict[int, Number]] = field(default_factory=dict)
    written: list[int] = field(default_factory=list)  # tensors after each step
    weights: list[Number] = field(default_factory=list)

    def step(self, reads: Tensors, sizes: Iterable[Number]) -> Tensors:
        """Read some tensors, write new ones."""
        first, step = len(self.sizes), len(self.weights)
        self.sizes += sizes
        self.last += [step] * (len(self.sizes) - first)
        self.written.append(len(self.sizes))
        self.weights.append(self.weight)
        self.keep(reads)
        return frozenset(range(first, len(self.sizes)))

    def write(self, size: Number, reads: Tensors = frozenset()) -> Tensors:
        """Read some tensors, write a new one."""
        return self.step(reads, (size,))

    def keep(self, tensors: Tensors, present: Number = 1) -> None:
        """These are still needed in the latest step, where what reads them is present."""
        step = len(self.weights) - 1
        for tensor in tensors:
            if equal(present, 1):
                self.last[tensor] = step
            else:
                reads = self.perhaps.setdefault(tensor, {})
                reads[step] = largest(reads.get(step, present), present)

    def held(self) -> Iterator[Number]:
        """The sum of what is alive during each step."""
        ending: list[list[Number]] = [[] for _ in self.weights]
        for size, step in zip(self.sizes, self.last, strict=True):
            ending[step].append(size)
        alive: Number = 0
        first = 0
        for step, weight in enumerate(self.weights):
            alive = alive + sum(self.sizes[first : self.written[step]])
            first = self.written[step]
            yield weight * (alive + self._perhaps_held(step))
            alive = alive - sum(ending[step])

    def _perhaps_held(self, step: int) -> Number:
        """What is alive during a step only for residuals that may be present."""
        held: Number = 0
        for tensor, reads in self.perhaps.items():
            later = [present for read, present in reads.items() if read >= step]
            if later and step > self.last[tensor]:
                held = held + self.sizes[tensor] * largest(*later)
        return held
