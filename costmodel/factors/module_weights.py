"""Factors in the shapes of the module that is built from the same stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from costmodel.core.stage import BoundStage
from costmodel.core.stage_axes import GROUPS, TAPS, StageAxes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def module_weight(stage: BoundStage, groups: Sequence[Array]) -> Array:
    """A stage's factor, one array per group of the layer, as the weight of its convolution.

    groups: each with the weight axes of the notation. Returns the shape that PyTorch's layer has.
    """
    axes, whole = StageAxes.of(stage), numpy.stack(groups)
    return whole.transpose(_order(axes)).reshape(axes.weight_shape)


def from_module_weight(stage: BoundStage, weight: Array) -> list[Array]:
    """The factor of each group of the layer: the inverse of `module_weight`."""
    axes = StageAxes.of(stage)
    order = _order(axes)
    sizes = [int(stage.groups), *(int(stage.weight_axis_size(a)) for a in stage.line.weights)]
    split = weight.reshape([sizes[place] for place in order])
    return list(split.transpose(numpy.argsort(order)))


def _order(axes: StageAxes) -> list[int]:
    """Where the axes of the convolution's weight are among those of the notation."""
    line = axes.stage.line
    names = [GROUPS, *(TAPS if axis.pattern else axis.names[0] for axis in line.weights)]
    windows = [letter for letter in axes.letters if letter in names and letter not in axes.weight]
    return [names.index(name) for name in (*axes.weight, *windows)]
