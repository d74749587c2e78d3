"""A measurement in a process of its own: bounded, stoppable, and nothing of it is kept.

Times taken inside a server are noise, because its visitors are measured with them. So the command
line measures, into a store of its own in a temporary folder; what is in that store says how far it
is. The process and the folder are gone with the server, however that ends.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from costmodel.errors import CostModelError, LimitError
from costmodel.table import Table
from costmodel.timing.report import COLUMNS
from costmodel.timing.store.database import Store
from costmodel.walled.bounds import Bounds
from costmodel.walled.child import run_command
from costmodel.walled.wall import Wall


class _StoppedError(Exception):
    """Whoever began it has ended it."""


class Measurement:
    """One running or finished measurement.

    table: the rows, once it is finished. error: one sentence, if it failed. stopped: whether it was
    ended before its time.

    Args:
        command: the words of `python -m costmodel measure …`.
        limit: seconds after which it is ended.
        ended: called once, from another thread, when it no longer runs.
    """

    def __init__(self, command: Sequence[str], limit: float, ended: Callable[[], None]) -> None:
        self.table: Table | None = None
        self.error = ""
        self.stopped = False
        self._limit, self._ended = limit, ended
        self._folder = Path(tempfile.mkdtemp(prefix="costmodel-"))
        self._store = str(self._folder / "timings.sqlite")
        self._words = [*command, "--store", self._store, "--format", "json"]
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def running(self) -> bool:
        """Whether it still measures."""
        return self._watcher.is_alive()

    def progress(self) -> float:
        """The share of its rounds that are done."""
        try:
            with Store(self._store, create=False) as store:
                (run,) = store.runs()
                return len(run.done) / run.rounds
        except (CostModelError, ValueError, OSError):
            return 0.0  # it has not begun, or has just ended

    def stop(self) -> None:
        """End it."""
        self.stopped = True
        self.wait(5)

    def wait(self, seconds: float) -> None:
        """Until it is finished, but no longer."""
        self._watcher.join(seconds)

    def _watch(self) -> None:
        wall = Wall([], Bounds(self._limit, folder=str(self._folder), niceness=0))
        try:
            code, out, err = wall.watched(self._heed, run_command, self._words)
            if code == 0:
                self.table = Table(COLUMNS, json.loads(out))
            else:
                lines = err.strip().splitlines() or ["the measurement ended without a word"]
                self.error = lines[-1].removeprefix("costmodel: ").removeprefix("error: ")
        except _StoppedError:
            pass
        except LimitError:
            self.error = f"it took more than {self._limit:g} seconds; allowed are smaller layers"
        finally:
            wall.stop()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._ended()

    def _heed(self, _seconds: float) -> None:
        if self.stopped:
            raise _StoppedError
