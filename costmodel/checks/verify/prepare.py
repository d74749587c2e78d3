"""What every check needs first: torch, set up for many small tensors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from costmodel.errors import MissingDependencyError

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def prepare() -> None:
    """Load torch for many small checks; without it, one sentence says how to install it."""
    try:
        import torch
    except ImportError:
        raise MissingDependencyError("torch", "verifying", "torch") from None
    torch.set_num_threads(1)  # the tensors are small: threads would only wait for each other


def side_by_side(
    work: Callable[[_Task], _Result], tasks: Sequence[_Task], processes: int | None
) -> Iterator[_Result]:
    """The results in the order of the tasks; processes: None is one per core."""
    workers = min(processes or os.cpu_count() or 1, len(tasks))
    if workers <= 1:
        yield from map(work, tasks)
        return
    # a fresh interpreter per worker: torch's threads do not survive a fork
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=prepare) as pool:
        yield from pool.map(work, tasks)
