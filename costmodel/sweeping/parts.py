"""Rows as a folder of files, each written where its rows are counted: on any store fsspec knows.

Every part is whole or not there; which rows it has depends on the space alone, so parts that are
there need not be counted again, and it does not matter who writes them. DuckDB, pandas, Polars and
Dask read the folder as one table.
"""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

from costmodel.errors import InputError, MissingDependencyError
from costmodel.sweeping import arrow, text, writing
from costmodel.sweeping.footer import moved
from costmodel.sweeping.running import Runner
from costmodel.sweeping.space import Space
from costmodel.sweeping.writing import Progress, Written

#: The formats of parts.
FORMATS = ("parquet", "csv", "jsonl")
#: Blocks of rows in a part: some four million points.
BLOCKS = 16
_TITLE = "_sweep.json"


class Part(NamedTuple):
    """What stands in a part."""

    rows: int
    misfits: int
    outside: int
    points: int


def write_parts(
    space: Space,
    folder: str,
    format: str,
    run: Runner,
    resume: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write all rows into a folder, `part-00000.parquet` and so on, in the order of the points.

    folder: a path or a URL such as `s3://bucket/cells/`, which every worker can write to. resume:
    leave the parts that are there. What is returned counts the parts of this run.

    Raises `InputError` for a format that has no parts, for a folder that cannot be written to, and
    for one that has parts of something else, or any without resume.
    """
    if format not in FORMATS:
        raise InputError(f"{format} in a folder; allowed are {', '.join(FORMATS)}")
    title = json.dumps({"space": space.fingerprint, "format": format}).encode()
    store, root = _store(folder)
    try:
        store.makedirs(root, exist_ok=True)
        present = {path.rstrip("/").rsplit("/", 1)[-1] for path in store.ls(root, detail=False)}
        known = store.cat_file(f"{root}/{_TITLE}") if _TITLE in present else b""
        if present and not (resume and known == title):
            raise InputError(
                f"{folder!r} is not empty; allowed is an empty folder, or the same call with "
                "--resume"
            )
        store.pipe_file(f"{root}/{_TITLE}", title)
        count = -(-len(writing.source(space)) // BLOCKS)
        left = [number for number in range(count) if _name(number, format) not in present]
        result = Written()
        work = functools.partial(_part, space, folder, format)
        for part in run.in_order(work, left):
            result.add(part)
            if progress:
                progress(result)
    except OSError as error:
        raise InputError(
            f"cannot write {folder!r}: {error.strerror or error}; allowed is a folder that can be "
            "written to"
        ) from None
    return result


def _part(space: Space, folder: str, format: str, number: int) -> Part:
    """Count and write one part, wherever this is called."""
    first = number * BLOCKS
    blocks = range(first, min(first + BLOCKS, len(writing.source(space))))
    data, footers = text.header(space, format) if format in text.LINES else arrow.MAGIC, []
    total = Written()
    for block in (writing.encoded(space, format, place) for place in blocks):
        if block.footer:
            footers.append(moved(block.footer, len(data) - len(arrow.MAGIC)))
        data += block.data
        total.add(block)
    if format == "parquet":
        data += arrow.parquet_end(footers, arrow.schema(space))
    store, root = _store(folder)
    name = f"{root}/{_name(number, format)}"
    store.pipe_file(f"{name}.unfinished", data)
    store.mv(f"{name}.unfinished", name)
    return Part(total.rows, total.misfits, total.outside, total.points)


def _name(number: int, format: str) -> str:
    return f"part-{number:05}.{format}"


def _store(folder: str) -> tuple[Any, str]:
    """The file system of a folder, and its path there."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingDependencyError("fsspec", "a folder of parts", "cluster") from None
    try:
        store, root = url_to_fs(folder.rstrip("/"))
    except (ImportError, ValueError) as error:
        raise InputError(
            f"cannot write {folder!r}: {error}; allowed is what fsspec knows"
        ) from None
    return store, root
