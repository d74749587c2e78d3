"""A model replaced with its trained weights: what it computes, and what stays as it was."""

from __future__ import annotations

import copy
from typing import Any

import numpy
import pytest
import torch
from torch import nn
from torch.nn import functional

import costmodel as cm
from costmodel.errors import CostModelError, InputError, VariantError
from costmodel.torch.take_over import set_bias, set_weights

LAYERS: dict[str, nn.Module] = {
    "rectangle": nn.Conv2d(6, 10, (3, 2), stride=(2, 1), padding=(1, 2)),
    "dilated": nn.Conv2d(5, 7, (2, 3), dilation=(3, 2), padding=4, bias=False),
    "groups": nn.Conv2d(8, 12, (3, 2), stride=(1, 3), groups=2),
    "even, same": nn.Conv2d(4, 6, (2, 4), padding="same"),
    "reflected": nn.Conv2d(4, 6, (3, 5), padding=(1, 2), padding_mode="reflect"),
    "transposed": nn.ConvTranspose2d(6, 8, (3, 2), stride=2, padding=1, output_padding=(1, 0)),
    "transposed groups": nn.ConvTranspose2d(6, 8, (2, 3), groups=2),
}
#: Values at which the factors can be any kernel, as functions of channels per group and taps.
FULL: dict[str, Any] = {
    "standard": lambda m, n, i, j: {},
    "channel_svd": lambda m, n, i, j: {"r": min(n, m * i * j)},
    "spatial_svd": lambda m, n, i, j: {"r": min(m * i, n * j)},
    "tucker2": lambda m, n, i, j: {"r1": min(m, n * i * j), "r2": min(n, m * i * j)},
    "basis": lambda m, n, i, j: {"b": min(n, i * j)},
    "shared_basis": lambda m, n, i, j: {"b": min(m * n, i * j)},
}


def sizes_of(layer: Any) -> tuple[int, int, int, int]:
    groups = layer.groups
    return (layer.in_channels // groups, layer.out_channels // groups, *layer.kernel_size)


@pytest.mark.parametrize("variant", FULL)
@pytest.mark.parametrize("name", LAYERS)
def test_at_full_rank_the_model_computes_what_it_did(name: str, variant: str) -> None:
    model = nn.Sequential(copy.deepcopy(LAYERS[name]), nn.BatchNorm2d(LAYERS[name].out_channels))
    model.eval()
    values = FULL[variant](*sizes_of(model[0]))
    x = torch.randn(2, model[0].in_channels, 14, 17)
    for shape in (None, tuple(x.shape)):
        new = cm.torch.replace(
            model, variant, init="weights", input_shape=shape, pays=False, **values
        )
        assert type(new[0]) is not type(model[0])
        with torch.no_grad():
            assert torch.allclose(new(x), model(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("variant", ["channel_svd", "spatial_svd", "tucker2", "cp", "basis"])
def test_it_computes_the_convolution_with_the_rebuilt_kernel(variant: str) -> None:
    torch.manual_seed(4)
    # in double precision: terms of a CP decomposition may be large and cancel
    layer = nn.Conv2d(6, 10, (3, 2), stride=(1, 2), padding=1).double()
    new = cm.torch.replace(layer, variant, init="weights", pays=False)
    factors = cm.factorize(layer.weight, variant)
    kernel = torch.from_numpy(factors.kernel())
    x = torch.randn(3, 6, 11, 14, dtype=torch.float64)
    want = functional.conv2d(x, kernel, layer.bias, (1, 2), 1)
    with torch.no_grad():
        assert torch.allclose(new(x), want, atol=1e-5, rtol=1e-5)
    assert 0 < factors.error < 1
    assert not torch.allclose(want, layer(x), atol=1e-3)  # the two would not be told apart


def test_a_linear_layer_is_carried_over() -> None:
    model = nn.Sequential(nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 5, bias=False))
    x = torch.randn(4, 3, 9)
    for shape in (None, (4, 3, 9)):
        new = cm.torch.replace(
            model, "channel_svd", "kind=linear", init="weights", pays=False, r=5,
            input_shape=shape,
        )  # fmt: skip
        assert new[2](torch.randn(4, 7)).shape == (4, 5)
        with torch.no_grad():
            assert torch.allclose(new[2](model[:2](x)), model(x), atol=1e-5)
            assert not torch.allclose(new[0](x), model[0](x), atol=1e-3)  # rank 5 of 7


# -- what stays ------------------------------------------------------------------------------------
def test_normalisation_and_the_layers_that_are_not_meant_stay() -> None:
    torch.manual_seed(6)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 5, 1)
    )
    model(torch.randn(16, 3, 9, 12))  # the norm has seen something
    model.eval()
    before = copy.deepcopy(model.state_dict())
    new = cm.torch.replace(model, "spatial_svd", init="weights", pays=False, r=4)
    for name, value in new.state_dict().items():
        if not name.startswith("0."):
            assert torch.equal(value, before[name])
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert type(new[1]) is nn.BatchNorm2d
    assert not new.training


class Tied(nn.Module):
    """One tensor in two layers, on different grids."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(6, 6, (3, 2), padding=1)
        self.two = nn.Conv2d(6, 6, (3, 2), stride=2)
        self.two.weight = self.one.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.one(x))


@pytest.mark.parametrize("init", ["random", "weights"])
def test_shared_weights_stay_shared(init: str) -> None:
    model, shape = Tied().eval(), (1, 6, 13, 16)
    plan = cm.from_torch(model, input_shape=shape).replace("spatial_svd", r=4, pays=False)
    new = cm.torch.replace(model, plan, init=init)
    again = cm.from_torch(new, input_shape=shape)
    assert (again.params, again.macs) == (plan.params, plan.macs)
    assert sum(p.numel() for p in new.parameters()) == plan.params
    if init == "weights":
        full = cm.torch.replace(model, "spatial_svd", init="weights", r=12, pays=False)
        x = torch.randn(shape)
        with torch.no_grad():
            assert torch.allclose(full(x), model(x), atol=1e-5)


def test_frozen_layers_stay_frozen_and_modes_and_dtypes_too() -> None:
    model = nn.Sequential(nn.Conv2d(3, 8, 3)).to(torch.bfloat16).eval()
    new = cm.torch.replace(model, "channel_svd", init="weights", r=2, pays=False)
    assert {p.dtype for p in new.parameters()} == {torch.bfloat16}
    assert not any(m.training for m in new.modules())
    model.requires_grad_(False)
    new = cm.torch.replace(model, "channel_svd", init="weights", r=2, pays=False)
    assert not any(p.requires_grad for p in new.parameters())
    double = nn.Sequential(nn.Conv2d(3, 8, 3)).double()
    new = cm.torch.replace(double, "channel_svd", init="weights", r=8, pays=False)
    x = torch.randn(1, 3, 9, 12, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(new(x), double(x), atol=1e-12)


# -- biases ----------------------------------------------------------------------------------------
def biased(variant: cm.Variant, groups: int) -> nn.Module | None:
    """The variant's module on a layer with a bias, None where it does not fit."""
    try:
        layer = cm.ConvLayer(3, 16 * groups, 32 * groups, (12, 12), groups=groups, bias=True)
        return cm.torch.build(variant, layer)
    except VariantError:
        return None


BIASED = [
    (variant.id, groups)
    for variant in cm.VARIANTS.values()
    for groups in (1, 2)
    if variant.family != "custom" and biased(variant, groups) is not None
]


def test_most_variants_have_a_bias_to_test() -> None:
    assert len(BIASED) > 60


@pytest.mark.parametrize(("variant", "groups"), BIASED)
def test_the_bias_goes_where_the_module_has_it(variant: str, groups: int) -> None:
    """Whatever the stages are: without weights, the module gives the bias of each channel."""
    module = biased(cm.VARIANTS[variant], groups)
    assert module is not None
    for name, parameter in module.named_parameters():
        nn.init.zeros_(parameter) if "bias" not in name else nn.init.ones_(parameter)
    bias = torch.randn(32 * groups)
    set_bias(module, bias)
    out = module(torch.zeros(1, 16 * groups, 12, 12))
    assert torch.allclose(out, bias.view(1, -1, 1, 1).expand_as(out), atol=1e-6)


# -- which layers, and on which grids --------------------------------------------------------------
def test_what_is_selected_is_what_the_network_selects() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.Conv2d(8, 12, 5),
        nn.Conv2d(12, 12, 3, groups=12),
        nn.Conv2d(12, 7, 1),
    )
    named = cm.torch.replace(model, "channel_svd", "1", init="weights", r=2)
    assert [type(m).__name__ for m in named] == ["Conv2d", "VariantModule", "Conv2d", "Conv2d"]
    default = cm.torch.replace(model, "channel_svd", init="weights", r="n/4", pays=False)
    assert [dict(m.hyper) for m in default[:2]] == [{"r": 2}, {"r": 3}]
    assert type(default[2]) is nn.Conv2d
    shape = (1, 3, 20, 23)
    plan = cm.from_torch(model, input_shape=shape).replace("channel_svd", r="n/4", pays=False)
    same = cm.torch.replace(model, plan, init="weights")
    assert all(
        torch.equal(a, b) for a, b in zip(same.parameters(), default.parameters(), strict=True)
    )


def test_a_module_that_depends_on_its_grid_needs_the_inputs_shape() -> None:
    model = nn.Sequential(nn.Conv2d(6, 10, 3, padding=1))
    with pytest.raises(VariantError, match="depends on the size of the grid; allowed is giving"):
        cm.torch.replace(model, "structured", init="weights", pays=False)
    new = cm.torch.replace(
        model, "structured", init="weights", pays=False, input_shape=(1, 6, 9, 14)
    )
    assert new(torch.rand(1, 6, 9, 14)).shape == (1, 10, 9, 14)
    with pytest.raises(CostModelError, match="share=1/50 without the input's shape"):
        cm.torch.replace(model, "channel_svd", "share=2%")


def test_a_variant_of_ones_own_is_carried_over_too() -> None:
    mine = cm.define("rows_first", "m, r m i -> r", "r, n r j -> n", r=9, register=False)
    layer = nn.Conv2d(3, 5, 3, padding=1)
    new = cm.torch.replace(layer, mine, init="weights", pays=False)
    x = torch.randn(2, 3, 8, 11)
    with torch.no_grad():
        assert torch.allclose(new(x), layer(x), atol=1e-5)


def test_the_quantised_layer_starts_from_the_rounded_kernel() -> None:
    layer = nn.Conv2d(4, 6, (3, 2))
    new = cm.torch.replace(layer, "quantised", init="weights", pays=False, bw=4)
    weight = next(m for m in new.modules() if isinstance(m, nn.Conv2d)).weight.detach()
    scale = layer.weight.detach().abs().max() / 7
    assert torch.allclose(weight, (layer.weight.detach() / scale).round() * scale, atol=1e-6)


# -- what cannot be done ---------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")  # said before it is refused
@pytest.mark.parametrize(
    ("variant", "options", "error", "words"),
    [
        ("winograd", {"pays": False}, VariantError, "winograd is an algorithm of"),
        ("octave", {"pays": False, "input_shape": (1, 6, 8, 8)}, VariantError, "0: .*no factors"),
        ("channel_svd", {"r": 11, "pays": False}, VariantError, "0: .*full rank"),
        ("channel_svd", {"init": "trained"}, CostModelError, "'trained': .*'?random'?, '?weights"),
        ("channel_svd", {"where": "kernel=9"}, CostModelError, "no layer"),
        ("chanel_svd", {}, CostModelError, "plan is 'chanel_svd'; allowed are"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    variant: str, options: dict[str, Any], error: type[CostModelError], words: str
) -> None:
    model = nn.Sequential(nn.Conv2d(6, 10, 3, padding=1))
    with pytest.raises(error, match=words) as caught:
        cm.torch.replace(model, variant, **{"init": "weights", **options})
    assert "\n" not in str(caught.value)


def test_weights_that_are_no_numbers_are_refused() -> None:
    model = nn.Sequential(nn.Conv2d(6, 10, 3))
    model[0].weight.data[1, 2, 0, 0] = float("nan")
    with pytest.raises(InputError, match=r"0: .*nan"):
        cm.torch.replace(model, "channel_svd", init="weights", pays=False)


def test_values_of_letters_belong_to_a_variant() -> None:
    model = nn.Sequential(nn.Conv2d(6, 10, 3))
    plan = cm.from_torch(model, input_shape=(1, 6, 9, 12)).replace("channel_svd", r=2)
    with pytest.raises(CostModelError, match="belong to a variant"):
        cm.torch.replace(model, plan, r=3)


def test_other_factors_than_the_modules_are_refused() -> None:
    module = cm.torch.build("channel_svd", cm.ConvLayer(3, 4, 6, (7, 9)), r=2)
    with pytest.raises(CostModelError, match="factors of the shapes"):
        set_weights(module, [torch.zeros(2, 4, 3, 3)])


def test_a_mutated_factor_would_be_seen() -> None:
    """The oracle can fail: a factor with swapped sides computes another map."""
    layer = nn.Conv2d(5, 5, 3, padding=1)
    new = cm.torch.replace(layer, "channel_svd", init="weights", r=5, pays=False)
    x = torch.randn(2, 5, 8, 11)
    with torch.no_grad():
        assert torch.allclose(new(x), layer(x), atol=1e-5)
        last = [m for m in new.modules() if isinstance(m, nn.Conv2d)][-1]
        last.weight.copy_(last.weight.swapaxes(0, 1).clone())
        assert not torch.allclose(new(x), layer(x), atol=1e-3)
    assert numpy.isfinite(cm.factorize(layer.weight, "channel_svd", r=2).error)
