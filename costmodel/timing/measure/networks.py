"""Whole networks, timed in one go beside what their layers take alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from costmodel.network.read.library import available, load
from costmodel.timing.case import Case
from costmodel.timing.cold import Sample
from costmodel.timing.convolution import Convolution
from costmodel.timing.machine import BYTES, Machine
from costmodel.timing.measure.sequences import GOES, least

_ROUNDS = 4


def measure_networks(
    machine: Machine, alone: Callable[[Sequence[Convolution]], float], budget: float
) -> list[Sample]:
    """Time the shipped networks, the smallest first, as many as the budget is for.

    Args:
        alone: seconds that the layers of a network take by themselves.
        budget: seconds; none is timed where it is too little for the first.
    """
    chosen: dict[str, list[Case]] = {}
    seconds_alone: dict[str, float] = {}
    for network in sorted(map(load, available()), key=lambda network: int(network.macs)):
        cases = [Case(op.layer) for op in network.ops if op.layer is not None]
        said = alone([conv for case in cases for conv in case.convolutions])
        budget -= said * _ROUNDS * (GOES + 1)
        if budget < 0:
            break
        chosen[network.name], seconds_alone[network.name] = cases, said
    samples = []
    measured = least(list(chosen.values()), machine, _ROUNDS) if chosen else []
    for (name, cases), real in zip(chosen.items(), measured, strict=True):
        convs = [conv for case in cases for conv in case.convolutions]
        sizes = tuple(conv.values * BYTES[machine.dtype] for conv in convs)
        samples.append(Sample(name, real, seconds_alone[name], sizes))
    return samples
