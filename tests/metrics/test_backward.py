"""Backward passes: every multiply of the two adjoints counted one by one, and torch's gradients."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

import costmodel as cm


def layer_of(**facts: Any) -> cm.ConvLayer:
    return cm.ConvLayer(in_channels=4, out_channels=8, **facts)


LAYERS = {
    "dense": layer_of(kernel=(3, 2), size=(5, 6)),
    "strided": layer_of(kernel=(3, 2), size=(7, 6), stride=(2, 3), padding=(1, 0), batch=2),
    "dilated": layer_of(kernel=(2, 3), size=(5, 7), dilation=(1, 2)),
    "grouped": layer_of(kernel=(3, 2), size=(5, 6), groups=2, stride=(2, 1)),
    "depthwise": layer_of(kernel=(3, 2), size=(5, 6), groups=4),
    "one axis": layer_of(kernel=3, size=(9,), stride=2, groups=2),
    "transposed": layer_of(
        kernel=(3, 2), size=(4, 3), stride=(2, 3), padding=(1, 0), transposed=True
    ),
    "transposed, grouped": layer_of(
        kernel=(3, 2), size=(4, 3), stride=(2, 1), padding=1, groups=4, transposed=True
    ),
}


class Adjoints:
    """A convolution and its two adjoints in plain loops over every (output, tap) product.

    Every product of the forward pass, those on padding included, has one multiply in each adjoint.
    """

    def __init__(self, layer: cm.ConvLayer, x: Any, w: Any, gradient: Any) -> None:
        self.of_x, self.of_w = np.zeros_like(x), np.zeros_like(w)
        self.multiplies = {"forward": 0, "input": 0, "weight": 0}
        self.y = np.zeros_like(gradient)
        m, n = layer.in_channels // layer.groups, layer.out_channels // layer.groups
        windows = list(itertools.product(*map(range, layer.kernel)))
        # a transposed convolution visits its inputs, an ordinary one its outputs
        visited = layer.size if layer.transposed else layer.out_size
        for image, group in itertools.product(range(layer.batch), range(layer.groups)):
            for i, o in itertools.product(range(m), range(n)):
                source, target = group * m + i, group * n + o
                for place in itertools.product(*map(range, visited)):
                    for tap in windows:
                        far = tuple(
                            p * s + t * d - pad[0]
                            for p, s, t, d, pad in zip(
                                place, layer.stride, tap, layer.dilation, layer.pads, strict=True
                            )
                        )
                        near = (image, target, *far), (image, source, *place)
                        if not layer.transposed:
                            near = (image, target, *place), (image, source, *far)
                        weight = (source, o, *tap) if layer.transposed else (target, i, *tap)
                        self.product(x, w, gradient, *near, weight)

    def product(self, x: Any, w: Any, g: Any, out: Any, read: Any, weight: Any) -> None:
        def at(array: Any, index: Any) -> float:
            fits = all(0 <= i < s for i, s in zip(index, array.shape, strict=True))
            return array[index] if fits else 0.0

        for name in self.multiplies:
            self.multiplies[name] += 1
        value, coming = at(x, read), at(g, out)
        if all(0 <= i < s for i, s in zip(out, self.y.shape, strict=True)):
            self.y[out] += w[weight] * value
        if all(0 <= i < s for i, s in zip(read, x.shape, strict=True)):
            self.of_x[read] += w[weight] * coming
        self.of_w[weight] += value * coming


def operands(layer: cm.ConvLayer) -> tuple[torch.Tensor, torch.Tensor, Any]:
    generator = torch.Generator().manual_seed(7)
    x = torch.rand(layer.batch, layer.in_channels, *layer.size, generator=generator).double()
    sides = (layer.in_channels, layer.out_channels)
    first, second = sides if layer.transposed else sides[::-1]
    w = torch.rand(first, second // layer.groups, *layer.kernel, generator=generator).double()
    x.requires_grad_(True)
    w.requires_grad_(True)
    name = f"conv{'_transpose' if layer.transposed else ''}{layer.dims}d"

    def run(x: torch.Tensor) -> torch.Tensor:
        steps = {"stride": layer.stride, "dilation": layer.dilation, "groups": layer.groups}
        if layer.padding == "same":
            pads = [side for axis in reversed(layer.pads) for side in axis]
            return getattr(F, name)(F.pad(x, pads), w, **steps)
        return getattr(F, name)(x, w, padding=layer.padding, **steps)

    return x, w, run


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_every_multiply_of_the_adjoints(layer: cm.ConvLayer) -> None:
    x, w, run = operands(layer)
    y = run(x)
    assert tuple(y.shape[2:]) == layer.out_size
    gradient = torch.rand(y.shape, generator=torch.Generator().manual_seed(3)).double()
    of_x, of_w = torch.autograd.grad(y, (x, w), gradient)
    loops = Adjoints(layer, x.detach().numpy(), w.detach().numpy(), gradient.numpy())
    # the loops are the operation and its adjoints …
    np.testing.assert_allclose(loops.y, y.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(loops.of_x, of_x.numpy(), rtol=1e-12)
    np.testing.assert_allclose(loops.of_w, of_w.numpy(), rtol=1e-12)
    # … so the multiplies in them are what the metrics say
    counts = cm.count("standard", layer)
    assert loops.multiplies["forward"] == counts.macs
    assert loops.multiplies["input"] == counts.backward_input_macs
    assert loops.multiplies["weight"] == counts.backward_weight_macs


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_torchs_counter(layer: cm.ConvLayer) -> None:
    # It is right without groups. With g groups it (torch 2.13) takes one of the two gradients for
    # a dense convolution's, and counts 1 + g forward passes instead of 2.
    x, _, run = operands(layer)
    y = run(x)
    with FlopCounterMode(display=False) as counter:
        y.sum().backward()
    counts = cm.count("standard", layer)
    both = counts.backward_input_macs + counts.backward_weight_macs
    counted = counter.get_total_flops() // 2
    if layer.groups == 1:
        assert counted == both
    else:
        assert counted in (both, (1 + layer.groups) * counts.macs)  # should it be mended one day


def test_an_algorithm_runs_forward_only() -> None:
    layer = cm.ConvLayer(3, 5, 7, (9, 8))
    direct, fast = (cm.count(v, layer) for v in ("standard", "winograd"))
    assert fast.macs < direct.macs
    assert fast.backward_input_macs == fast.backward_weight_macs == direct.macs


def test_every_stage_of_a_variant_comes_back() -> None:
    counts = cm.count("spatial_svd", cm.ConvLayer((3, 5), 12, 20, (9, 7), stride=(2, 1)), r=6)
    assert [s.backward_weight_macs for s in counts.stages] == [s.macs for s in counts.stages]


# -- a step of training ----------------------------------------------------------------------------
def test_a_training_step_is_three_passes_and_the_penalty() -> None:
    layer = cm.ConvLayer((3, 5), 4, 7, (9, 8), groups=1)
    plain, penalised = (cm.count(v, layer) for v in ("standard", "nuclear_norm"))
    assert plain.penalty_flops == 0
    # singular-value decomposition of the 60 × 7 kernel: 6·P·Q² + 20·Q³
    assert penalised.penalty_flops == 6 * 60 * 49 + 20 * 343
    assert plain.training_flops == 2 * 3 * plain.macs
    assert penalised.training_flops == plain.training_flops + penalised.penalty_flops
    assert penalised.stages[0].penalty_flops == 0


def test_a_penalty_is_paid_once_per_group_and_whatever_the_batch() -> None:
    layer = cm.ConvLayer(3, 8, 12, (9, 7))
    whole = cm.count("nuclear_norm", layer.replace(in_channels=4, out_channels=6)).penalty_flops
    assert cm.count("nuclear_norm", layer.replace(groups=2)).penalty_flops == 2 * whole
    assert cm.count("nuclear_norm", layer.replace(batch=5)).penalty_flops == (
        cm.count("nuclear_norm", layer).penalty_flops
    )


def test_the_convention_of_a_flop_does_not_touch_the_penalty() -> None:
    layer = cm.ConvLayer(3, 4, 7, (9, 8))
    one = cm.count("nuclear_norm", layer, cm.Settings(flops_per_mac=1))
    assert one.training_flops == 3 * one.macs + one.penalty_flops
