"""Rows as lines of CSV or JSON: what does not change is written once, integers digit by digit.

With Numba the digits are written by a compiled loop, without it by Python; the bytes are the same.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from costmodel.sweeping.compiling import jit
from costmodel.sweeping.rows import Rows, Values
from costmodel.sweeping.space import Space
from costmodel.table import plain

#: Formats whose files are lines, by name.
LINES = ("csv", "jsonl")
_DIGITS = 20


def header(space: Space, format: str) -> bytes:
    """What stands before all rows."""
    names = ",".join(place.column.key for place in space.shown)
    return f"{names}\n".encode() if format == "csv" else b""


def lines(rows: Rows, format: str, compiled: bool = False) -> bytes:
    """The rows as text, as `Table.to_csv` and `to_jsonl` write them.

    compiled: by a compiled loop, which gives the same bytes.
    """
    if not rows.number:
        return b""
    cell: Callable[[Any], str] = plain if format == "csv" else _json
    opening, ending = ("", "\n") if format == "csv" else ("{", "}\n")
    between = "," if format == "csv" else ", "
    pieces: list[str | Values] = [opening]
    for place, column in enumerate(rows.columns):
        if place:
            pieces.append(between)
        if format == "jsonl":
            pieces.append(f"{json.dumps(column.place.column.key, ensure_ascii=False)}: ")
        if column.numbers is None and isinstance(column.codes, int):
            pieces.append(cell(column.texts[column.codes]))
        else:
            pieces.append(column)
    pieces.append(ending)
    merged: list[str | Values] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    if compiled:
        return _compiled(rows.number, merged, cell)
    return _joined(rows.number, merged, cell)


def _json(value: Any) -> str:
    value = float(value) if isinstance(value, Fraction) else value
    return json.dumps(value, ensure_ascii=False)


def _coded(column: Values, cell: Callable[[Any], str]) -> tuple[list[str], Any]:
    """The texts of a column of anything but machine integers, and their codes."""
    if column.numbers is None:
        return [cell(text) for text in column.texts], column.codes
    import numpy

    known: dict[Any, int] = {}
    codes = [known.setdefault(value, len(known)) for value in column.numbers.tolist()]
    return [cell(value) for value in known], numpy.array(codes, dtype=numpy.int32)


def _is_word(column: Values) -> bool:
    return column.numbers is not None and column.numbers.dtype.kind == "i"


def _joined(number: int, pieces: Sequence[str | Values], cell: Callable[[Any], str]) -> bytes:
    """Line by line in Python."""
    columns: list[Any] = []
    template = []
    for piece in pieces:
        if isinstance(piece, str):
            template.append(piece.replace("%", "%%"))
        elif _is_word(piece):
            template.append("%d")
            columns.append(piece.numbers.tolist())  # type: ignore[union-attr]
        else:
            texts, codes = _coded(piece, cell)
            template.append("%s")
            columns.append([texts[code] for code in codes.tolist()])
    line = "".join(template)
    if not columns:
        return (line % ()).encode() * number
    return "".join([line % row for row in zip(*columns, strict=True)]).encode()


def _compiled(number: int, pieces: Sequence[str | Values], cell: Callable[[Any], str]) -> bytes:
    """The same by a compiled loop over one buffer."""
    import numpy

    kinds: list[int] = []
    firsts: list[int] = []
    texts: list[bytes] = []
    integers, codes, width = [], [], 0
    for piece in pieces:
        first = len(texts)
        if isinstance(piece, str):
            kinds.append(0)
            texts.append(piece.encode())
            width += len(texts[-1])
        elif _is_word(piece):
            kinds.append(1)
            integers.append(piece.numbers)
            width += _DIGITS
        else:
            kinds.append(2)
            own, code = _coded(piece, cell)
            texts += [text.encode() for text in own]
            codes.append(code)
            width += max(map(len, texts[first:]))
        firsts.append(first)
    starts = numpy.concatenate([[0], numpy.cumsum([len(text) for text in texts])])
    out = numpy.empty(number * width, dtype=numpy.uint8)
    used = _writer()(
        out,
        number,
        numpy.array(kinds),
        numpy.array(firsts),
        numpy.array(integers, dtype=numpy.int64).reshape(len(integers), number),
        numpy.array(codes, dtype=numpy.int32).reshape(len(codes), number),
        numpy.frombuffer(b"".join(texts) or b"\0", dtype=numpy.uint8),
        starts.astype(numpy.int64),
    )
    return out[:used].tobytes()


@functools.cache
def _writer() -> Callable[..., int]:
    import numpy

    ten = numpy.uint64(10)

    def put(out: Any, at: Any, value: Any) -> Any:
        if value < 0:
            out[at] = 45
            at += 1
        rest = numpy.uint64(abs(value))
        digits, limit = 1, ten
        while digits < 19 and rest >= limit:
            digits += 1
            limit = limit * ten
        place = at + digits - 1
        while place >= at:
            shorter = rest // ten
            out[place] = 48 + (rest - shorter * ten)
            rest = shorter
            place -= 1
        return at + digits

    inner = jit(put)

    def write(
        out: Any, number: Any, kinds: Any, firsts: Any, integers: Any, codes: Any, texts: Any,
        starts: Any,
    ) -> Any:  # fmt: skip
        at = 0
        for row in range(number):
            integer = code = 0
            for piece in range(len(kinds)):
                if kinds[piece] == 1:
                    at = inner(out, at, integers[integer, row])
                    integer += 1
                    continue
                text = firsts[piece]
                if kinds[piece] == 2:
                    text += codes[code, row]
                    code += 1
                for place in range(starts[text], starts[text + 1]):
                    out[at] = texts[place]
                    at += 1
        return at

    compiled: Callable[..., int] = jit(write)
    return compiled
