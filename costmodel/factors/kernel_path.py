"""One way through a program's branches: what has been multiplied on it so far, by labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from costmodel.factors.tensor_network import Labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class KernelPath:
    """What has been multiplied so far on one way through the branches.

    channels: labels of the current channels, in order. windows: labels of the layer's window axes
    that the stages so far have.
    """

    channels: Labels
    inputs: Labels
    factors: tuple[tuple[int, Labels], ...] = ()
    constants: tuple[tuple[Array, Labels], ...] = ()
    windows: dict[int, Labels] = field(default_factory=dict)

    def split(self, label: int, parts: Labels, sizes: Sequence[int]) -> KernelPath:
        """The same with several labels in the place of one."""

        def new(labels: Labels) -> Labels:
            return tuple(p for one in labels for p in (parts if one == label else (one,)))

        def cut(array: Array, labels: Labels) -> Array:
            shape = [
                side
                for one, length in zip(labels, array.shape, strict=True)
                for side in (sizes if one == label else (length,))
            ]
            return array.reshape(shape)

        return KernelPath(
            new(self.channels),
            new(self.inputs),
            tuple((i, new(labels)) for i, labels in self.factors),
            tuple((cut(array, labels), new(labels)) for array, labels in self.constants),
            {axis: new(labels) for axis, labels in self.windows.items()},
        )

    def times(self, array: Array, labels: Labels) -> KernelPath:
        """With one more constant."""
        return replace(self, constants=(*self.constants, (array, labels)))


def cuts_of(sizes: Sequence[int]) -> list[int]:
    """Products of the last sizes: 1, the last, the last two, …; sizes of 1 cut nothing."""
    cuts = [1]
    for size in reversed(sizes):
        if size > 1:
            cuts.append(cuts[-1] * int(size))
    return cuts
