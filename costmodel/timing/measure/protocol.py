"""The protocol: rounds in random order, interleaved over all cases, the minimum over rounds.

What a shared machine does meanwhile comes and goes over seconds, so that repeating one case at once
only repeats the disturbance. Visiting every case once a round, in another order each time, lets
each of them meet the machine at its best, which is what the minimum then is.
"""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from costmodel.timing.case import Case
from costmodel.timing.machine import Machine, load_torch
from costmodel.timing.measure.memory import refuse_too_large

#: What the store and every table call it.
NAME = "interleaved random rounds, minimum"
#: The same with every call timed by itself, as a simple loop does it.
SINGLE = f"single calls, {NAME}"
#: Rounds that repeat within about one percent on a shared machine.
ROUNDS = 12
#: One sample is at least so long, or the clock and the call would be a part of it.
_BLOCK = 300e-6  # seconds
#: A visit takes so long of the processor, unless one call does: what others take of it does not
#: count, up to so many times as much.
_VISIT, _WAITING = 4e-3, 10  # seconds
#: Single calls of one visit, at the least and at the most.
_CALLS = (3, 30)

#: Times of one round: (place in the list of cases, seconds of one call).
Round = list[tuple[int, float]]


def order(count: int, seed: int, turn: int) -> list[int]:
    """The random order of one round; the same for the same seed and turn, also after a resume."""
    places = list(range(count))
    random.Random(f"{seed}/{turn}").shuffle(places)
    return places


def rounds(
    cases: Sequence[Case],
    machine: Machine,
    turns: Sequence[int],
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    *,
    protocol: str = NAME,
    end: float = math.inf,
) -> Iterator[tuple[int, Round]]:
    """Time the cases, round by round.

    Args:
        machine: device, threads, dtype and options to run with.
        turns: numbers of the rounds to do.
        progress: called with (visits done, visits in all) after every visit.
        protocol: `NAME` or `SINGLE`.
        end: when to stop, on the clock `time.monotonic`; a round that is not finished is dropped.

    Yields:
        (turn, times) after every round, so that what is finished can be kept.

    Raises:
        InputError: a case that would not fit in memory, before any is built.
    """
    refuse_too_large(cases, machine.dtype, machine.device)
    done, whole = 0, len(cases) * len(turns)
    with prepared(machine):
        bench = _Bench(machine, protocol)
        for turn in turns:
            times: Round = []
            for place in order(len(cases), seed, turn):
                if time.monotonic() >= end:
                    return
                times.append((place, bench.visit(cases[place])))
                done += 1
                if progress:
                    progress(done, whole)
            yield turn, times


def as_many(
    cases: Sequence[Case],
    machine: Machine,
    end: float,
    fewest: int,
    progress: Callable[[int, int], None] | None = None,
) -> Round:
    """One round over as many cases, in their order, as there is time for: at least `fewest`."""
    refuse_too_large(cases, machine.dtype, machine.device)
    times: Round = []
    with prepared(machine):
        bench = _Bench(machine, NAME)
        for place, case in enumerate(cases):
            if place >= fewest and time.monotonic() >= end:
                break
            times.append((place, bench.visit(case)))
            if progress:
                progress(place + 1, len(cases))
    return times


@contextmanager
def prepared(machine: Machine) -> Iterator[None]:
    """Torch with the machine's threads, without gradients and without garbage collection."""
    torch = load_torch()
    before, collecting = torch.get_num_threads(), gc.isenabled()
    torch.set_num_threads(machine.threads)
    gc.collect()
    gc.disable()
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)
        if collecting:
            gc.enable()


class _Bench:
    """Builds cases as they are visited, and keeps how often each is called for one sample."""

    def __init__(self, machine: Machine, protocol: str) -> None:
        self.machine, self.protocol = machine, protocol
        self._calls: dict[Case, int] = {}
        self._kept: dict[Case, Callable[[], Any]] = {}

    def visit(self, case: Case) -> float:
        """Seconds of one call: the best of a few blocks, or of single calls."""
        call = self._call(case)
        call()
        if self.protocol == SINGLE:
            return self._single(call)
        calls = self._calls.get(case)
        if calls is None:
            once = block(call, 1, self.machine.device)
            calls = self._calls[case] = max(1, math.ceil(_BLOCK / max(once, 1e-9)))
        best, over = math.inf, _visit()
        while True:
            best = min(best, block(call, calls, self.machine.device) / calls)
            if over():
                return best

    def _single(self, call: Callable[[], Any]) -> float:
        (fewest, most), over = _CALLS, _visit()
        found: list[float] = []
        while len(found) < fewest or (len(found) < most and not over()):
            found.append(block(call, 1, self.machine.device))
        return min(found)

    def _call(self, case: Case) -> Callable[[], Any]:
        # compiling takes seconds: compiled code is kept, everything else is built in microseconds
        if not self.machine.compiled:
            return runnable(case, self.machine)
        if case not in self._kept:
            self._kept[case] = runnable(case, self.machine)
        return self._kept[case]


def _visit() -> Callable[[], bool]:
    """Begin a visit: the result says whether it is over."""
    own, wall = time.thread_time() + _VISIT, time.perf_counter() + _WAITING * _VISIT
    return lambda: time.thread_time() >= own or time.perf_counter() >= wall


def runnable(case: Case, machine: Machine) -> Callable[[], Any]:
    """The case as a call without arguments, on the machine's device."""
    torch = load_torch()
    from costmodel.torch.modules import build, input_shape

    dtype, device = getattr(torch, machine.dtype), machine.device
    built = build(case.variant, case.layer, dict(case.hyper))
    module: Any = built.as_a_network_has_it().eval()
    x = torch.randn(input_shape(case.layer), dtype=dtype, device=device)
    module = module.to(device=device, dtype=dtype)
    if machine.channels_last and x.dim() in (4, 5):
        memory = torch.channels_last if x.dim() == 4 else torch.channels_last_3d
        x, module = x.to(memory_format=memory), module.to(memory_format=memory)
    if machine.compiled:
        module = torch.compile(module)
    return lambda: module(x)


def block(call: Callable[[], Any], calls: int, device: str = "cpu") -> float:
    """Seconds that so many calls in a row take; on a GPU by its own events."""
    if device == "cuda":
        torch = load_torch()
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        for _ in range(calls):
            call()
        end.record()
        torch.cuda.synchronize()
        return float(start.elapsed_time(end)) / 1000
    begin = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - begin
