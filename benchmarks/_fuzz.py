"""The engine of the fuzz campaign: inputs in batches, each within bounds, failures one by one."""

from __future__ import annotations

import hashlib
import json
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks._fuzz_areas import AREAS
from costmodel.errors import CostModelError, LimitError
from costmodel.walled.bounds import Bounds
from costmodel.walled.wall import Broken, Wall

#: Where inputs are kept that once were failures.
CASES = Path(__file__).resolve().parents[1] / "tests" / "fuzz" / "cases"
#: What one input may use.
BOUNDS = Bounds(seconds=5, memory=1 << 30, niceness=0)
_BATCH = 20


class Failure(NamedTuple):
    """An input that was not answered as it should be."""

    area: str
    seed: int
    what: str
    value: Any


def warm() -> None:
    """One input of every area, so that what each imports is there."""
    for area in AREAS:
        attempt(area, AREAS[area].make(random.Random(0)))


def attempt(area: str, value: Any) -> str:
    """What an area makes of an input: "done" or "refused"; anything else is raised."""
    try:
        AREAS[area].run(value)
    except CostModelError:
        return "refused"
    return "done"


def several(area: str, seeds: Sequence[int]) -> dict[str, int]:
    """How many inputs were done and refused; raises where one of them was neither."""
    tally = {"done": 0, "refused": 0}
    for seed in seeds:
        tally[attempt(area, AREAS[area].make(random.Random(f"{area} {seed}")))] += 1
    return tally


def judged(wall: Wall, area: str, value: Any) -> str:
    """Why an input is a failure, in its own process; "" where it is none."""
    try:
        wall.call(attempt, area, value)
    except (LimitError, Broken) as error:
        return str(error)
    return ""


def campaign(
    seconds: float,
    seed: int,
    areas: Sequence[str] = tuple(AREAS),
    most: Mapping[str, int] | None = None,
    bounds: Bounds = BOUNDS,
) -> Iterator[tuple[str, dict[str, int], list[Failure]]]:
    """Each area for its share of the time, or until it had its number of inputs in `most`.

    Yields the area, how many inputs were done and refused, and the failures: those that used more
    than `bounds`, or ended with an error that is none of ours.
    """
    one = Wall(["benchmarks._fuzz:warm"], bounds)
    together = Bounds(_BATCH * bounds.seconds, bounds.memory, niceness=0)
    many = Wall(["benchmarks._fuzz:warm"], together)
    try:
        one.call(len, "")  # neither is warm before its first call
        many.call(len, "")
        for area in areas:
            end = time.monotonic() + seconds / len(areas)
            inputs = most[area] if most else math.inf
            yield area, *_area(one, many, area, seed * 10**6, end, inputs)
    finally:
        one.stop()
        many.stop()


def _area(
    one: Wall, many: Wall, area: str, first: int, end: float, most: float
) -> tuple[dict[str, int], list[Failure]]:
    tally, failures, begin = {"done": 0, "refused": 0}, list[Failure](), first
    while time.monotonic() < end and begin - first < most:
        seeds = range(begin, begin + _BATCH)
        begin += _BATCH
        started = time.monotonic()
        try:
            found = many.call(several, area, seeds)
            if time.monotonic() - started > one.bounds.seconds:
                raise LimitError("one of these took long")
        except (LimitError, Broken):
            for single in seeds:
                value = AREAS[area].make(random.Random(f"{area} {single}"))
                try:
                    tally[one.call(attempt, area, value)] += 1
                except (LimitError, Broken) as error:
                    failures.append(Failure(area, single, str(error), value))
        else:
            for name, number in found.items():
                tally[name] += number
    return tally, failures


def keep(failure: Failure) -> Path:
    """Write a failure's input where the tests find it."""
    text = json.dumps({"area": failure.area, "value": failure.value}, indent=1) + "\n"
    CASES.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = CASES / f"{failure.area.replace(' ', '_')}-{name}.json"
    path.write_text(text, encoding="utf-8")
    return path
