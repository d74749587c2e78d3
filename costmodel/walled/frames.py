"""Frames: values as they go through a socket between two processes of this package.

Both ends are ours, and nothing that a visitor sends is ever unpickled.
"""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!Q")


def packed(value: object) -> bytes:
    """A value as one frame."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def read(connection: socket.socket) -> Any:
    """The next value; `EOFError` where the other end is gone."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return pickle.loads(_exactly(connection, length))


class Collected:
    """A frame that arrives in pieces."""

    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, piece: bytes) -> None:
        """Take in what has arrived."""
        self._data += piece

    def take(self) -> tuple[bool, Any]:
        """Whether a whole value is there, and the value."""
        if len(self._data) < _LENGTH.size:
            return False, None
        (length,) = _LENGTH.unpack_from(self._data)
        if len(self._data) < _LENGTH.size + length:
            return False, None
        frame = bytes(self._data[_LENGTH.size : _LENGTH.size + length])
        del self._data[: _LENGTH.size + length]
        return True, pickle.loads(frame)


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(min(length - len(data), 1 << 20))
        if not piece:
            raise EOFError("the other end is gone")
        data += piece
    return bytes(data)
