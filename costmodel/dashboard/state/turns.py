"""Turns: of the pages that visitors ask for at once, one is drawn after the other.

Python runs one thread at a time. Fifty pages drawn side by side are all done with the last one; in
turn, half of them are done by half of that time, and the server has time for what it sends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which a page is drawn anyway: one that takes long must not stop the others.
PATIENCE = 0.5

_turn = threading.Lock()
_own = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for the turn, for a while; it ends with the block, or with `give_up`."""
    _own.held = _turn.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        give_up()


def give_up() -> None:
    """End this thread's turn, for good: before it waits for something other than the processor.

    It is not taken again: whoever has the next one may be waiting for what this thread holds.
    """
    if getattr(_own, "held", False):
        _own.held = False
        _turn.release()
