"""Rows into a file, block by block: what is written is kept, so a run can be gone on with.

Beside the file that is wanted stands the work: the rows so far, and a journal with a line for every
block that is whole. Both are taken away when the file is put in its place.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, NamedTuple

from costmodel.errors import CostModelError, InputError
from costmodel.files import move_whole, refused
from costmodel.sweeping import arrow, text
from costmodel.sweeping.compiling import has_numba
from costmodel.sweeping.footer import moved
from costmodel.sweeping.rows import Source
from costmodel.sweeping.running import Runner, kept
from costmodel.sweeping.space import Space

#: Points of a space from which a compiled loop writes lines: it takes seconds to compile.
COMPILED_FROM = 1_000_000
#: The formats of rows.
FORMATS = (*text.LINES, *arrow.BINARY)


class Block(NamedTuple):
    """A block as bytes, and what stands in it."""

    data: bytes
    footer: bytes
    rows: int
    misfits: int
    outside: int
    points: int


@dataclass
class Written:
    """What was written: rows, and the points that are none."""

    rows: int = 0
    misfits: int = 0
    outside: int = 0
    points: int = 0

    def add(self, block: Any) -> None:
        """Take a block in."""
        self.rows += block.rows
        self.misfits += block.misfits
        self.outside += block.outside
        self.points += block.points


Progress = Callable[[Written], None]
source = kept(Source, key=lambda space: space.fingerprint)


def encoded(space: Space, format: str, number: int) -> Block:
    """One block as it will stand in the file."""
    rows = source(space)[number]
    data, footer = b"", b""
    if format in text.LINES:
        data = text.lines(rows, format, has_numba() and space.points >= COMPILED_FROM)
    elif rows.number:
        types = arrow.schema(space, format)
        if format == "parquet":
            data, footer = arrow.row_group(rows, types)
        else:
            data = arrow.stream(rows, types)
    return Block(data, footer, rows.number, rows.misfits, rows.outside, rows.points)


def stream(
    space: Space, out: BinaryIO, format: str, run: Runner, progress: Progress | None = None
) -> Written:
    """Write all rows to an open file; what fails is whoever opened it's to say."""
    result = Written()
    out.write(text.header(space, format) if format in text.LINES else b"")
    for block in run.in_order(functools.partial(encoded, space, format), range(len(source(space)))):
        out.write(block.data)
        result.add(block)
        if progress:
            progress(result)
    return result


def write(
    space: Space,
    path: str,
    format: str,
    run: Runner,
    resume: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write all rows to a file, whole or not at all.

    resume: go on after the last whole block of a run that was stopped; the file is byte for byte
    what it would have been. Where there is no such work, it begins.

    Raises `InputError` where the file cannot be written (the work is taken away, unless resuming
    was asked for), and where the work is of another space.
    """
    if os.path.isdir(path):
        raise InputError(f"cannot write {path!r}: it is a directory; allowed is a file, or {path}/")
    with refused(path):
        work = _Work(os.path.realpath(path), space, format)
        done = work.open(resume)
        try:
            _fill(work, space, format, run, done, progress)
            work.finish()
        except (OSError, CostModelError):
            work.close()
            if not resume:
                work.remove()
            raise
        finally:
            work.close()
    return work.written


def _fill(
    work: _Work,
    space: Space,
    format: str,
    run: Runner,
    done: int,
    progress: Progress | None,
) -> None:
    if progress:
        progress(work.written)
    left = range(done, len(source(space)))
    for block in run.in_order(functools.partial(encoded, space, format), left):
        work.append(block)
        if progress:
            progress(work.written)


class _Work:
    """The rows so far and the journal of the blocks in them, beside the file that they become."""

    def __init__(self, path: str, space: Space, format: str) -> None:
        folder, name = os.path.split(path)
        if os.path.exists(path) and not os.path.isfile(path):  # a device or a pipe
            import tempfile

            folder = tempfile.gettempdir()
        self.path, self.space, self.format = path, space, format
        self.rows_path = os.path.join(folder, f".{name}.costmodel-rows")
        self.journal_path = os.path.join(folder, f".{name}.costmodel-journal")
        self.written = Written()
        self.footers: list[bytes] = []
        self.ends: list[int] = []
        self._files: list[IO[bytes]] = []

    @property
    def _head(self) -> bytes:
        if self.format in text.LINES:
            return text.header(self.space, self.format)
        return arrow.MAGIC if self.format == "parquet" else b""

    def open(self, resume: bool) -> int:
        """Begin, or go on; returns how many blocks there are."""
        known = list(self._known()) if resume else []
        end = self.ends[-1] if self.ends else len(self._head)
        rows, journal = (
            open(path, "r+b" if known else "w+b")  # noqa: SIM115
            for path in (self.rows_path, self.journal_path)
        )
        self._files = [rows, journal]
        if known:
            rows.truncate(end)
            journal.truncate(known[-1])
            rows.seek(0, os.SEEK_END)
            journal.seek(0, os.SEEK_END)
        else:
            rows.write(self._head)
            title = {"space": self.space.fingerprint, "format": self.format}
            journal.write(json.dumps(title).encode() + b"\n")
        self._flush()
        return len(self.ends)

    def _known(self) -> Iterator[int]:
        """Where the journal's whole lines end, the title's first; blocks are taken in."""
        try:
            with open(self.journal_path, "rb") as file:
                lines = file.read().split(b"\n")[:-1]
            size = os.path.getsize(self.rows_path)
        except FileNotFoundError:
            return
        at = 0
        for place, line in enumerate(lines):
            entry = json.loads(line)
            at += len(line) + 1
            if not place:
                if entry != {"space": self.space.fingerprint, "format": self.format}:
                    raise InputError(
                        f"the work beside {self.path!r} is of another space or format; allowed is "
                        "the same call with --resume, or one without"
                    )
            elif entry["end"] > size:
                return
            else:
                self.ends.append(entry["end"])
                self.footers.append(base64.b64decode(entry["footer"]))
                self.written.add(Block(b"", b"", *entry["counts"]))
            yield at

    def append(self, block: Block) -> None:
        """Take one more block in: its rows first, then the line that says that they are there."""
        rows, journal = self._files
        at = rows.tell()
        rows.write(block.data)
        footer = moved(block.footer, at - len(arrow.MAGIC)) if block.footer else b""
        rows.flush()
        self.ends.append(rows.tell())
        self.footers.append(footer)
        self.written.add(block)
        counts = [block.rows, block.misfits, block.outside, block.points]
        line = {"end": self.ends[-1], "counts": counts, "footer": base64.b64encode(footer).decode()}
        journal.write(json.dumps(line).encode() + b"\n")
        journal.flush()

    def finish(self) -> None:
        """Make the work the file that is wanted."""
        rows, _ = self._files
        if self.format == "parquet":
            footers = [footer for footer in self.footers if footer]
            rows.write(arrow.parquet_end(footers, arrow.schema(self.space, self.format)))
        self._flush()
        os.fsync(rows.fileno())
        if self.format == "arrow":
            arrow.joined(self.rows_path, self.ends, arrow.schema(self.space, self.format))
        self.close()
        move_whole(self.rows_path, self.path)
        self.remove()

    def _flush(self) -> None:
        for file in self._files:
            file.flush()

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            with contextlib.suppress(OSError):
                file.close()

    def remove(self) -> None:
        """Take away what is left of the work."""
        for path in (self.rows_path, self.journal_path):
            with contextlib.suppress(OSError):
                os.unlink(path)
