"""A measurement that a visitor starts: in a process of its own, one at a time, bounded, stoppable.

Times taken inside a server are noise, because its other visitors are measured with them. So the
command line measures, into a store of its own in a temporary folder; what is in that store says how
far it is. Nobody else sees what a visitor measures, and nothing of it is kept.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.documents.spelling import measure_command
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.table import Table

#: What one measurement may ask for.
MAX_VARIANTS = 8
MAX_MACS = 2_000_000_000
MAX_PARAMS = 20_000_000
ROUNDS = 12
#: Seconds after which it is ended.
LIMIT = 120.0
_NAME = "page"
_TEXTS = ("variant", "hyper", "class", "processor", "device", "torch", "dtype", "protocol")


class Measurement:
    """One running or finished measurement.

    table: the rows, once it is finished. error: one sentence, if it failed. stopped: whether it was
    ended before its time.
    """

    def __init__(self, command: Sequence[str], slot: threading.Lock) -> None:
        self.table: Table | None = None
        self.error = ""
        self.stopped = False
        self._slot = slot
        self._folder = Path(tempfile.mkdtemp(prefix="costmodel-"))
        self._store = self._folder / "timings.sqlite"
        self._process = subprocess.Popen(
            [*command, "--store", str(self._store), "--name", _NAME, "--format", "csv"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def running(self) -> bool:
        """Whether it still measures."""
        return self._watcher.is_alive()

    def progress(self) -> float:
        """The share of its rounds that are done."""
        from costmodel.timing.store.database import Store

        try:
            with Store(str(self._store), create=False) as store:
                (run,) = store.runs()
                return len(run.done) / run.rounds
        except (CostModelError, ValueError, OSError):
            return 0.0  # it has not begun, or has just ended

    def stop(self) -> None:
        """End it."""
        self.stopped = True
        self._process.terminate()
        self.wait(5)

    def wait(self, seconds: float) -> None:
        """Until it is finished, but no longer."""
        self._watcher.join(seconds)

    def _watch(self) -> None:
        try:
            out, err = self._process.communicate(timeout=LIMIT)
            if self._process.returncode == 0:
                self.table = _read(out)
            elif not self.stopped:
                lines = err.strip().splitlines() or ["the measurement ended without a word"]
                self.error = lines[-1].removeprefix("costmodel: ").removeprefix("error: ")
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            self.error = f"it took more than {LIMIT:g} seconds; allowed are smaller layers"
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._slot.release()


@st.cache_resource(show_spinner=False)
def _slot() -> threading.Lock:
    """Held by whoever measures: two measurements at once would measure each other."""
    return threading.Lock()


def busy() -> bool:
    """Whether somebody measures now."""
    return _slot().locked()


def start(layer: Mapping[str, str], counted: Sequence[Counts], used: Mapping[str, Any]) -> None:
    """Begin to measure variants on a layer, for this visitor.

    Args:
        layer: texts by the names of `parsing.LAYER_NAMES`.
        counted: the variants' counts on it, for the bounds.
        used: hyper-parameters that were set, by `variant.letter`.

    Raises:
        CostModelError: too large, or somebody else measures now. MissingDependencyError: no torch.
    """
    check(counted)
    slot = _slot()
    if not slot.acquire(blocking=False):
        raise CostModelError("somebody else measures on this server; allowed is one at a time")
    ids = [counts.variant.id for counts in counted]
    try:
        words = measure_command(layer, ids, used, ROUNDS)
        st.session_state["_measurement"] = Measurement([sys.executable, *words[1:]], slot)
    except BaseException:
        slot.release()
        raise


def check(counted: Sequence[Counts]) -> None:
    """Raise `CostModelError` where a measurement would be too large, or cannot be made."""
    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "measuring", "torch")
    if not 1 <= len(counted) <= MAX_VARIANTS:
        raise CostModelError(
            f"{len(counted)} variants; allowed to be measured from this page are 1 to "
            f"{MAX_VARIANTS}: choose some in the sidebar"
        )
    for counts in counted:
        if counts.macs > MAX_MACS or counts.params > MAX_PARAMS:
            raise CostModelError(
                f"{counts.variant.id} has {counts.macs:,} multiplies and {counts.params:,} "
                f"parameters; allowed from this page are {MAX_MACS:,} and {MAX_PARAMS:,}, and any "
                "number on the command line"
            )


def mine() -> Measurement | None:
    """This visitor's measurement, running or finished."""
    found: Measurement | None = st.session_state.get("_measurement")
    return found


def _read(text: str) -> Table:
    """The command's CSV as a table."""
    reader = csv.DictReader(io.StringIO(text))
    rows = [{name: _cell(name, value) for name, value in row.items()} for row in reader]
    return Table(tuple(reader.fieldnames or ()), rows)


def _cell(name: str, text: str) -> Any:
    if name in _TEXTS or not text:
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
