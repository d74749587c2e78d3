"""Run: one measurement of a store, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.timing.case import Case
from costmodel.timing.machine import Machine


@dataclass(frozen=True)
class Run:
    """One measurement: its cases in order, and which rounds are there already.

    began: when its first round was finished, in seconds since 1970; None before. took: seconds that
    the finished rounds took, and what belongs to them.
    """

    id: int
    name: str
    machine: Machine
    seed: int
    rounds: int
    cases: tuple[Case, ...]
    done: tuple[int, ...]
    began: float | None = None
    took: float = 0.0

    @property
    def missing(self) -> list[int]:
        """The rounds that are still to do."""
        return [turn for turn in range(self.rounds) if turn not in self.done]
