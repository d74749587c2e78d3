"""Modules: drop-in replacements of plain layers, trainable, with the identities of their papers."""

import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.checks.verify.reference import reference
from costmodel.core.taps import nearest_taps
from costmodel.errors import VariantError
from costmodel.torch.lowering import StageModule

LAYER = cm.ConvLayer((3, 5), 8, 12, (9, 11), stride=(2, 1), bias=True)


def stages(module):
    return [m for m in module.modules() if isinstance(m, StageModule)]


def dense_kernel(module):
    """The convolution kernel that a linear module computes, from its impulse responses."""
    m, (kh, kw) = module.layer.in_channels, module.layer.kernel
    kernel = torch.zeros(module.layer.out_channels, m, kh, kw, dtype=torch.float64)
    h, w = module.layer.size
    for c in range(m):
        impulse = torch.zeros(1, m, h, w, dtype=torch.float64)
        impulse[0, c, h // 2, w // 2] = 1
        response = module(impulse)[0]
        kernel[:, c] = response[
            :, h // 2 - kh // 2 : h // 2 + kh // 2 + 1, w // 2 - kw // 2 : w // 2 + kw // 2 + 1
        ].flip(1, 2)
    return kernel


def test_a_module_takes_the_place_of_a_layer_and_trains():
    net = nn.Sequential(cm.torch.build("tucker2", LAYER), nn.ReLU(), nn.Conv2d(12, 5, 1))
    net(torch.randn(cm.torch.input_shape(LAYER))).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net[0].parameters())
    copy = cm.torch.build("tucker2", LAYER)
    copy.load_state_dict(net[0].state_dict())


@pytest.mark.parametrize("variant", [v for v in cm.VARIANTS if not cm.VARIANTS[v].algorithm_of])
def test_every_parameter_of_every_variant_gets_a_gradient(variant):
    domain = dict(cm.VARIANTS[variant].domain)
    base = {"kernel": 3, "in_channels": 24, "out_channels": 12, "size": (9, 11), "bias": True}
    if 2 not in cm.VARIANTS[variant].dims:
        base["size"] = (7, 9, 11)
    if variant == "depthwise":
        base["out_channels"] = 48
    layer = cm.ConvLayer(**{**base, **domain})
    module = cm.torch.build(variant, layer)
    module(torch.randn(cm.torch.input_shape(layer))).sin().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_stages_are_plain_convolutions():
    kinds = [type(stage.conv) for stage in stages(cm.torch.build("cp", LAYER))]
    assert kinds == [nn.Conv2d] * 4
    assert all(
        not isinstance(stage.conv.padding, str) for stage in stages(cm.torch.build("cp", LAYER))
    )


def test_basis_with_k_squared_filters_is_any_standard_convolution():
    layer = cm.ConvLayer((3, 5), 4, 6, (9, 11))
    module = cm.torch.build("basis", layer, b=15).double()
    filters, mix = stages(module)
    wanted = torch.randn(6, 4, 3, 5, dtype=torch.float64)
    with torch.no_grad():  # one basis filter per tap; the 1×1 holds the kernel itself
        filters.conv.weight.copy_(torch.eye(15).reshape(15, 1, 3, 5).repeat(4, 1, 1, 1))
        mix.conv.weight.copy_(wanted.reshape(6, 60, 1, 1))
        x = torch.randn(2, 4, 9, 11, dtype=torch.float64)
        plain = nn.functional.conv2d(x, wanted, padding=(1, 2))
        assert torch.allclose(module(x), plain, rtol=1e-12, atol=1e-12)


def test_decoupled_with_k_squared_maps_is_any_standard_convolution():
    layer = cm.ConvLayer((3, 5), 4, 6, (9, 11))
    module = cm.torch.build("decoupled", layer, t=15).double()
    mix, filters = stages(module)
    wanted = torch.randn(6, 4, 3, 5, dtype=torch.float64)
    with torch.no_grad():  # the 1×1 holds the kernel; map t of an output is read at tap t
        mix.conv.weight.copy_(wanted.reshape(6, 4, 15).permute(0, 2, 1).reshape(90, 4, 1, 1))
        filters.conv.weight.copy_(torch.eye(15).reshape(1, 15, 3, 5).repeat(6, 1, 1, 1))
        x = torch.randn(2, 4, 9, 11, dtype=torch.float64)
        plain = nn.functional.conv2d(x, wanted, padding=(1, 2))
        assert torch.allclose(module(x), plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "variant",
    ["depthwise_separable", "basis", "channel_svd", "spatial_svd", "tucker2", "cp", "tt"],
)
def test_the_dense_kernel_of_the_factors_gives_the_same_output(variant):
    layer = cm.ConvLayer((3, 5), 4, 6, (9, 11))
    module = cm.torch.build(variant, layer).double()
    with torch.no_grad():
        x = torch.randn(2, 4, 9, 11, dtype=torch.float64)
        plain = nn.functional.conv2d(x, dense_kernel(module), padding=(1, 2))
        assert torch.allclose(module(x), plain, rtol=1e-10, atol=1e-10)


def test_the_reference_is_not_the_module():
    module = cm.torch.build("basis", LAYER).double()
    x = torch.randn(cm.torch.input_shape(LAYER), dtype=torch.float64)
    wanted = reference(module, x)
    for stage in stages(module):
        stage.conv.forward = lambda *_: (_ for _ in ()).throw(AssertionError("ran the layers"))
    assert torch.equal(reference(module, x), wanted)


def test_algorithms_and_misfits_say_so():
    with pytest.raises(VariantError, match="winograd is an algorithm of standard"):
        cm.torch.build("winograd", LAYER)
    with pytest.raises(VariantError, match="unknown variant"):
        cm.torch.build("bases", LAYER)


def test_a_module_says_what_it_is():
    text = repr(cm.torch.build("basis", LAYER, b=2))
    assert "basis, b=2: 3×5 convolution, 8 → 12 channels" in text
    assert "m, m b i j -> m b" in text


def test_user_defined_variants_build():
    mine = cm.define("mine", "m, r m i -> r", "r, n r j -> n", r=3, register=False)
    module = cm.torch.build(mine, LAYER)
    assert sum(p.numel() for p in module.parameters()) == cm.count(mine, LAYER).params


def test_nearest_taps_grow_from_the_centre():
    assert nearest_taps((3, 3), 1) == [(1, 1)]
    assert nearest_taps((3, 3), 5) == [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)]
    assert len(nearest_taps((3, 5), 15)) == 15
