"""Checkpoints of a reduction: what the runs so far come to, in a file beside the result."""

from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress

from costmodel.files import write_whole
from costmodel.sweeping.picking import Points
from costmodel.sweeping.reducing import Result


class Checkpoint:
    """The state of a reduction that may be stopped at any time.

    Args:
        path: of the result; the state lies beside it.
        title: what is reduced and how; a state with another one is none.
    """

    def __init__(self, path: str, title: str) -> None:
        folder, name = os.path.split(path)
        self.path, self.title = os.path.join(folder, f".{name}.costmodel-state"), title

    def load(self) -> tuple[int, Result] | None:
        """How many runs of blocks are done, and what they come to; None where nothing is kept."""
        import numpy

        try:
            with numpy.load(self.path, allow_pickle=False) as file:
                if str(file["title"]) != self.title:
                    return None
                done, rows, misfits, outside = map(int, file["counts"])
                values = file["values"]
                if values.dtype.kind == "U":  # integers of any size, as digits
                    shape = values.shape
                    whole = numpy.array([*map(int, values.ravel())], dtype=object)
                    values = whole.reshape(shape)
                points = Points(values, file["parts"], file["numbers"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None  # not there, or damaged
        return done, Result(points, rows, misfits, outside)

    def save(self, done: int, result: Result) -> None:
        """Put the state on disk, whole, in place of the last one."""
        import numpy

        values = result.picked.values
        if values.dtype == object:
            values = numpy.array([*map(str, values.ravel())]).reshape(values.shape)
        out = io.BytesIO()
        numpy.savez(
            out,
            title=numpy.array(self.title),
            counts=numpy.array([done, result.rows, result.misfits, result.outside]),
            values=values,
            parts=result.picked.parts,
            numbers=result.picked.numbers,
        )
        write_whole(self.path, out.getvalue())

    def drop(self) -> None:
        """Forget it: the result is there."""
        with suppress(FileNotFoundError):
            os.remove(self.path)
