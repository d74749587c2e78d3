"""Moving a Parquet row group to another place: the offsets in the footer that describes it.

A footer is a struct in Thrift's compact protocol: fields, each with the difference of its number to
the last one and its type; integers are zigzag varints. (Apache Parquet's `parquet.thrift`, Thrift's
compact protocol specification.) PyArrow writes and joins footers; it has no way to move them.
"""

from __future__ import annotations

from collections.abc import Iterator

_STOP, _TRUE, _FALSE, _BYTE, _INTEGERS, _DOUBLE, _BINARY = 0, 1, 2, 3, (4, 5, 6), 7, 8
_LISTS, _MAP, _STRUCT = (9, 10), 11, 12
_LONG = 15
#: The fields that hold a place in the file, by the numbers on the way to them: of a row group its
#: beginning, of a column its chunk, pages, dictionary and bloom filter, its indexes.
_PLACES = {
    (4, 5),
    (4, 1, 2),
    (4, 1, 3, 9),
    (4, 1, 3, 10),
    (4, 1, 3, 11),
    (4, 1, 3, 14),
    (4, 1, 4),
    (4, 1, 6),
}


def moved(footer: bytes, by: int) -> bytes:
    """The same footer for data that stands so many bytes further on."""
    return _Walk(footer, by).struct(())


class _Walk:
    def __init__(self, data: bytes, by: int) -> None:
        self.data, self.by, self.at = data, by, 0

    def _take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def _varint(self) -> int:
        result = shift = 0
        while True:
            byte = self._take(1)[0]
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return result

    def struct(self, path: tuple[int, ...]) -> bytes:
        """A struct's bytes, its places moved."""
        out, field = b"", 0
        while True:
            head = self._take(1)
            out += head
            kind, step = head[0] & 15, head[0] >> 4
            if kind == _STOP:
                return out
            if step:
                field += step
            else:
                number = self._varint()
                out += _varint(number)
                field = (number >> 1) ^ -(number & 1)
            if kind not in (_TRUE, _FALSE):
                out += self._value(kind, (*path, field))

    def _value(self, kind: int, path: tuple[int, ...]) -> bytes:
        if kind in _INTEGERS:
            number = self._varint()
            if path in _PLACES and number:  # never negative; 0 is none
                number += 2 * self.by
            return _varint(number)
        if kind == _BINARY:
            length = self._varint()
            return _varint(length) + self._take(length)
        if kind == _STRUCT:
            return self.struct(path)
        if kind in _LISTS:
            return b"".join(self._list(path))
        if kind == _MAP:
            raise ValueError("a map in a Parquet footer, which has none")
        return self._take(8 if kind == _DOUBLE else 1)

    def _list(self, path: tuple[int, ...]) -> Iterator[bytes]:
        head = self._take(1)
        yield head
        size, kind = head[0] >> 4, head[0] & 15
        if size == _LONG:
            size = self._varint()
            yield _varint(size)
        for _ in range(size):
            yield self._take(1) if kind in (_TRUE, _FALSE) else self._value(kind, path)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
