"""The wall: a call made in another process, within bounds, and ended with whoever waits for it.

A page that reads a visitor's file or expands a visitor's formula must not be able to stop the
others: not by time, not by memory, not by holding the interpreter's lock.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar, cast

from costmodel.errors import LimitError
from costmodel.files import IMPORT_ROOT
from costmodel.walled import child, frames
from costmodel.walled.bounds import Bounds

_P = ParamSpec("_P")
_T = TypeVar("_T")
_TICK = 0.1
_START = 60.0  # seconds for a keeper to import its modules, on a busy machine
#: Whether this system can fork; elsewhere calls are made in the server itself.
CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")


class Broken(RuntimeError):
    """A call that ended with an exception which is none of ours; the text is its traceback."""


class Wall:
    """Where calls are made on somebody else's behalf.

    Its process starts with the first call, or with `start`, and ends with this one.

    Args:
        modules: what the process imports once, so that no call has to; those that are not
            installed are left out.
        bounds: what each call may use.
        at_once: calls that run at the same time; others wait for their turn.
    """

    def __init__(self, modules: Sequence[str], bounds: Bounds, at_once: int = 2) -> None:
        self.bounds = bounds
        self._modules = tuple(modules)
        self._turns = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        """Start the process, where it does not run."""
        with self._lock:
            self._running()

    def stop(self) -> None:
        """End the process and every call in it."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                self._process.wait(_START)
            self._process = self._control = None

    def call(
        self,
        function: Callable[_P, _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """`function(*args, **kwargs)` behind the wall; see `watched`."""
        return self.watched(lambda seconds: None, function, *args, **kwargs)

    def watched(
        self,
        tick: Callable[[float], object],
        function: Callable[_P, _T],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """`function(*args, **kwargs)` behind the wall.

        Args:
            tick: called every tenth of a second with the seconds that have passed; what it raises
                ends the call.
            function: a function of a module, by which the other process finds it.
            args, kwargs: values that can be pickled, as what it returns has to be.

        Raises:
            LimitError: it takes too long, too much memory, or its answer is too large; or so many
                others wait that its turn did not come.
            CostModelError: what the function raised.
            Broken: the function raised something else.
        """
        if not CAN_FORK:
            return function(*args, **kwargs)
        begin = time.monotonic()
        while not self._turns.acquire(timeout=_TICK):
            tick(time.monotonic() - begin)
            if time.monotonic() - begin > 2 * self.bounds.seconds:
                raise LimitError("others are being served; allowed is to try again in a minute")
        try:
            return cast(_T, self._made(tick, (function, args, kwargs)))
        finally:
            self._turns.release()

    # -- one call --------------------------------------------------------------------------------
    def _made(self, tick: Callable[[float], object], request: tuple[Any, ...]) -> Any:
        data = frames.packed(self.bounds) + frames.packed(request)
        connection = self._connected()
        try:
            return self._answered(connection, data, tick)
        finally:
            connection.close()  # and with it the child, whatever it does

    def _connected(self) -> socket.socket:
        mine, other = socket.socketpair()
        with other, self._lock:
            try:
                socket.send_fds(
                    self._running(), [b"!" + self.bounds.folder.encode()], [other.fileno()]
                )
            except OSError:  # it was ended from outside
                self._process = None
                socket.send_fds(
                    self._running(), [b"!" + self.bounds.folder.encode()], [other.fileno()]
                )
        mine.setblocking(False)
        return mine

    def _running(self) -> socket.socket:
        if self._process is None or self._process.poll() is not None or self._control is None:
            paths = [IMPORT_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
            one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
            if self._control is not None:
                self._control.close()
            self._control, other = socket.socketpair()
            with other:
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-m", "costmodel.walled.keeper"),
                        *(str(other.fileno()), *self._modules),
                    ],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[other.fileno()],
                    env={**os.environ, **one, "PYTHONPATH": os.pathsep.join(paths)},
                )
        return self._control

    def _answered(
        self, connection: socket.socket, data: bytes, tick: Callable[[float], object]
    ) -> Any:
        begun, limit = time.monotonic(), _START
        left, answer = memoryview(data), frames.Collected()
        while (passed := time.monotonic() - begun) <= limit:
            wanted = [connection] if left else []
            readable, writable, _ = select.select([connection], wanted, [], _TICK)
            if not (readable or writable):
                tick(passed)
            with suppress(BlockingIOError):
                if writable:
                    left = left[connection.send(left) :]
                if not readable:
                    continue
                piece = connection.recv(1 << 20)
                if not piece:
                    break
                answer.add(piece)
                whole, value = answer.take()
                if whole and value[0] == child.BEGUN:
                    begun, limit = time.monotonic(), self.bounds.seconds
                    whole, value = answer.take()
                if whole:
                    return self._said(*value)
        else:
            raise LimitError(f"this takes more than {limit:g} s; {self.bounds.words}")
        raise LimitError(f"this takes more than it may use; {self.bounds.words}")

    def _said(self, kind: int, value: Any) -> Any:
        match kind:
            case child.DONE:
                return value
            case child.REFUSED:
                raise value
            case child.TOO_MUCH:
                raise LimitError(f"this takes more memory than it may use; {self.bounds.words}")
            case child.TOO_LONG:
                raise LimitError(
                    f"this gives {value:,} bytes; allowed are {self.bounds.answer:,}, and any "
                    "number on the command line"
                )
        raise Broken(value)
