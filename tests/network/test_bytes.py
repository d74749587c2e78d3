"""Bytes of parameters: every trained tensor once, of whatever kind, at its own word length."""

import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.network.columns import total
from costmodel.network.network import Network
from costmodel.network.operation import ROLE_BITS, ROLES, NetOp, Parameter
from tests.network.models import MODELS

SMALL = cm.ConvLayer(3, 8, 12, (9, 10), bias=True)


class Again(nn.Module):
    """One layer with weights, run ten times."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(16, 16, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(10):
            x = self.conv(x)
        return x


def test_a_layer_that_runs_ten_times_is_stored_once():
    net = cm.from_torch(Again(), (1, 16, 9, 11))
    assert (net.params, total(net, "weight_bytes")) == (2304, 9216)
    assert net.to_table("weight_bytes").column("weight_bytes") == [9216, *[0] * 9, 9216]
    assert total(net.with_settings(weight_bits=3), "weight_bytes") == 864


@pytest.mark.parametrize("name", MODELS)
def test_the_bytes_of_a_model_are_those_of_its_tensors(name):
    """Norms, attention's projections, embeddings and shared tensors: PyTorch's own storage."""
    make, shapes, *_ = MODELS[name]
    model = make().eval()
    net = cm.from_torch(model, shapes)
    stored = sum(p.numel() * 4 for p in model.parameters())  # each tensor once; single precision
    table = net.to_table("weight_bytes")
    assert table.rows[-1]["weight_bytes"] == stored
    assert sum(table.column("weight_bytes")[:-1]) == stored
    assert net.by_kind("weight_bytes").rows[-1]["weight_bytes"] == stored


@pytest.mark.parametrize(("weight_bits", "bias_bits"), [(1, 7), (5, 16), (8, 32)])
def test_each_tensor_is_packed_by_its_role(weight_bits, bias_bits):
    counts = {"weight": 865, "bias": 13, "norm": 27, "other": 101}
    assert counts.keys() == ROLES.keys() == ROLE_BITS.keys()
    held = tuple(Parameter(count, role, id=role) for role, count in counts.items())
    net = Network(
        "n", (NetOp("a", "conv", SMALL, parameters=held), NetOp("b", "norm", parameters=held))
    )
    words = {"weight": weight_bits, "other": weight_bits, "bias": bias_bits, "norm": bias_bits}
    bytes_ = sum(-(-count * words[role] // 8) for role, count in counts.items())
    again = net.with_settings(weight_bits=weight_bits, bias_bits=bias_bits)
    assert total(again, "weight_bytes") == bytes_
    assert f"weight_bits = {weight_bits}" in " ".join(again.to_table("weight_bytes").notes)


def test_shared_layers_share_the_bytes_of_what_replaces_them():
    """The weight is one tensor; the second bias is another one."""
    weight = Parameter(864, "weight", id="w")
    net = Network(
        "s",
        tuple(
            NetOp(n, "conv", SMALL, parameters=(weight, Parameter(12, "bias", id=n)), times=3)
            for n in "ab"
        ),
    )
    for settings in (cm.Settings(), cm.Settings(weight_bits=3, bias_bits=7)):
        own = {"weight_bits": settings.weight_bits, "bias_bits": settings.bias_bits}
        after = net.with_settings(**own).replace("depthwise_separable")
        once = cm.count("depthwise_separable", SMALL, settings).weight_bytes
        bias = -(-12 * settings.bias_bits // 8)
        assert total(after, "weight_bytes") == once + bias
        assert after.params == cm.count("depthwise_separable", SMALL).params + 12


@pytest.mark.parametrize("variant", ["quantised", "sic", "shared_basis", "tucker2", "winograd"])
@pytest.mark.parametrize("name", ["resnet18", "vgg16", "googlenet"])
def test_a_replaced_layer_has_the_bytes_that_the_variant_has_on_it(name, variant):
    net = cm.load(name).with_settings(weight_bits=6, bias_bits=11)
    after = net.replace(variant, pays=False)
    assert after.replaced
    old = {row["layer"]: row["weight_bytes"] for row in net.to_table("weight_bytes").rows}
    new = {row["layer"]: row["weight_bytes"] for row in after.to_table("weight_bytes").rows}
    for change in after.replaced:
        key, layer = change.before.name, change.before.layer
        assert layer is not None
        norm = -(-change.before.norm_params * 11 // 8)
        assert new[key] == cm.count(variant, layer, net.settings).weight_bytes + norm
        assert old[key] == cm.count("standard", layer, net.settings).weight_bytes + norm
    assert sum(v for k, v in new.items() if k != "total") == new["total"]


def test_the_settings_stay_with_the_network():
    net = cm.load("mobilenet").with_settings(weight_bits=8).with_settings(activation_bits=4)
    assert net.settings == cm.Settings(weight_bits=8, activation_bits=4)
    assert net.at(H=160, alpha="1/2").replace("cp").settings == net.settings
    assert total(net, "bops") == 8 * 4 * net.macs
    count = net.compiled("weight_bytes", ("alpha",))
    assert count(1) == total(net, "weight_bytes")
    assert count(2) == total(net.at(alpha=2), "weight_bytes")


def test_wrong_settings_are_one_sentence():
    with pytest.raises(CostModelError, match=r"unknown setting 'weight_bit'.*'weight_bits'"):
        cm.load("alexnet").with_settings(weight_bit=8)
    with pytest.raises(CostModelError, match="weight_bits"):
        cm.load("alexnet").with_settings(weight_bits=0)
