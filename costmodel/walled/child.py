"""The child: one call within its bounds, and an answer in every case that it lives to see."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import tempfile
import traceback
from pathlib import Path
from typing import Any

from costmodel.errors import CostModelError
from costmodel.walled import frames
from costmodel.walled.bounds import Bounds

#: Kinds of answers.
BEGUN, DONE, REFUSED, TOO_MUCH, TOO_LONG, BROKEN = range(6)
_PAGE = resource.getpagesize()
_GRACE = 5  # seconds of processor time after which the kernel ends what nobody else has ended


def serve(connection: socket.socket, folder: str) -> None:
    """Answer one request; files that the call makes lie in the folder."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    with contextlib.suppress(OSError):
        os.setsid()  # what the call starts is ended with it
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    bounds: Bounds = frames.read(connection)
    connection.sendall(frames.packed((BEGUN, None)))
    _limit(bounds)
    answer = _answer(connection, bounds)
    connection.sendall(answer)


def _answer(connection: socket.socket, bounds: Bounds) -> bytes:
    try:
        function, args, kwargs = frames.read(connection)
        answer = frames.packed((DONE, function(*args, **kwargs)))
        return answer if len(answer) <= bounds.answer else frames.packed((TOO_LONG, len(answer)))
    except CostModelError as error:
        return frames.packed((REFUSED, error))
    except MemoryError:
        pass
    except RecursionError:
        return frames.packed((REFUSED, CostModelError("this is nested too deep to be read")))
    except Exception:
        return frames.packed((BROKEN, traceback.format_exc()))
    # outside the handler, where what it held is free again
    return frames.packed((TOO_MUCH, None))


def _limit(bounds: Bounds) -> None:
    with contextlib.suppress(OSError):
        os.nice(bounds.niceness)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = int(bounds.seconds * (os.cpu_count() or 1)) + _GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if bounds.memory is not None:
        most = _address_space() + bounds.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _address_space() -> int:
    """Bytes of address space that this process has now."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    except OSError:
        return 4 << 30  # a system that does not tell: what libraries map without using it


def run_command(words: list[str]) -> tuple[int, str, str]:
    """Run a command to its end: its exit code, what it printed, and what it said on stderr."""
    import subprocess

    done: Any = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr
