"""A layer on its own counts what the operation counts, or there is none."""

from __future__ import annotations

import random

import pytest

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.network.alone import alone
from costmodel.network.operation import NetOp, Parameter


@pytest.mark.parametrize("seed", range(20))
def test_a_linear_layer_is_a_pointwise_convolution(seed):
    chance = random.Random(seed)
    m, n, positions, batch = (chance.randint(2, 300) for _ in range(4))
    op = NetOp.linear("fc", m, n, positions=positions, batch=batch, bias=bool(seed % 2))
    layer = alone(op)
    assert (layer.dims, layer.kernel, layer.size) == (2, (1, 1), (positions, 1))
    counts = count("standard", layer)
    assert counts.macs == batch * positions * m * n == op.macs
    assert counts.params == m * n + n * (seed % 2) == op.params


def test_what_is_counted_otherwise_has_none():
    assert alone(NetOp.linear("fc", 12, 20, times=3)) is None
    assert alone(NetOp.linear("fc", 12, 20, given_macs=7)) is None
    assert alone(NetOp.linear("fc", 12, 20, parameters=(Parameter(240),))) is None
    shared = (Parameter(240), Parameter(20, "bias"), Parameter(3, "other"))
    assert alone(NetOp.linear("fc", 12, 20, parameters=shared)) is None
    assert alone(NetOp.product("scores", 3, 5, 7)) is None


def test_layers_with_a_window_are_as_they_are():
    for layer in (ConvLayer(3, 12, 20, (17, 14)), ConvLayer(5, 12, 20, (31,), stride=2)):
        assert alone(NetOp.conv("conv", layer)) is layer
    strided = ConvLayer(1, 12, 20, (31,), stride=2)
    found = alone(NetOp.conv("conv", strided))
    assert count("standard", found).macs == count("standard", strided).macs == 12 * 20 * 16
