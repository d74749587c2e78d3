"""Slim: the description in an ONNX file without the numbers of its weights, of whatever size it is.

The file is a protobuf message, which is a row of fields that each say how long they are: what is
skipped is never read, and memory does not grow with the weights. What the reader looks at stays:
small tensors, and those that are added, multiplied or normalised by.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import NamedTuple

from costmodel.network.read.onnx.loading import KEPT_ELEMENTS, fail, onnx_module
from costmodel.network.read.onnx.numbers import weights_of

_GRAPH, _NODE, _INITIALIZER, _NAME = 7, 1, 5, 8  # fields of ModelProto, GraphProto, TensorProto
_DATA = frozenset((4, 5, 6, 7, 9, 10, 11))  # of TensorProto: its numbers, whatever their type
_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5  # wire types
_WIDEST = 16  # bytes of the widest element
_MOST_DIGITS = 10  # bytes of a varint


class _Field(NamedTuple):
    """One field of a message: its number, its wire type, where it begins, its content and end."""

    number: int
    kind: int
    begin: int
    content: int
    end: int


def slimmed(path: str, name: str, most: int) -> bytes:
    """An ONNX file without the numbers of its weights.

    Args:
        path: the file. name: what to call it. most: bytes that may be left.

    Raises:
        InputError: no protobuf message, or more than `most` bytes without weights.
        MissingDependencyError: `onnx` is not installed.
    """
    onnx_module()
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kept = _Kept(data, name, most)
        for field in _fields(data, 0, len(data), name):
            if field.number == _GRAPH and field.kind == _LENGTH:
                _graph(data, field, kept)
            else:
                kept.add(field)
        return kept.joined()


class _Kept:
    """The pieces of a file that stay, of so many bytes at most."""

    def __init__(self, data: mmap.mmap, name: str, most: int) -> None:
        self.data, self.name, self.most = data, name, most
        self._pieces: list[bytes] = []
        self._bytes = 0

    def add(self, field: _Field) -> None:
        """A field as it is."""
        self._room_for(field.end - field.begin)
        self._pieces.append(self.data[field.begin : field.end])

    def add_bytes(self, piece: bytes) -> None:
        """A field that was made anew."""
        self._room_for(len(piece))
        self._pieces.append(piece)

    def joined(self) -> bytes:
        """All of them."""
        return b"".join(self._pieces)

    def _room_for(self, count: int) -> None:
        self._bytes += count
        if self._bytes > self.most:
            fail(
                self.name,
                f"has more than {self.most:,} bytes without its weights; allowed are {self.most:,}",
            )


def _graph(data: mmap.mmap, whole: _Field, kept: _Kept) -> None:
    """Keep a graph whose weights hold no numbers."""
    fields = list(_fields(data, whole.content, whole.end, kept.name))
    nodes = _Kept(data, kept.name, kept.most)
    for field in fields:
        if field.number == _NODE:
            nodes.add(field)
    weights = _weights(nodes)
    graph = _Kept(data, kept.name, kept.most)
    for field in fields:
        bare = _bare(data, field, weights, kept.name) if field.number == _INITIALIZER else None
        if bare is None:
            graph.add(field)
        else:
            graph.add_bytes(bare)
    kept.add_bytes(_message(_GRAPH, graph.joined()))


def _weights(nodes: _Kept) -> set[bytes]:
    """The names of the tensors whose numbers nobody looks at."""
    graph = onnx_module().GraphProto()
    try:
        graph.ParseFromString(nodes.joined())
    except Exception as error:  # DecodeError of whichever protobuf runtime is installed
        fail(nodes.name, f"is not an ONNX model ({type(error).__name__}); allowed is a ModelProto")
    # names that are no UTF-8 are handed out as bytes; the reader refuses them
    return {w if isinstance(w, bytes) else w.encode() for w in weights_of(graph)}


def _bare(data: mmap.mmap, whole: _Field, weights: set[bytes], name: str) -> bytes | None:
    """A large weight beside the nodes without its numbers; None for every other tensor."""
    if whole.kind != _LENGTH or whole.end - whole.content <= KEPT_ELEMENTS * _WIDEST:
        return None
    fields = list(_fields(data, whole.content, whole.end, name))
    names = [data[f.content : f.end] for f in fields if f.number == _NAME]
    if not names or names[-1] not in weights:
        return None
    kept = b"".join(data[f.begin : f.end] for f in fields if f.number not in _DATA)
    return _message(_INITIALIZER, kept)


def _message(number: int, content: bytes) -> bytes:
    return _digits(number << 3 | _LENGTH) + _digits(len(content)) + content


def _fields(data: mmap.mmap, place: int, end: int, name: str) -> Iterator[_Field]:
    """The fields between two places, each by its length alone."""
    while place < end:
        begin = place
        tag, place = _varint(data, place, end, name)
        kind, content = tag & 7, place
        if kind == _VARINT:
            _, place = _varint(data, place, end, name)
        elif kind == _LENGTH:
            length, content = _varint(data, place, end, name)
            place = content + length
        elif kind in (_EIGHT, _FOUR):
            place += 8 if kind == _EIGHT else 4
        else:
            _broken(name)
        if place > end:
            _broken(name)
        yield _Field(tag >> 3, kind, begin, content, place)


def _varint(data: mmap.mmap, place: int, end: int, name: str) -> tuple[int, int]:
    """A number in digits of seven bits, and the place after it."""
    value = 0
    for digit in range(_MOST_DIGITS):
        if place + digit >= end:
            _broken(name)
        byte = data[place + digit]
        value |= (byte & 127) << 7 * digit
        if byte < 128:
            return value, place + digit + 1
    return _broken(name)


def _broken(name: str) -> tuple[int, int]:
    fail(name, "is not an ONNX model (cut short or broken); allowed is a file with one ModelProto")


def _digits(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    digits.append(value)
    return bytes(digits)
