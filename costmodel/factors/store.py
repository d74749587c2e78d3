"""Factors in a file: `.safetensors`, by layer and stage, written as they come and read back whole.

A factor is named `LAYER.STAGE.weight`, stages counted from 0 in the order in which they run, in the
shape of the module's convolution (`cm.torch.build`). What they are of stands in the file's metadata
under `costmodel`: for each layer its geometry, the variant with its stages and values, and the
error.

The library that reads such files writes them from memory alone, so that all factors of a model
would have to be there at once; here each layer's are written when they are found, and the table of
contents, which comes first in the format, when the last is known.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import IO, Any, Self

import numpy

from costmodel.core.bind import bind
from costmodel.core.layer_text import read_layer, write_layer
from costmodel.core.readable import shape_text
from costmodel.core.stage_axes import StageAxes
from costmodel.core.variant import VARIANTS
from costmodel.errors import CostModelError, InputError
from costmodel.factors.derive import derive
from costmodel.factors.factors import Factors
from costmodel.factors.read.arrays import NamedArrays
from costmodel.files import whole_file
from costmodel.typed import read_value

_KEY = "costmodel"
_TYPES = {"float32": "F32", "float64": "F64"}
_ALIGNMENT = 8


class FactorFile:
    """A file of factors in the making; it appears whole when the block ends well, or not at all.

    with FactorFile("factors.safetensors") as file:
        file.add("conv1", factors)
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._contents: dict[str, Any] = {}
        self._layers: dict[str, Any] = {}
        self._size = 0

    def __enter__(self) -> Self:
        folder = os.path.dirname(os.path.realpath(self.path))
        try:  # beside the file, where there is room for it, and before anything is worked out
            self._data: IO[bytes] = tempfile.TemporaryFile(dir=folder)
        except OSError as error:
            raise InputError(
                f"cannot write {self.path!r}: {error.strerror or error}; allowed is a path that "
                "can be created or replaced"
            ) from None
        return self

    def add(self, layer: str, factors: Factors) -> None:
        """Write one layer's factors; `InputError` for a layer that is there already."""
        if layer in self._layers:
            raise InputError(
                f"{layer!r} is in {self.path!r} already; allowed is one variant for each layer"
            )
        variant = factors.variant
        self._layers[layer] = {
            "variant": variant.id,
            "stages": variant.stages,
            "hyper": {name: str(value) for name, value in factors.bound.hyper.items()},
            "layer": write_layer(factors.layer),
            "error": factors.error,
            "method": factors.method,
            "optimal": factors.optimal,
        }
        for place, weight in enumerate(factors.weights):
            data = weight.astype(weight.dtype.newbyteorder("<"), copy=False).tobytes()
            self._contents[f"{layer}.{place}.weight"] = {
                "dtype": _TYPES[str(weight.dtype)],
                "shape": list(weight.shape),
                "data_offsets": [self._size, self._size + len(data)],
            }
            self._data.write(data)
            self._size += len(data)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._data:
            if kind is not None:
                return
            about = {_KEY: json.dumps({"version": 1, "layers": self._layers})}
            contents = json.dumps({"__metadata__": about, **self._contents}).encode()
            contents += b" " * (-len(contents) % _ALIGNMENT)
            self._data.seek(0)
            with whole_file(self.path) as file:
                file.write(len(contents).to_bytes(8, "little"))
                file.write(contents)
                shutil.copyfileobj(self._data, file)


def read_factors(path: str) -> Iterator[tuple[str, Factors]]:
    """The layers of a file with their factors, one at a time.

    Raises:
        InputError: a file that is no such file, or of a variant that is not declared here, or is
            declared with other stages.
        MissingDependencyError: `safetensors` is not installed.
    """
    arrays = NamedArrays(path)
    try:
        layers = json.loads(arrays.metadata[_KEY])["layers"]
        items = list(layers.items())
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(
            f"{path!r} holds no factors; allowed is a file that `costmodel factorize -o` has "
            "written"
        ) from None
    for name, about in items:
        yield name, _factors(path, name, about, arrays)


def _factors(path: str, name: str, about: Mapping[str, Any], arrays: NamedArrays) -> Factors:
    try:
        variant = VARIANTS.of(about["variant"])
        if variant.stages != about["stages"]:
            raise InputError(f"the stages of {variant.id} are others here")
        layer = read_layer(about["layer"])
        hyper = {letter: read_value(text) for letter, text in about["hyper"].items()}
        bound = bind(variant, layer, hyper)
        network = derive(bound)
        weights = []
        for place, factor in enumerate(network.factors):
            weight = arrays[f"{name}.{place}.weight"]
            if weight.shape != StageAxes.of(factor.stage).weight_shape:
                raise InputError(f"stage {place} has the shape {shape_text(weight.shape)}")
            if str(weight.dtype) not in _TYPES or not numpy.isfinite(weight).all():
                raise InputError(f"stage {place} holds no finite weights")
            weights.append(weight)
        return Factors(
            bound,
            tuple(weights),
            float(about["error"]),
            str(about["method"]),
            bool(about["optimal"]),
            network=network,
            shape=(layer.out_channels, layer.in_channels // layer.groups, *layer.kernel),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        said = str(error) if isinstance(error, CostModelError) else type(error).__name__
        raise InputError(
            f"{path!r} cannot be read at layer {name!r} ({said}); allowed are factors of variants "
            "that are declared"
        ) from None
