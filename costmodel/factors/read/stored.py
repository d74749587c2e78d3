"""StoredLayer: a trained layer of a file or a model; its numbers are read when they are asked for.

Kernels have the shape (n, m/groups, *window) wherever they come from, and (n, m) is a window of one
tap. Nothing that comes out of a file is trusted: its type, its size and its numbers are checked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from costmodel.core.layer import ConvLayer
from costmodel.core.readable import shape_text
from costmodel.errors import InputError
from costmodel.network.operation import NetOp

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Weights of one kernel; the largest layer of VGG-16 has 103 million.
MAX_WEIGHTS = 1 << 28
#: Tensors of one file.
MAX_TENSORS = 100_000
#: Axes of a kernel: two of channels, and none to three of a window.
_AXES = range(2, 6)
ALLOWED = "allowed are (n, m) and (n, m/groups, window) with one to three window sides"


@dataclass(frozen=True)
class StoredLayer:
    """One layer and the way to its kernel.

    name: of the module or the tensor. layer: its geometry; where a file has weights alone, that of
    one output position, and `placed` is False. kind: a key of the kinds of operations. load: reads
    the kernel, which is kept nowhere here. also: other names of the same tensor.
    """

    name: str
    layer: ConvLayer
    load: Callable[[], Any] = field(repr=False)
    kind: str = "conv"
    placed: bool = False
    also: tuple[str, ...] = ()

    @property
    def operation(self) -> NetOp:
        """The layer as an operation of a network, which selections are about."""
        return NetOp(self.name, self.kind, self.layer)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, m/groups, *window)."""
        layer = self.layer
        return (layer.out_channels, layer.in_channels // layer.groups, *layer.kernel)

    def kernel(self) -> NDArray[Any]:
        """The kernel, (n, m/groups, *window), in single or double precision.

        Raises:
            InputError: numbers that are none, or integers, or another shape than was stated.
        """
        import numpy

        array = numpy.asarray(self.load())
        check_kernel(self.name, array.shape, array.dtype)
        if array.dtype not in (numpy.float32, numpy.float64):
            array = array.astype(numpy.float32)
        if self.layer.transposed:
            array = channels_first(array, self.layer.groups)
        array = array.reshape((*array.shape, *[1] * (3 - array.ndim)))
        if array.shape != self.shape:
            raise InputError(
                f"tensor {self.name!r} has the shape {shape_text(array.shape)}; allowed is "
                f"{shape_text(self.shape)}, as its layer is"
            )
        wrong = ~numpy.isfinite(array)
        if wrong.any():
            raise InputError(
                f"tensor {self.name!r} holds {array[wrong].flat[0]} ({int(wrong.sum())} of "
                f"{array.size} weights are no finite numbers); allowed are finite weights"
            )
        return array


@dataclass(frozen=True)
class Weights:
    """The layers of one source.

    name: of the source. layers: in its order. notes: what a reader of the costs must know.
    """

    name: str
    layers: tuple[StoredLayer, ...]
    notes: tuple[str, ...] = ()


def check_file(path: str, title: str, allowed: str) -> None:
    """Refuse a file that is not there or has nothing in it; `allowed` ends the sentence."""
    try:
        size = os.stat(path).st_size
    except OSError as error:
        raise InputError(f"cannot read {title!r}: {error.strerror or error}; {allowed}") from None
    if not size:
        raise InputError(f"{title!r} is empty; {allowed}")


def check_kernel(name: str, shape: Iterable[int], dtype: object) -> None:
    """Refuse what cannot be a kernel; `dtype` is NumPy's or another library's, seen by its name."""
    sides = tuple(int(side) for side in shape)
    if len(sides) not in _AXES or not all(sides):
        raise InputError(f"tensor {name!r} has the shape {shape_text(sides)}; {ALLOWED}")
    if prod(sides) > MAX_WEIGHTS:
        raise InputError(
            f"tensor {name!r} has {prod(sides):,} weights; allowed are {MAX_WEIGHTS:,}"
        )
    kind = str(dtype).rpartition(".")[2].lower()
    if not kind.startswith(("float", "bfloat", "f16", "f32", "f64", "bf16")):
        raise InputError(
            f"tensor {name!r} holds numbers of type {kind}; allowed are floating-point weights"
        )


def layer_of_shape(shape: Iterable[int], groups: int = 1, transposed: bool = False) -> ConvLayer:
    """The layer of a kernel of which nothing else is known, at one output position.

    shape: as PyTorch stores it, (n, m/groups, *window), or (m, n/groups, *window) transposed.
    """
    first, second, *window = (int(side) for side in shape)
    window = window or [1]
    m, n = (first, second * groups) if transposed else (second * groups, first)
    return ConvLayer(tuple(window), m, n, (1,) * len(window), groups=groups, transposed=transposed)


def channels_first(array: NDArray[Any], groups: int) -> NDArray[Any]:
    """(m, n/groups, *window) of a transposed convolution as (n, m/groups, *window)."""
    m, n, *window = array.shape
    parts = array.reshape(groups, m // groups, n, *window).swapaxes(1, 2)
    return parts.reshape(groups * n, m // groups, *window)


def from_tensors(
    source: str,
    tensors: Mapping[str, tuple[tuple[int, ...], object]],
    load: Callable[[str], Any],
    also: Mapping[str, tuple[str, ...]] | None = None,
) -> Weights:
    """The layers among named tensors, of which nothing but shape and type is known.

    A kernel is a tensor with two to five axes that is called a weight or a kernel; where none is
    called so, every tensor with a window is one.

    Args:
        source: what to call them together.
        tensors: shape and type by name.
        load: reads one of them.
        also: further names of a tensor.

    Raises:
        InputError: there are no kernels, or far too many tensors.
    """
    if len(tensors) > MAX_TENSORS:
        raise InputError(f"{source!r} holds {len(tensors):,} tensors; allowed are {MAX_TENSORS:,}")
    named = [n for n, (shape, _) in tensors.items() if _called_weight(n) and len(shape) in _AXES]
    chosen = named or [n for n, (shape, _) in tensors.items() if len(shape) in _AXES[1:]]
    if not chosen and len(tensors) == 1:
        chosen = list(tensors)  # whatever it is, it is meant
    if not chosen:
        raise InputError(f"{source!r} holds no kernel among {len(tensors)} tensors; {ALLOWED}")
    layers = []
    for name in chosen:
        shape, dtype = tensors[name]
        check_kernel(name, shape, dtype)
        title = _title(name)
        kind = "conv" if len(shape) > 2 else "linear"
        others = tuple(map(_title, (also or {}).get(name, ())))
        layers.append(
            StoredLayer(title, layer_of_shape(shape), lambda n=name: load(n), kind, also=others)  # type: ignore[misc]
        )
    return Weights(source, tuple(layers), (NOT_PLACED,))


#: What stands under costs of layers whose place is not known.
NOT_PLACED = (
    "The file says nothing about grids or groups: multiplies are those of one output position, and "
    "every kernel is taken to see all its channels."
)


def _called_weight(name: str) -> bool:
    last = name.rpartition(".")[2].lower()
    return "weight" in last or "kernel" in last


def _title(name: str) -> str:
    """The layer's name: that of its tensor without `.weight`."""
    return name.removesuffix(".weight") if name != "weight" else name
