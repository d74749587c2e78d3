"""Weights from a visitor's own file: bounded before it is read, never executed, kept nowhere.

Meant to be called behind a wall (`walled`), with the whole file each time: what it leaves on disk
is gone when the call ends, and what it returns is small.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from costmodel.core.readable import shape_text
from costmodel.errors import CostModelError, InputError, MissingDependencyError
from costmodel.factors.read.sources import ENDINGS, open_weights
from costmodel.factors.read.stored import StoredLayer, Weights
from costmodel.network.read.uploads import label

#: Bytes of a file: the weights of ResNet-50 in single precision.
MAX_BYTES = 110_000_000
#: Layers that a page lists.
MAX_LAYERS = 2000


@dataclass(frozen=True)
class UploadedLayer:
    """One layer of a file, without its weights.

    name: in the file. weights: how many it has. shape: (n, m/groups, *window).
    """

    name: str
    weights: int
    shape: tuple[int, ...]

    @property
    def title(self) -> str:
        """The name and the shape, for a list."""
        return f"{self.name} ({shape_text(self.shape)})"


def uploaded_layers(name: str, data: bytes) -> tuple[tuple[UploadedLayer, ...], tuple[str, ...]]:
    """The layers in a file of which nothing is known but what its owner calls it, and notes.

    Raises:
        InputError: the file is too large, or holds no weights; the sentence has the name, no path.
        MissingDependencyError: the library that reads such files is not installed.
    """
    with opened(name, data) as weights:
        if len(weights.layers) > MAX_LAYERS:
            raise InputError(
                f"{label(name)!r} has {len(weights.layers):,} layers; allowed on this page are "
                f"{MAX_LAYERS:,}, and any number on the command line"
            )
        layers = (UploadedLayer(layer.name, _count(layer), layer.shape) for layer in weights.layers)
        return tuple(layers), weights.notes


@contextmanager
def opened(name: str, data: bytes) -> Iterator[Weights]:
    """The weights of a visitor's file, as long as they are looked at."""
    title = label(name)
    ending = os.path.splitext(title)[1].lower()
    if ending not in ENDINGS:
        raise InputError(f"file {title!r}; allowed are names that end in {', '.join(ENDINGS)}")
    if len(data) > MAX_BYTES:
        raise InputError(f"{title!r} has {len(data):,} bytes; allowed are {MAX_BYTES:,}")
    with tempfile.TemporaryDirectory(prefix="costmodel-") as folder:
        stem = os.path.splitext(title)[0]
        path = os.path.join(folder, f"{stem}{ending}")
        with open(path, "wb") as file:
            file.write(data)
        try:
            yield open_weights(path)
        except MissingDependencyError:
            raise
        except CostModelError as error:
            raise InputError(str(error).replace(path, title)) from None


def _count(layer: StoredLayer) -> int:
    count = 1
    for side in layer.shape:
        count *= side
    return count
