"""A measurement in a process of its own: its progress, its end, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from costmodel import ConvLayer
from costmodel.timing.background import Measurement
from costmodel.timing.case import Case
from costmodel.timing.machine import Machine
from costmodel.timing.store.database import Store
from tests.walled.processes import eventually, gone

CASES = [Case(ConvLayer(kernel, 12, 20, (17, 14))) for kernel in (1, 3, 5)]
ASLEEP = [sys.executable, "-c", "import time; time.sleep(270)"]


def test_progress_is_that_of_the_store_and_nothing_is_kept() -> None:
    ended = threading.Event()
    present = Measurement(ASLEEP, 60, ended.set)
    try:
        assert present.progress() == 0
        with Store(present._store) as store:
            run = store.begin("any", Machine("a processor", torch="2.13.0"), CASES, 4)
            store.keep(run, 0, [(place, 1e-3) for place in range(3)])
        assert present.progress() == 0.25
    finally:
        present.stop()
    assert ended.wait(10)
    assert present.stopped
    assert not present.error
    assert not present._folder.exists(), "nothing of it is kept"


def test_it_is_ended_when_it_takes_too_long() -> None:
    ended = threading.Event()
    present = Measurement(ASLEEP, 0.2, ended.set)
    assert ended.wait(10)
    assert present.error == "it took more than 0.2 seconds; allowed are smaller layers"


@pytest.mark.slow
def test_cells_come_back_as_they_were_printed() -> None:
    pytest.importorskip("torch", reason="no torch: pip install torch")
    layer = ["-k", "3", "-m", "12", "-n", "20", "--size", "17x14", "--variants", "standard"]
    command = [sys.executable, "-m", "costmodel", "measure", *layer, "--rounds", "1"]
    present = Measurement(command, 120, lambda: None)
    present.wait(120)
    assert not present.error
    assert present.table is not None
    (row,) = present.table
    assert (row["macs"], row["kernel"], row["transposed"]) == (9 * 12 * 20 * 238, "3x3", False)
    assert isinstance(row["min_ms"], float)


_SERVER = """
import sys
from costmodel.timing.background import Measurement
present = Measurement([sys.executable, "-c", sys.argv[1]], 270, lambda: None)
print(present._folder, flush=True)
present.wait(270)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_stops_leaves_nothing_behind(number: int) -> None:
    code = (
        "import os, pathlib, sys, time; "
        "pathlib.Path(sys.argv[2] + '-pid').write_text(str(os.getpid())); time.sleep(270)"
    )
    server = subprocess.Popen([sys.executable, "-c", _SERVER, code], stdout=subprocess.PIPE)
    assert server.stdout is not None
    folder = Path(server.stdout.readline().decode().strip())
    pid = folder / "timings.sqlite-pid"
    assert eventually(lambda: pid.exists() and bool(pid.read_text()))
    child = int(pid.read_text())
    server.send_signal(number)
    server.wait()
    server.stdout.close()
    assert eventually(lambda: not folder.exists())
    assert eventually(lambda: gone(child))
