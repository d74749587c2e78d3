"""A network from a visitor's own file: bounded before it is read, and of no other visitor's.

The file's name is a label and never a path: what has to lie on disk to be read lies in a folder of
its own that is gone when the reading is done.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from costmodel.errors import CostModelError, InputError, MissingDependencyError
from costmodel.network.network import Network
from costmodel.network.operations import Rebuild, Recount

#: Bytes of a file, by its ending; a description without weights is far smaller.
MAX_BYTES = {"csv": 1_000_000, "onnx": 20_000_000}
#: Bytes of an ONNX file with its weights, whose numbers are left where they are.
MAX_WITH_WEIGHTS = 512_000_000
#: Operations that a page shows: it counts and draws them again whenever something is set.
MAX_OPERATIONS = 3_000
_NOT_A_NAME = re.compile(r"[^\w .+-]")


def read_upload(name: str, data: bytes, sizes: Mapping[str, int | str]) -> Network:
    """The network in a file of which nothing is known but what its owner calls it.

    Args:
        name: the file's name; its ending says what it is.
        data: the file.
        sizes: sizes that are to differ from those in the file, by letter or name of a dimension.

    Raises:
        InputError: the file is too large, or no network; the sentence has the name, not a path.
        CostModelError: other sizes, of a network that does not know how sizes follow.
    """
    title, kind = label(name), kind_of(name)
    stem = os.path.splitext(title)[0]
    if len(data) > MAX_BYTES[kind]:
        raise InputError(f"{title!r} has {len(data):,} bytes; allowed are {MAX_BYTES[kind]:,}")
    network = _csv(title, stem, data) if kind == "csv" else _onnx(title, stem, data, sizes)
    if len(network) > MAX_OPERATIONS:
        raise InputError(
            f"{title!r} has {len(network):,} operations; allowed on this page are "
            f"{MAX_OPERATIONS:,}, and any number on the command line"
        )
    return network.at(**sizes) if sizes and kind == "csv" else network


def kind_of(name: str) -> str:
    """What a file is, by its ending: a key of `MAX_BYTES`."""
    title = label(name)
    kind = os.path.splitext(title)[1].lower().removeprefix(".")
    if kind not in MAX_BYTES:
        raise InputError(f"file {title!r}; allowed are names that end in .csv or .onnx")
    return kind


def without_weights(name: str, path: str) -> bytes:
    """The description in an ONNX file of any size up to `MAX_WITH_WEIGHTS`.

    Args:
        name: the file's name. path: where it lies.

    Raises:
        InputError: as of `read_upload`.
    """
    from costmodel.network.read.onnx.slim import slimmed

    title = label(name)
    size = os.path.getsize(path)
    if kind_of(name) != "onnx" or size > MAX_WITH_WEIGHTS:
        most = MAX_WITH_WEIGHTS if kind_of(name) == "onnx" else MAX_BYTES[kind_of(name)]
        raise InputError(f"{title!r} has {size:,} bytes; allowed are {most:,}")
    return slimmed(path, title, MAX_BYTES["onnx"])


def asked_sizes(name: str, data: bytes) -> dict[str, int | None]:
    """The sizes that a file leaves open, by name, with what each is unless it is given.

    None is a size that has to be given. A table of layers leaves none open.

    Raises:
        InputError: a file that is no ONNX model.
    """
    if kind_of(name) != "onnx":
        return {}
    from costmodel.network.read.onnx.loading import load_model
    from costmodel.network.read.onnx.shapes import open_sizes

    with _on_disk(label(name), data) as path:
        return open_sizes(load_model(path))


def label(name: str) -> str:
    """A file's name as it may be shown: no folders, no signs with a meaning, no great length."""
    last = re.split(r"[/\\]", name)[-1]
    stem, ending = os.path.splitext(_NOT_A_NAME.sub("_", last))
    return f"{stem[:80] or 'network'}{ending[:12]}"


def _csv(title: str, stem: str, data: bytes) -> Network:
    from costmodel.network.read.csv.reader import parse_csv

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{title!r} is no text in UTF-8 (byte {error.start}); allowed is a table of layers"
        ) from None
    return parse_csv(text, title, default_name=stem)


def _onnx(title: str, stem: str, data: bytes, sizes: Mapping[str, int | str]) -> Network:
    from costmodel.network.read.onnx.reader import from_onnx

    dims: dict[str, int] = {}
    for name, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise InputError(f"dimension {name} is {value}; allowed are integers from 1 up")
        dims[name] = value
    with _on_disk(title, data) as path:
        network = settled(from_onnx(path, dims=dims or None, name=stem))
    return replace(network, notes=tuple(note.replace(path, title) for note in network.notes))


@contextmanager
def _on_disk(title: str, data: bytes) -> Iterator[str]:
    """The path of a file in a folder of its own, which no sentence names."""
    with tempfile.TemporaryDirectory(prefix="costmodel-") as folder:
        path = os.path.join(folder, "model.onnx")
        with open(path, "wb") as file:
            file.write(data)
        try:
            yield path
        except MissingDependencyError:
            raise
        except CostModelError as error:
            raise InputError(str(error).replace(path, title)) from None


@dataclass(frozen=True)
class _Known:
    """A function that has its answer already, so that it can be sent to another process."""

    answer: Any

    def __call__(self) -> Any:
        return self.answer


def settled(network: Network) -> Network:
    """The network without a tie to its source, so that it can be sent to another process.

    What it would read again is known, or refused.
    """
    rebuild = network.rebuild()
    if rebuild is not None:
        rebuild = Rebuild(rebuild.defaults, _not_again, rebuild.ratios)
    return replace(network, rebuild=_Known(rebuild), steps=_Known(network.steps()))


def _not_again(values: Mapping[str, Any]) -> Recount:
    raise CostModelError(
        f"the sizes in an uploaded file can be set, but {', '.join(values)} cannot be left open; "
        "allowed are networks from PyTorch, a table or a generator"
    )
