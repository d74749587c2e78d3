"""Processes that tests wait for: whether one is gone, and until something holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def eventually(holds: Callable[[], bool], seconds: float = 120) -> bool:
    """Whether it holds at last; the time is for the busiest machine, and nobody waits longer."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
