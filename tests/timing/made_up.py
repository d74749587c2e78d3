"""A made-up machine, whose times follow a law that the tests know."""

from __future__ import annotations

import math
import random
from typing import Any

from costmodel.timing.case import Case
from costmodel.timing.convolution import CLASSES, Convolution
from costmodel.timing.learning import Observed
from costmodel.timing.machine import Machine
from costmodel.timing.measure.design import design
from costmodel.timing.roofline import Peaks
from costmodel.timing.sessions import name_of
from costmodel.timing.store.database import Store

MACHINE = Machine("A made-up processor", torch="0.1")
PEAKS = Peaks(3e9, 2e9, 1e-6)
NETWORKS = {"resnet18": 0.35, "alexnet": 0.21}


def law(conv: Convolution) -> float:
    """Seconds on the made-up machine: linear, and half as fast where channels are odd ones."""
    rate = (3 + CLASSES.index(conv.kind)) * 1e9
    slower = 1.5 if conv.out_channels % 16 else 1.0
    return slower * (2e-6 + conv.macs / rate + (conv.inputs + conv.outputs) * 4e-11)


def session(
    cases: list[Case], seed: int = 0, shift: float = 1.0, noise: float = 0.02, rounds: int = 2
) -> dict[Case, list[float]]:
    """Seconds of cases: every sample is up to `noise` slower than the law, all by `shift`."""
    rng = random.Random(seed)
    return {
        case: [
            shift * law(case.convolutions[0]) * math.exp(noise * rng.random())
            for _ in range(rounds)
        ]
        for case in cases
    }


def observed(count: int = 120, machine: Machine = MACHINE, **facts: float) -> Observed:
    """Two sessions over a design; the second one is slower by `shift`."""
    cases = design(count, seed=3)
    shift, noise = facts.get("shift", 1.0), facts.get("noise", 0.02)
    sessions = [session(cases, 1, noise=noise), session(cases, 2, shift, noise)]
    return Observed(machine, sessions, NETWORKS, PEAKS)


def keep(store: Store, found: Observed, generation: int = 1) -> None:
    """Put sessions into a store, as measuring them does."""
    for place, own in enumerate(found.sessions, 1):
        run = store.begin(name_of(generation, place), found.machine, list(own), 2)
        for turn in range(2):
            times = [(at, seconds[turn]) for at, seconds in enumerate(own.values())]
            store.keep(run, turn, times, took=1.0)
    if found.peaks:
        store.keep_peaks(found.machine, found.peaks)
    store.keep_networks(found.machine, found.networks)


def small_model() -> Any:
    """A torch model, for commands that take one."""
    from torch import nn

    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 12, 1))
