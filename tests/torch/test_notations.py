"""Any notation becomes a module: declarations that no variant has, checked like those that do."""

import pytest
import torch
from torch import nn

import costmodel as cm
from costmodel.checks.verify.oracles import ORACLES
from costmodel.checks.verify.suite import check
from costmodel.core.hyper import Hyper
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import VariantError
from costmodel.torch.lowering import StageModule

PLAIN = cm.ConvLayer((3, 5), 12, 24, (13, 18))
LAYERS = (
    PLAIN,
    cm.ConvLayer((4, 3), 12, 24, (11, 14), stride=(2, 1), batch=2, bias=True),
    cm.ConvLayer((3, 5), 24, 48, (9, 14), stride=(1, 3), groups=2, padding=(2, 1), bias=True),
    cm.ConvLayer((3, 4), 12, 24, (5, 7), stride=(2, 3), transposed=True, bias=True),
)
NOTATIONS = {
    # channels rearranged between stages
    "shuffle": "g m, g p m -> g p | p g, g s p -> g s | n, n i j -> n",
    "split in and out": "g m, g m b i j -> m g b | b m g, n b m g -> n",
    "shared in the middle": "m, b i j -> b m | m b, n m b -> n",
    "shared across the last": "m, n m -> n | n, i j -> n",
    "scale": "m, m -> m | m, n m i j -> n",
    # windows of their own
    "rows then columns": "m, r m i=3 -> r | r, r j=5 -> r | r, n r -> n",
    "each axis": "m, n m -> n | n, n x -> n",
    "wider": "m, n m i j -> n @ dilation=2",
    "two full windows": "m, r m i j -> r | r, n r i=3 j=3 -> n",
    # windows that are no convolution
    "pattern": "m, n m (i j)=4 -> n",
    "pattern per channel": "m, m (i j)=3 -> m | m, n m -> n",
    "pattern shared": "m, b (i j)=3 -> m b | m b, n m b -> n",
    "picked rows": "m, n i m -> n i | n i, n i j -> n",
    "picked columns": "m, n j m -> n j | n j, n i j -> n",
    # windows over channels
    "neighbours": "m, m i j -> m | n~c=m, n c -> n",
    "neighbours and zeros": "m, m i j -> m | n+-c=m, n c -> n",
    "fewer neighbours and zeros": "a+-c, v c i j -> v a",
    "blocks and zeros": "e+-u=a f+-v=d, e f u v i j -> e f",
    "neighbours with a window": "n~c=m, c i j -> n",
    "blocks": "m, m i j -> m | e~u=a f~v=d, e f u v -> e f",
    # branches
    "residual": "m, n m i j -> n | { n, n i=3 j=3 -> n + = }^2",
    "residual where shapes match": "{ =? + m, n m i j -> n } | { =? + n, n i=3 j=3 -> n }",
    "side by side": "{ m, r m i j -> r & m, s m i=1 j=1 -> s }",
    "nested": "{ { m, r m i j -> r & m, u m i=1 j=1 -> u } & m, v m i j -> v }",
    "dense": "m, r m i j -> r | { = & r, v r i=3 -> v & r, u r -> u } | q, n q -> n",
    "sliced": "{ :r | r, n r i j -> n + r: | y, n y i j -> n }",
    "half resolution": "{ m, n m i j -> n + /2 | m, n m i j -> n | *2 }",
    "down and up": "m, m i j -> m @ down=2 | m, n m -> n | n, n i=3 j=3 -> n @ up=2",
}
WHERE = {
    "shuffle": {"p": "6", "s": "n/2"},
    "fewer neighbours and zeros": {"a": "m / g", "v": "2 * g"},
    "blocks and zeros": {"a": "3", "d": "m/3", "e": "2", "f": "n/2", "u": "2", "v": "3"},
    "blocks": {"a": "3", "d": "m/3", "e": "2", "f": "n/2", "u": "2", "v": "2"},
    "side by side": {"s": "n - r"},
    "nested": {"u": "2", "v": "n - r - u"},
    "dense": {"u": "2", "v": "3", "q": "r + u + v"},
    "sliced": {"y": "m - r"},
}


def variant(name):
    used = {"g": 2, "b": 3, "r": 5, "c": 4}
    words = set(NOTATIONS[name].replace("~", " ").replace("=", " ").replace(":", " ").split())
    words |= set(" ".join(WHERE.get(name, {}).values()).split())
    hyper = {letter: Hyper(value, "") for letter, value in used.items() if letter in words}
    return Variant("throwaway", NOTATIONS[name], hyper=hyper, where=WHERE.get(name, {}))


@pytest.mark.parametrize("name", NOTATIONS)
def test_any_notation_builds_and_agrees_with_every_oracle(name):
    checked = 0
    for layer in LAYERS:
        for row in check(variant(name), layer, list(ORACLES.values())):
            assert row.get("ok") is not False, row
            checked += bool(row.get("ok"))
    wanted = len(LAYERS) - ("@" in NOTATIONS[name] and "up" in NOTATIONS[name])
    assert checked == wanted * len(ORACLES)
    assert "throwaway" not in VARIANTS


@pytest.mark.parametrize("name", NOTATIONS)
def test_it_trains(name):
    layer = PLAIN.replace(bias=True)
    torch.manual_seed(3)
    module = cm.torch.build(variant(name), layer)
    module(torch.randn(cm.torch.input_shape(layer))).sin().sum().backward()
    for path, parameter in module.named_parameters():
        assert parameter.grad is not None, path
        assert bool(parameter.grad.any()), path


def test_kinds_of_axes_become_batch_and_groups():
    module = cm.torch.build(variant("shared in the middle"), PLAIN.replace(groups=2))
    filters, mix = (m for m in module.modules() if isinstance(m, StageModule))
    assert (filters.conv.in_channels, filters.conv.groups) == (2, 2)  # m is in the batch
    assert tuple(filters.conv.weight.shape) == (2 * 3, 1, 3, 5)
    assert (mix.conv.in_channels, mix.conv.groups) == (12 * 3, 2)


@pytest.mark.parametrize("name", ["side by side", "dense", "residual"])
def test_a_bias_stands_once_per_output(name):
    layer = PLAIN.replace(bias=True)
    module = cm.torch.build(variant(name), layer)
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    biases = [p for path, p in module.named_parameters() if path.endswith("bias")]
    assert sum(p.numel() for p in biases) == layer.out_channels
    with torch.no_grad():
        for p in biases:
            p.fill_(1.0)
        y = module(torch.randn(cm.torch.input_shape(layer)))
    # the residual block's filters are zero, so that its identity passes the bias through
    assert torch.equal(y, torch.ones_like(y))


def test_the_module_of_a_single_stage_is_the_layer():
    for layer in LAYERS:
        module = cm.torch.build("standard", layer).double()
        (stage,) = (m for m in module.modules() if isinstance(m, StageModule))
        x = torch.randn(cm.torch.input_shape(layer), dtype=torch.float64)
        with torch.no_grad():
            assert torch.allclose(module(x), plain_layer(layer, stage.conv)(x), atol=1e-12)


def plain_layer(layer, conv):
    """The layer as a user of torch would write it, with the weights of a module."""
    options = {"stride": layer.stride, "groups": layer.groups, "dilation": layer.dilation}
    if layer.transposed:
        weight = conv.weight.reshape(layer.in_channels, -1, *layer.kernel)

        def run(x):
            y = nn.functional.conv_transpose2d(x, weight, **options)
            for dim, out in enumerate(layer.out_size, start=2):
                extra = y.shape[dim] - out  # cut off both ends, the odd position off the beginning
                y = y.narrow(dim, extra - extra // 2, out)
            return y + conv.bias.reshape(1, -1, 1, 1)

        return run
    weight = conv.weight.reshape(layer.out_channels, -1, *layer.kernel)
    pads = [value for pair in reversed(layer.pads) for value in pair]
    return lambda x: nn.functional.conv2d(nn.functional.pad(x, pads), weight, conv.bias, **options)


def test_a_wrong_number_of_channels_is_an_error():
    for name in ("pattern", "shuffle", "shared in the middle"):
        module = cm.torch.build(variant(name), PLAIN)
        with pytest.raises(RuntimeError):
            module(torch.randn(1, 24, 13, 18))


def test_other_batches_run():
    module = cm.torch.build(variant("shared in the middle"), PLAIN)
    assert module(torch.randn(5, 12, 13, 18)).shape == (5, 24, 13, 18)


def test_modules_move_between_devices_and_types():
    for name in NOTATIONS:
        module = cm.torch.build(variant(name), PLAIN)
        x = torch.randn(cm.torch.input_shape(PLAIN))
        with torch.no_grad():
            assert module.half().to(torch.bfloat16)(x.to(torch.bfloat16)).dtype == torch.bfloat16
            assert module.to("meta")(x.to("meta")).device.type == "meta"


def test_a_module_can_be_copied_saved_and_traced(tmp_path):
    import copy

    module = cm.torch.build(variant("neighbours"), PLAIN).eval()
    x = torch.randn(cm.torch.input_shape(PLAIN))
    torch.save(module.state_dict(), tmp_path / "weights.pt")
    other = cm.torch.build(variant("neighbours"), PLAIN).eval()
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    with torch.no_grad():
        y = module(x)
        assert torch.equal(other(x), y)
        assert torch.equal(copy.deepcopy(module)(x), y)
        exported = torch.export.export(module, (x,)).module()
        assert torch.allclose(exported(x), y, atol=1e-6)


def test_a_repeated_block_has_weights_of_its_own_each_time():
    module = cm.torch.build(variant("residual"), PLAIN)
    convolutions = [m.conv for m in module.modules() if isinstance(m, StageModule)]
    assert len(convolutions) == 3
    assert len({id(c.weight) for c in convolutions}) == 3


def test_what_does_not_fit_says_so():
    with pytest.raises(VariantError, match="allowed"):
        cm.torch.build(variant("down and up"), PLAIN.replace(transposed=True))
