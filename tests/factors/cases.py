"""Layers, kernels and an independent convolution, shared by the tests of factors."""

from __future__ import annotations

from typing import Any

import numpy
import torch
from torch.nn import functional

import costmodel as cm
from costmodel.torch.lowering import StageModule

LAYERS = {
    "rectangular": cm.ConvLayer((3, 5), 8, 12, (11, 13)),
    "strided": cm.ConvLayer(
        (4, 3), 12, 24, (10, 11), stride=(2, 3), padding=(2, 1), dilation=(1, 2), groups=2
    ),
    "sequence": cm.ConvLayer((5,), 6, 10, (17,), stride=2),
    "volume": cm.ConvLayer((3, 5, 2), 6, 9, (7, 9, 8), stride=(2, 1, 1), groups=3),
    "transposed": cm.ConvLayer(
        (4, 3), 12, 8, (5, 6), stride=(2, 1), padding=1, transposed=True, groups=2
    ),
    "pointwise": cm.ConvLayer(1, 12, 24, (7, 9)),
    "square": cm.ConvLayer((3, 5), 8, 8, (9, 11)),
}


def random_kernel(layer: cm.ConvLayer, seed: int = 0) -> Any:
    """A normal kernel (n, m/groups, *window), float64."""
    shape = (layer.out_channels, layer.in_channels // layer.groups, *layer.kernel)
    return numpy.random.default_rng(seed).standard_normal(shape)


def convolved(layer: cm.ConvLayer, kernel: Any, x: Any) -> Any:
    """PyTorch's own convolution with a kernel whose outputs come first."""
    weight = torch.tensor(kernel)
    groups = layer.groups
    if layer.transposed:
        rule = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d}[layer.dims]
        n, m, *window = weight.shape
        weight = weight.reshape(groups, n // groups, m, *window).transpose(1, 2)
        weight = weight.reshape(groups * m, n // groups, *window)
        pads: Any = tuple(low for low, _ in layer.pads)
        return rule(x, weight, None, layer.stride, pads, 0, groups, layer.dilation)
    rule = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[layer.dims]
    x = functional.pad(x, [side for pair in reversed(layer.pads) for side in pair])
    return rule(x, weight, None, layer.stride, 0, layer.dilation, groups)


def module_of(factors: Any) -> Any:
    """The module of the same stages with the factors as its weights."""
    module = cm.torch.build(factors.variant, factors.layer, factors.bound.hyper).double()
    stages = [part for part in module.modules() if isinstance(part, StageModule)]
    with torch.no_grad():
        for stage, weight in zip(stages, factors.weights, strict=True):
            assert tuple(stage.conv.weight.shape) == weight.shape
            stage.conv.weight.copy_(torch.from_numpy(weight))
    return module
