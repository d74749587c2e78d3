"""Memory: what a case needs while it runs, estimated before anything is allocated."""

from __future__ import annotations

import os
from collections.abc import Iterable

from costmodel.core.readable import si
from costmodel.errors import InputError
from costmodel.timing.case import Case
from costmodel.timing.machine import BYTES, system_line

_SHARE = 0.6  # of what is free: the rest is for torch's own buffers and for everybody else
_MEMINFO = "/proc/meminfo"


def estimate(case: Case, dtype: str = "float32") -> int:
    """Bytes of a case: weights, and the largest of its convolutions with its unfolded input.

    A library may lay the input out window by window (outputs × products each), which is counted
    here for every convolution with more than one tap, whether it will or not.
    """
    convolutions = case.convolutions
    weights = sum(conv.weights for conv in convolutions)
    running = [
        conv.inputs
        + conv.outputs
        + (conv.outputs // conv.out_channels * conv.in_channels * conv.taps if conv.taps > 1 else 0)
        for conv in convolutions
    ]
    return (weights + max(running, default=0)) * BYTES[dtype]


def available(device: str = "cpu") -> int:
    """Bytes that are free now."""
    if device == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    free = system_line(_MEMINFO, "MemAvailable:")
    if free:
        return int(free.split()[0]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def refuse_too_large(
    cases: Iterable[Case], dtype: str = "float32", device: str = "cpu", free: int | None = None
) -> None:
    """Raise `InputError` for the first case that would not fit, before anything is allocated.

    Args:
        free: bytes that are free; None asks the machine.
    """
    limit = int((available(device) if free is None else free) * _SHARE)
    for case in cases:
        needed = estimate(case, dtype)
        if needed > limit:
            raise InputError(
                f"{case} needs about {si(needed, 'B')} of memory; allowed here are up to "
                f"{si(limit, 'B')}"
            )
