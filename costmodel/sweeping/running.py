"""Running blocks: on all cores of this machine, or on the workers of a Dask cluster."""

from __future__ import annotations

import functools
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from costmodel.errors import InputError, MissingDependencyError

T = TypeVar("T")


class Runner(Protocol):
    """Whoever does the work of many blocks."""

    def in_order(self, work: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
        """The results in the order of the numbers, a few of them ahead of whoever takes them."""

    def merged(
        self, work: Callable[[int], T], numbers: Iterable[int], merge: Callable[[T, T], T]
    ) -> T | None:
        """All results as one, put together as a tree; None for no numbers."""


@dataclass(frozen=True)
class Threads:
    """This machine. NumPy, PyArrow and compiled loops let threads run side by side.

    workers: how many, 0 for one per core.
    """

    workers: int = 0

    @property
    def count(self) -> int:
        """How many threads work."""
        return self.workers or len(os.sched_getaffinity(0))

    def in_order(self, work: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
        """The results in the order of the numbers."""
        if self.count == 1:
            yield from map(work, numbers)
            return
        waiting: deque[Any] = deque()
        with ThreadPoolExecutor(self.count) as pool:
            try:
                for number in numbers:
                    waiting.append(pool.submit(work, number))
                    if len(waiting) > self.count + 1:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def merged(
        self, work: Callable[[int], T], numbers: Iterable[int], merge: Callable[[T, T], T]
    ) -> T | None:
        """All results as one."""
        found: T | None = None
        for result in self.in_order(work, numbers):
            found = result if found is None else merge(found, result)
        return found


class Cluster:
    """The workers of a Dask cluster; one that dies has its blocks done again by another."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise MissingDependencyError("distributed", "--scheduler", "cluster") from None
        try:
            self.client = Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(
                f"no Dask scheduler answers at {address!r} ({type(error).__name__}); allowed is "
                "the address of one that runs, such as tcp://127.0.0.1:8786"
            ) from None

    def in_order(self, work: Callable[[int], T], numbers: Iterable[int]) -> Iterator[T]:
        """The results in the order of the numbers."""
        ahead = 4 * max(1, len(self.client.scheduler_info()["workers"]))
        waiting: deque[Any] = deque()
        for number in numbers:
            waiting.append(self.client.submit(work, number, pure=False))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def merged(
        self, work: Callable[[int], T], numbers: Iterable[int], merge: Callable[[T, T], T]
    ) -> T | None:
        """All results as one: neighbours are merged on the workers, then their results."""
        level = [self.client.submit(work, number, pure=False) for number in numbers]
        while len(level) > 1:
            pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
            level = [
                self.client.submit(merge, *pair, pure=False) if len(pair) > 1 else pair[0]
                for pair in pairs
            ]
        return level[0].result() if level else None


def runner(workers: int = 0, scheduler: str = "") -> Runner:
    """Threads of this machine, or a cluster where the address of its scheduler is given."""
    return Cluster(scheduler) if scheduler else Threads(workers)


def kept(make: Callable[[Any], T], key: Callable[[Any], str], most: int = 8) -> Callable[[Any], T]:
    """`make`, its last few results remembered by a key: a worker gets the same space many times."""
    known: OrderedDict[str, T] = OrderedDict()

    @functools.wraps(make)
    def remembered(value: Any) -> T:
        name = key(value)
        if name not in known:
            known[name] = make(value)
            while len(known) > most:
                known.popitem(last=False)
        return known[name]

    return remembered
