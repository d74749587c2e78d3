"""Weights out of files that hold arrays and nothing else: `.npy` and `.safetensors`."""

from __future__ import annotations

import os
from typing import Any

from costmodel.errors import InputError, MissingDependencyError
from costmodel.factors.read.stored import (
    MAX_TENSORS,
    Weights,
    check_file,
    check_kernel,
    from_tensors,
)

_ARRAY = "one array saved by numpy.save"
_NAMED = "a file in the safetensors format"


def read_npy(path: str, title: str | None = None) -> Weights:
    """The one kernel of a `.npy` file, mapped from disk.

    Raises:
        InputError: the file is no array, or none that could be a kernel.
    """
    import numpy

    title = title or path
    check_file(path, title, f"allowed is {_ARRAY}")
    try:
        # not numpy.load, which would also open archives and take the time to unpack them
        array: Any = numpy.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{title!r} cannot be read ({type(error).__name__}); allowed is {_ARRAY}"
        ) from None
    name = os.path.splitext(os.path.basename(title))[0] or "kernel"
    check_kernel(name, array.shape, array.dtype)
    return from_tensors(title, {name: (array.shape, array.dtype)}, lambda _: array)


def safetensors() -> Any:
    """The package `safetensors`; `MissingDependencyError` where it is not installed."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise MissingDependencyError(
            "safetensors", "reading or writing .safetensors", "weights"
        ) from None
    return safetensors


def read_safetensors(path: str, title: str | None = None) -> Weights:
    """The kernels of a `.safetensors` file, each read from disk when it is asked for.

    Raises:
        InputError: the file is none of that kind, or holds no kernels.
        MissingDependencyError: `safetensors` is not installed, or PyTorch for bfloat16.
    """
    arrays = NamedArrays(path, title)
    facts = {name: arrays.facts(name) for name in arrays.names}
    return from_tensors(arrays.title, facts, arrays.__getitem__)


class NamedArrays:
    """The arrays of a `.safetensors` file by name, each read from disk when it is asked for.

    names: in the file's order. metadata: texts by name. Raises as `read_safetensors`.
    """

    def __init__(self, path: str, title: str | None = None) -> None:
        self.path, self.title, self._package = path, title or path, safetensors()
        check_file(path, self.title, f"allowed is {_NAMED}")
        try:
            self._file = self._package.safe_open(path, framework="numpy")
            self.names = tuple(self._file.keys())
            self.metadata: dict[str, str] = self._file.metadata() or {}
        except (OSError, self._package.SafetensorError) as error:
            raise InputError(
                f"{self.title!r} cannot be read ({error}); allowed is {_NAMED}"
            ) from None
        if len(self.names) > MAX_TENSORS:
            raise InputError(
                f"{self.title!r} holds {len(self.names):,} tensors; allowed are {MAX_TENSORS:,}"
            )

    def facts(self, name: str) -> tuple[tuple[int, ...], str]:
        """Shape and type of one array; `KeyError` for a name that there is not."""
        if name not in self.names:
            raise KeyError(name)
        part = self._file.get_slice(name)
        return tuple(part.get_shape()), str(part.get_dtype())

    def __getitem__(self, name: str) -> Any:
        if self.facts(name)[1] != "BF16":
            return self._file.get_tensor(name)
        from costmodel.network.read.torch.reader import pytorch  # NumPy has no bfloat16

        pytorch()
        with self._package.safe_open(self.path, framework="pt") as other:
            return other.get_tensor(name).float().numpy()
