"""Replacing layers of a live model: it runs, and it costs exactly what was predicted."""

import copy
from typing import Any

import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.errors import CostModelError, VariantError
from costmodel.torch.replacement import replace
from tests.network.models import MODELS

_PLANS: dict[str, Any] = {
    "depthwise_separable": {},
    "basis": {"b": 2},
    "spatial_svd": {"r": 5},
    "tucker2": {"r1": 6, "r2": 7},
}


_MODELS = ("resnet18", "unet", "inception", "wavenet")


@pytest.mark.parametrize(
    ("name", "variant"),
    [(n, v) for n in _MODELS for v in _PLANS if (n, v) != ("wavenet", "spatial_svd")],  # 2-D only
)
def test_the_new_model_runs_and_counts_as_predicted(name, variant):
    make, shapes, _ = MODELS[name]
    model = make().eval()
    net = cm.from_torch(model, input_shape=shapes)
    plan = net.replace(variant, pays=False, **_PLANS[variant])
    assert plan.replaced
    new = replace(model, plan)
    again = cm.from_torch(new, input_shape=shapes)
    assert (again.macs, again.params) == (plan.macs, plan.params)
    assert again.macs != net.macs
    x = torch.rand(shapes[0])
    with torch.no_grad():
        assert new(x).shape == model(x).shape


def test_the_model_itself_is_left_as_it_is():
    model = MODELS["mobilenet_v2"][0]().eval()
    before = copy.deepcopy(model.state_dict())
    net = cm.from_torch(model, input_shape=(1, 3, 64, 96))
    replace(model, net.replace("channel_svd", "kind=conv", r=3, pays=False))
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_a_linear_layer_is_replaced_on_its_vectors():
    model = MODELS["vit"][0]().eval()
    net = cm.from_torch(model, input_shape=(2, 3, 64, 64))
    plan = net.replace("channel_svd", "mlp.*", r=5)
    new = replace(model, plan)
    again = cm.from_torch(new, input_shape=(2, 3, 64, 64))
    assert (again.macs, again.params) == (plan.macs, plan.params)
    assert new(torch.rand(2, 3, 64, 64)).shape == (2, 11)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(3, 8, (2, 4), padding="same"),
        nn.ConvTranspose2d(3, 8, (3, 5), stride=2, padding=1, output_padding=(1, 0)),
        nn.Conv3d(3, 8, (1, 2, 3), stride=(1, 2, 1)),
    ],
)
def test_every_form_of_padding_keeps_the_output(layer):
    model = nn.Sequential(layer, nn.ReLU())
    shape = (2, 3, 6, 11, 14) if isinstance(layer, nn.Conv3d) else (2, 3, 11, 14)
    plan = cm.from_torch(model, input_shape=shape).replace("channel_svd", r=2, pays=False)
    new = replace(model, plan)
    again = cm.from_torch(new, input_shape=shape)
    assert (again.macs, again.params) == (plan.macs, plan.params)
    assert new(torch.rand(shape)).shape == model(torch.rand(shape)).shape


def test_device_dtype_and_mode_are_kept():
    model = nn.Sequential(nn.Conv2d(3, 8, 3)).half().eval()
    plan = cm.from_torch(model, input_shape=(1, 3, 9, 14)).replace("channel_svd", r=2, pays=False)
    new = replace(model, plan)
    assert {p.dtype for p in new.parameters()} == {torch.float16}
    assert not any(m.training for m in new.modules())


def test_a_model_that_is_one_layer():
    model = nn.Conv2d(3, 8, 3)
    plan = cm.from_torch(model, input_shape=(1, 3, 9, 14)).replace("channel_svd", r=2, pays=False)
    assert replace(model, plan)(torch.rand(1, 3, 9, 14)).shape == (1, 8, 7, 12)


def test_a_mapping_of_paths():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 5, 3))
    layer = cm.ConvLayer(3, 8, 5, (7, 12), padding="valid", bias=True)
    new = replace(model, {"1": bind(cm.VARIANTS["channel_svd"], layer, r=2)})
    assert type(new[0]) is nn.Conv2d
    assert new(torch.rand(1, 3, 9, 14)).shape == (1, 5, 5, 10)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 6, 3, padding=1)

    def forward(self, x):
        return self.conv(self.conv(x)[..., ::2])


def test_a_module_that_runs_twice_is_replaced_once_for_both():
    net = cm.from_torch(Twice(), input_shape=(1, 6, 9, 14))
    plan = net.replace("channel_svd", r=2)
    again = cm.from_torch(replace(Twice(), plan), input_shape=(1, 6, 9, 14))
    assert (again.macs, again.params) == (plan.macs, plan.params)
    half = net.replace("channel_svd", lambda op: op.name == "conv", r=2)
    with pytest.raises(VariantError, match="2 times"):
        replace(Twice(), half)


class Computed(nn.Module):
    """Trained layers, and kernels that the forward computes: beside them, and in a layer's hook."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 7, 3), nn.Conv2d(7, 5, 3)
        self.kernel = nn.Linear(5, 7 * 5 * 6)
        self.conv.register_forward_hook(
            lambda module, inputs, out: out + nn.functional.conv2d(out, out[:1].mean((2, 3), True))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.last(self.conv(x))
        return nn.functional.conv2d(out, self.kernel(out.mean((0, 2, 3))).view(7, 5, 2, 3))


@pytest.mark.parametrize(
    ("where", "replaced"), [(None, {"conv", "last"}), ("conv*", {"conv"}), ("last", {"last"})]
)
def test_a_computed_kernel_stops_no_replacement(where, replaced):
    model, shape = Computed(), (2, 3, 14, 19)
    plan = cm.from_torch(model, input_shape=shape).replace("channel_svd", where, r=2, pays=False)
    assert {change.before.name for change in plan.replaced} == replaced
    new = replace(model, plan)
    again = cm.from_torch(new, input_shape=shape)
    assert (again.macs, again.params) == (plan.macs, plan.params)
    assert new(torch.rand(shape)).shape == model(torch.rand(shape)).shape


def test_a_plan_of_another_model_is_one_sentence():
    plan = cm.from_torch(Twice(), input_shape=(1, 6, 9, 14)).replace("channel_svd", r=2)
    with pytest.raises(VariantError, match="no module 'conv'"):
        replace(nn.Sequential(nn.ReLU()), plan)
    other = nn.Sequential()
    other.add_module("conv", nn.Conv2d(6, 7, 3))
    with pytest.raises(VariantError, match="6 → 7"):
        replace(other, plan)
    other.conv = nn.ReLU()
    with pytest.raises(VariantError, match="ReLU"):
        replace(other, plan)


def test_the_function_is_public():
    assert cm.torch.replace is replace


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("tucker3", "plan is 'tucker3'; allowed are a network after `replace`, a variant"),
        (None, "plan is None; allowed are a network"),
        ({"": "tucker2"}, "plan has 'tucker2' at ''; allowed is a mapping of module paths"),
    ],
)
def test_what_is_no_plan_is_one_sentence(plan, words):
    with pytest.raises(CostModelError, match=words):
        replace(nn.Conv2d(5, 7, 3), plan)


def test_it_is_offered_where_names_are_completed():
    assert {"build", "replace"} <= set(dir(cm.torch))
