"""Windows over channels with zeros outside: against a convolution that has them for its axis."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy
import torch
from torch.nn import functional

import costmodel as cm
from costmodel.torch.lowering import StageModule

WINDOW = cm.define("window", "e+-c, g c -> g e", where={"e": "n/g"}, g=2, c=3, register=False)
#: Channels in and out, kernels and their length: strides from 1 up, even, odd, short and long.
STRIDED = [(14, 14, 1, 5), (15, 15, 1, 8), (12, 12, 2, 8), (15, 15, 3, 2), (15, 15, 5, 15),
           (12, 8, 2, 6), (30, 9, 3, 7)]  # fmt: skip


def over_channels(x: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    """A convolution along the channels with as many zeros as TensorFlow's "same" has.

    x: (batch, channels, *grid). weight: (kernels, taps). Each kernel gives channels / stride maps.
    """
    grid, rows = x.shape[2:], x.movedim(1, -1).reshape(-1, 1, x.shape[1])
    zeros = max((x.shape[1] // stride - 1) * stride + weight.shape[1] - x.shape[1], 0)
    rows = functional.pad(rows, (zeros // 2, zeros - zeros // 2))
    y = functional.conv1d(rows, weight.unsqueeze(1), stride=stride)
    return y.flatten(1).reshape(x.shape[0], *grid, -1).movedim(-1, 1)


@pytest.mark.parametrize(("m", "n", "g", "c"), STRIDED)
def test_it_is_a_strided_convolution_over_the_channels(m: int, n: int, g: int, c: int) -> None:
    layer = cm.ConvLayer(1, m, n, (4, 7), batch=2)
    module = cm.torch.build(WINDOW, layer, g=g, c=c).double()
    (stage,) = (part for part in module.modules() if isinstance(part, StageModule))
    weight = stage.conv.weight.detach().reshape(g, c)
    x = torch.randn(2, m, 4, 7, dtype=torch.float64)
    assert torch.allclose(module(x), over_channels(x, weight, m * g // n), atol=1e-12)
    # multiplies without zeros: what ones give, convolved with ones
    ones = over_channels(torch.ones_like(x), torch.ones_like(weight), m * g // n)
    counts = cm.count(WINDOW, layer, g=g, c=c)
    assert counts.macs_without_padding == int(ones.sum()) <= counts.macs == 2 * c * n * 28


def by_hand(m: int, positions: int, c: int) -> int:
    """Taps that read a channel, one by one; positions are spread as evenly as floors allow."""
    before = max(c - m / positions, 0) // 2
    return sum(
        0 <= e * m // positions + tap - before < m
        for e, tap in itertools.product(range(positions), range(c))
    )


def test_channels_that_no_stride_divides() -> None:
    c, n = sympy.symbols("c n", integer=True, positive=True)
    of_symbols = cm.count(WINDOW, cm.ConvLayer(1, 12, n, (4, 7)), g=1, c=c).macs_without_padding
    every = np.arange(1, 30)
    of_arrays = cm.count(WINDOW, cm.ConvLayer(1, 12, every, (4, 7)), g=1, c=5).macs_without_padding
    for positions, taps in itertools.product(range(1, 30), (1, 2, 5, 12)):
        layer = cm.ConvLayer(1, 12, positions, (4, 7))
        counts = cm.count(WINDOW, layer, g=1, c=taps)
        assert counts.macs_without_padding == 28 * by_hand(12, positions, taps)
        assert of_symbols.subs({n: positions, c: taps}) == counts.macs_without_padding
        if taps == 5:
            assert of_arrays[positions - 1] == counts.macs_without_padding


def test_letters_of_a_window_as_wide_as_its_channels_are_many() -> None:
    m = sympy.Symbol("m", integer=True, positive=True)
    counts = cm.count("depthwise_channelwise", cm.ConvLayer(1, m, m, (1, 1)), dc=5)
    assert sympy.simplify(counts.macs_without_padding - (m + 5 * m - 6)).subs(m, 9) == 0


@pytest.mark.parametrize("variant", ["group_channelwise", "depthwise_channelwise"])
def test_channel_nets_read_zeros_and_topological_ones_wrap(variant: str) -> None:
    layer = cm.ConvLayer(1, 12, 12, (4, 7))
    counts = cm.count(variant, layer, dc=6)
    assert counts.macs_without_padding < counts.macs
    wrapped = cm.count("topological_1d", layer, c=6)
    assert wrapped.macs_without_padding == wrapped.macs
