"""The keeper: a process that has imported what is needed, and forks a child for every call.

It listens on one socket for connections that the server hands over, and ends a child with all that
it started as soon as the server's end of its connection is closed: the visitor has left, the time
is up, or there is no server any more, however it ended. It has one thread and never works itself.

    python -m costmodel.walled.keeper FD MODULE…
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from importlib import import_module
from typing import NamedTuple

from costmodel.walled.child import serve

#: How the folders are called that a child's files lie in.
PREFIX = "costmodel-walled-"


class _Child(NamedTuple):
    pid: int
    connection: socket.socket
    folder: str


class Keeper:
    """The children by the number of their connection."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, _Child] = {}
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)
        self.wake, woken = os.pipe()
        for end in (self.wake, woken):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, whose end is ours
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.poll.register(self.wake, select.POLLIN)

    def run(self) -> None:
        """Until the server's end of the control socket is closed."""
        try:
            while self._once():
                pass
        finally:
            for number in list(self.children):
                self._end(number)

    def _once(self) -> bool:
        for number, _ in self.poll.poll():
            if number == self.wake:
                os.read(self.wake, 4096)
                self._reap()
            elif number == self.control.fileno():
                data, handed, _, _ = socket.recv_fds(self.control, 4096, 1)
                if not data:
                    return False
                for one in handed:
                    self._begin(socket.socket(fileno=one), data[1:].decode())
            elif number in self.children:
                self._end(number)  # nobody waits for it any more
        return True

    def _begin(self, connection: socket.socket, folder: str) -> None:
        folder = folder or tempfile.mkdtemp(prefix=PREFIX)
        pid = os.fork()
        if not pid:
            try:
                self.control.close()
                for other in self.children.values():
                    other.connection.close()
                serve(connection, folder)
            finally:
                os._exit(0)
        self.children[connection.fileno()] = _Child(pid, connection, folder)
        self.poll.register(connection, 0)  # only that its other end was closed

    def _reap(self) -> None:
        for number, child in list(self.children.items()):
            if os.waitpid(child.pid, os.WNOHANG)[0]:
                self._forget(number)

    def _end(self, number: int) -> None:
        pid = self.children[number].pid
        # the child may not have made its group yet
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self._forget(number)

    def _forget(self, number: int) -> None:
        child = self.children.pop(number)
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)  # what it started and left behind
        self.poll.unregister(number)
        child.connection.close()
        shutil.rmtree(child.folder, ignore_errors=True)


def main(words: list[str]) -> None:
    """Import the modules, as far as they are installed, and keep children until the end.

    `module:function` is also called once, for what it prepares.
    """
    control = socket.socket(fileno=int(words[0]))
    for word in words[1:]:
        name, _, function = word.partition(":")
        with contextlib.suppress(ImportError):
            module = import_module(name)
            if function:
                getattr(module, function)()
    gc.collect()
    gc.freeze()  # pages that a child only reads are shared with it
    Keeper(control).run()


if __name__ == "__main__":
    main(sys.argv[1:])
