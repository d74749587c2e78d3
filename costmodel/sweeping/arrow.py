"""Rows as Parquet and Arrow, block by block, so that a run that is stopped can be gone on with.

A Parquet file is row groups and, at its end, a footer that says where each of them lies. Every
block is a row group with a footer of its own, which is kept until its place in the file is known;
at the end all are put together. An Arrow file is a stream of batches until it is whole.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costmodel.errors import InputError, MissingDependencyError
from costmodel.sweeping.rows import Rows, Values
from costmodel.sweeping.space import Place, Space

if TYPE_CHECKING:
    import pyarrow

#: Formats of binary files, by name.
BINARY = ("parquet", "arrow")
#: How a Parquet file begins and ends.
MAGIC = b"PAR1"
_DIGITS = 38  # of a decimal in 16 bytes, which other tools read too


def library() -> Any:
    """PyArrow, or one sentence where it is missing."""
    try:
        import pyarrow
    except ImportError:
        raise MissingDependencyError("pyarrow", "Parquet or Arrow output", "sweep") from None
    return pyarrow


def schema(space: Space, format: str = "parquet") -> pyarrow.Schema:
    """The columns' types; integers that int64 may not hold are decimals of 38 digits."""
    pa = library()
    words = pa.dictionary(pa.int32(), pa.string()) if format == "parquet" else pa.string()
    kinds = {
        "text": words,
        "integer": pa.int64(),
        "big": pa.decimal128(_DIGITS),
        "real": pa.float64(),
    }
    return pa.schema([(place.column.key, kinds[place.kind]) for place in space.shown])


def batch(rows: Rows, types: pyarrow.Schema) -> pyarrow.RecordBatch:
    """The rows as one batch."""
    pa = library()
    arrays = [
        _array(column, type, rows.number)
        for column, type in zip(rows.columns, types.types, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=types)


def _array(column: Values, type: Any, number: int) -> Any:
    import numpy

    pa = library()
    if column.place.kind == "text":
        codes: Any = column.codes
        if isinstance(codes, int):
            codes = numpy.full(number, codes, dtype=numpy.int32)
        texts = pa.array(list(map(str, column.texts)), pa.string())
        words = pa.DictionaryArray.from_arrays(codes, texts)
        return words if pa.types.is_dictionary(type) else words.cast(type)
    if column.numbers is None:
        value = _cell(column.texts[0], column.place)
        return (
            pa.nulls(number, type) if value is None else pa.repeat(pa.scalar(value, type), number)
        )
    if column.numbers.dtype.kind == "i" and column.place.kind == "integer":
        return pa.array(column.numbers, type)
    return pa.array([_cell(value, column.place) for value in column.numbers.tolist()], type)


def _cell(value: Any, place: Place) -> Any:
    if value is None or place.kind == "integer":
        return value
    if place.kind == "real":
        return float(value)
    if abs(value) >= 10**_DIGITS:
        raise InputError(
            f"column {place.column.key!r} holds {value}; Parquet and Arrow allow integers of up to "
            f"{_DIGITS} digits, csv and jsonl any"
        )
    from decimal import Decimal

    return Decimal(value)


def row_group(rows: Rows, types: pyarrow.Schema) -> tuple[bytes, bytes]:
    """The rows as a row group, and the footer of a file that begins with it."""
    import pyarrow.parquet

    pa = library()
    words = [f.name for f in types if pa.types.is_dictionary(f.type)]
    numbers = [f.name for f in types if pa.types.is_int64(f.type)]
    sink = pa.BufferOutputStream()
    with pyarrow.parquet.ParquetWriter(
        sink,
        types,
        compression="zstd",
        compression_level=1,
        use_dictionary=words,
        write_statistics=numbers,
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
    ) as writer:
        writer.write_batch(batch(rows, types), row_group_size=max(1, rows.number))
    whole = sink.getvalue().to_pybytes()
    length = int.from_bytes(whole[-8:-4], "little")
    return whole[len(MAGIC) : -8 - length], whole[-8 - length : -8]


def parquet_end(footers: Sequence[bytes], types: pyarrow.Schema) -> bytes:
    """What stands at the end of a Parquet file with these row groups."""
    import pyarrow.parquet

    library()
    out = io.BytesIO()
    metadata = None
    for footer in footers:
        length = len(footer).to_bytes(4, "little")
        own = pyarrow.parquet.read_metadata(io.BytesIO(MAGIC + footer + length + MAGIC))
        if metadata is None:
            metadata = own
        else:
            metadata.append_row_groups(own)
    if metadata is None:
        pyarrow.parquet.write_metadata(types, out)
    else:
        metadata.write_metadata_file(out)
    return out.getvalue()[len(MAGIC) :]


def stream(rows: Rows, types: pyarrow.Schema) -> bytes:
    """The rows as an Arrow stream of one batch."""
    pa = library()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, types, options=_options()) as writer:
        writer.write_batch(batch(rows, types))
    return bytes(sink.getvalue().to_pybytes())


def joined(path: str, ends: Sequence[int], types: pyarrow.Schema) -> None:
    """Make a file of streams, which end at these places, the Arrow file of their batches."""
    pa = library()
    whole = f"{path}-whole"
    with pa.memory_map(path) as source, pa.ipc.new_file(whole, types, options=_options()) as writer:
        at = 0
        for end in ends:
            if end > at:
                source.seek(at)
                for part in pa.ipc.open_stream(pa.BufferReader(source.read_buffer(end - at))):
                    writer.write_batch(part)
            at = end
    os.replace(whole, path)


def _options() -> Any:
    return library().ipc.IpcWriteOptions(compression="zstd")
