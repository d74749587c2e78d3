"""Whole networks, timed in one go: what their layers wait for cold caches shows in no layer."""

from __future__ import annotations

import time

from costmodel.network.read.library import available, load
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.measure.sequences import GOES, least

_ROUNDS = 4


def measure_networks(machine: Machine, seconds_per_mac: float, budget: float) -> dict[str, float]:
    """Seconds of the shipped networks by name, the smallest first, as many as the budget is for.

    Args:
        seconds_per_mac: what to expect. budget: seconds; none is timed where it is too little.
    """
    end = time.monotonic() + budget
    chosen: dict[str, list[Case]] = {}
    for network in sorted(map(load, available()), key=lambda network: int(network.macs)):
        budget -= int(network.macs) * seconds_per_mac * _ROUNDS * (GOES + 1)
        if budget < 0:
            break
        chosen[network.name] = [Case(op.layer) for op in network.ops if op.layer is not None]
    found = least(list(chosen.values()), machine, _ROUNDS, end) if chosen else []
    return {
        name: seconds for name, seconds in zip(chosen, found, strict=True) if seconds is not None
    }
