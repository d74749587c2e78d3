"""Several layers in one go: how a network runs them, each after another one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.measure.memory import refuse_too_large
from costmodel.timing.measure.protocol import block, order, prepared, runnable

#: Of a sequence in one round, after one that warms up.
GOES = 3


def least(
    sequences: Sequence[Sequence[Case]], machine: Machine, rounds: int, end: float = math.inf
) -> list[float | None]:
    """Seconds of each sequence, every layer on an input of its own: the least of random rounds.

    Args:
        end: when to stop, on the clock `time.monotonic`; None for what was not timed until then.

    Raises:
        InputError: a layer that would not fit in memory.
    """
    for sequence in sequences:
        refuse_too_large(sequence, machine.dtype, machine.device)
    best = [math.inf] * len(sequences)
    with prepared(machine):
        for turn in range(rounds):
            for place in order(len(sequences), 0, turn):
                if time.monotonic() >= end:
                    break
                calls = [runnable(case, machine) for case in sequences[place]]

                def everything(calls: Sequence[Callable[[], Any]] = calls) -> None:
                    for call in calls:
                        call()

                everything()
                goes = [block(everything, 1, machine.device) for _ in range(GOES)]
                best[place] = min(best[place], *goes)
    return [None if seconds == math.inf else seconds for seconds in best]
