"""Bounds: what a walled call may use, and the sentences for what it used up."""

from __future__ import annotations

from dataclasses import dataclass

_MEBI = 1 << 20


@dataclass(frozen=True)
class Bounds:
    """What one call may use.

    seconds: from its beginning to its answer. memory: bytes beyond what the process has when it
    begins, None for any. answer: bytes of the answer. niceness: how far it stands back behind
    others, from 0 to 19. folder: where its files lie, "" for one of its own; it is taken away with
    all that is in it when the call has ended, however it ended.
    """

    seconds: float
    memory: int | None = None
    answer: int = 64 * _MEBI
    niceness: int = 10
    folder: str = ""

    @property
    def words(self) -> str:
        """What is allowed, as the end of a sentence."""
        memory = "" if self.memory is None else f" and {self.memory // _MEBI:,} MiB"
        return f"allowed are {self.seconds:g} s{memory}"
