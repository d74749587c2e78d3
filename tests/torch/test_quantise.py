"""Modules of few bits: the weights are on the grid, and nothing that is counted changes."""

from __future__ import annotations

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn

import costmodel as cm
from costmodel.errors import CostModelError

LAYER = cm.ConvLayer((3, 2), 6, 10, (9, 12), padding="valid", groups=2, bias=True)


def weight_of(module: nn.Module) -> torch.Tensor:
    (conv,) = [m for m in module.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    return conv.weight.detach().double()


def points(values: torch.Tensor) -> int:
    return len(torch.unique(values.round(decimals=9)))


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("transposed", [False, True])
def test_the_module_holds_weights_of_so_many_bits(bits: int, transposed: bool) -> None:
    layer = LAYER.replace(transposed=transposed)
    torch.manual_seed(7)
    plain = weight_of(cm.torch.build("standard", layer))
    torch.manual_seed(7)
    module = cm.torch.build("quantised", layer, bw=bits)
    weight = weight_of(module)
    assert 1 < points(weight) <= 2**bits
    if bits > 1:
        most = 2 ** (bits - 1) - 1
        scale = plain.abs().max() / most
        assert torch.allclose((weight / scale).round() * scale, weight, atol=1e-7)
        assert (weight - plain).abs().max() <= 0.5 * scale + 1e-7
    torch.manual_seed(7)
    each = weight_of(cm.torch.build("quantised", layer, bw=bits, scales="channel"))
    channels = (
        each.unflatten(0, (2, -1)).swapaxes(1, 2) if transposed else each.unflatten(0, (2, -1))
    )
    for group in channels:
        for channel in group:
            assert points(channel) <= 2**bits
    assert points(each) > points(weight)
    assert (each - plain).square().sum() < (weight - plain).square().sum()


def test_counts_do_not_change() -> None:
    x = torch.rand(1, 6, 9, 12)
    plain, module = (cm.torch.build(v, LAYER) for v in ("standard", "quantised"))
    counts = cm.count("quantised", LAYER)
    assert counts.params == sum(p.numel() for p in module.parameters())
    assert counts.macs == cm.count("standard", LAYER).macs
    assert counts.macs == FlopCountAnalysis(module, x).by_operator()["conv"]
    assert [n for n, _ in plain.named_parameters()] == [n for n, _ in module.named_parameters()]
    assert "rounded to the grid" in repr(module)


def test_a_whole_model_is_rounded_but_for_biases_and_norms() -> None:
    torch.manual_seed(2)
    model = nn.Sequential(
        nn.Conv2d(3, 7, (2, 3)), nn.BatchNorm2d(7), nn.Flatten(), nn.Linear(21, 5)
    )
    for parameter in model[1].parameters():
        nn.init.normal_(parameter)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    assert cm.torch.round_weights(model, 3) is model
    for name, parameter in model.named_parameters():
        rounded = name in ("0.weight", "3.weight")
        assert torch.equal(parameter, before[name]) != rounded
        assert not rounded or points(parameter.detach().double()) <= 7
    once = {n: p.detach().clone() for n, p in model.named_parameters()}
    cm.torch.round_weights(model, 3)
    assert all(torch.allclose(p, once[n]) for n, p in model.named_parameters())


def test_after_a_step_of_training_they_are_put_back() -> None:
    module = cm.torch.build("quantised", LAYER, bw=3)
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    module(torch.rand(2, 6, 9, 12)).square().sum().backward()
    optimiser.step()
    assert points(weight_of(module)) > 7
    cm.torch.round_weights(module, 3)
    assert points(weight_of(module)) <= 7


def test_what_cannot_be_rounded_is_one_sentence() -> None:
    with pytest.raises(CostModelError, match="bits is 33; allowed are 1 to 32"):
        cm.torch.round_weights(nn.Linear(3, 4), 33)
    with pytest.raises(CostModelError, match="unknown choice of scales 'row'"):
        cm.torch.build("quantised", LAYER, scales="row")
    with pytest.raises(CostModelError, match="no layer is selected"):
        cm.torch.round_weights(nn.ReLU(), 8)


def test_shapes_alone_are_left_as_they_are() -> None:
    with torch.device("meta"):
        assert weight_of(cm.torch.build("quantised", LAYER)).is_meta
