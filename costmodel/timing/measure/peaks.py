"""The peaks of a machine, measured: a large matrix product, a large copy, a tiny convolution."""

from __future__ import annotations

from typing import Any

from costmodel.timing.machine import Machine, load_torch
from costmodel.timing.measure.protocol import block, prepared
from costmodel.timing.roofline import COPIED, JOBS, SIDE, Peaks

_REPEATS = 15


def measure_peaks(machine: Machine) -> Peaks:
    """The peaks of a machine, the best of some repetitions each; takes about a second."""
    torch = load_torch()
    facts = {"dtype": getattr(torch, machine.dtype), "device": machine.device}
    with prepared(machine):
        a, b = (torch.randn(SIDE, SIDE, **facts) for _ in range(2))
        source = torch.zeros(COPIED, **facts)
        target = torch.empty_like(source)
        tiny, weight = torch.zeros(1, 8, 1, 1, **facts), torch.zeros(8, 8, 1, 1, **facts)

        def best(call: Any, calls: int = 1) -> float:
            call()
            return min(block(call, calls, machine.device) for _ in range(_REPEATS)) / calls

        product = best(lambda: a @ b)
        copy = best(lambda: target.copy_(source))
        call = best(lambda: torch.conv2d(tiny, weight), 50)
    seconds = dict(zip(JOBS, (product, copy, call), strict=True))
    found = Peaks.of_jobs(seconds, source.element_size())
    assert found
    return found
