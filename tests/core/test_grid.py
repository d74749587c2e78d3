"""Sizes of a layer and of every window in it, by brute force against PyTorch on the meta device."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.grid import Geometry
from costmodel.core.numbers import ceil_div
from costmodel.core.variant import VARIANTS
from costmodel.errors import LayerError, VariantError

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
F = torch.nn.functional

# PyTorch's remark that even kernels with "same" are slow says nothing about sizes
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def torch_size(facts: dict[str, Any], device: str = "meta") -> tuple[int, ...]:
    """The output size that PyTorch gives a layer of these facts; raises as PyTorch does."""
    groups, dims = facts.get("groups", 1), len(facts["size"])
    m, n = facts["in_channels"], facts["out_channels"]

    def per_axis(name: str, default: int) -> Any:
        value = facts.get(name, default)
        return value if isinstance(value, tuple | str) else (value,) * dims

    options: dict[str, Any] = {
        "stride": per_axis("stride", 1),
        "padding": per_axis("padding", 0),
        "dilation": per_axis("dilation", 1),
        "groups": groups,
    }
    with torch.device(device), torch.no_grad():
        x = torch.empty((facts.get("batch", 1), m, *facts["size"]))
        if facts.get("transposed"):
            weight = torch.empty((m, n // groups, *per_axis("kernel", 1)))
            options["output_padding"] = per_axis("output_padding", 0)
            y = CONV_TRANSPOSED[dims](x, weight, **options)
        else:
            weight = torch.empty((n, m // groups, *per_axis("kernel", 1)))
            y = CONV[dims](x, weight, **options)
    assert y.shape[:2] == (facts.get("batch", 1), n)
    return tuple(y.shape[2:])


def random_facts(draw: random.Random, dims: int, transposed: bool) -> dict[str, Any]:
    def each(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw.randint(low, high) for _ in range(dims))

    groups = draw.choice([1, 1, 2, 3])
    facts: dict[str, Any] = {
        "kernel": each(1, 6),
        "in_channels": 2 * groups,
        "out_channels": 5 * groups,
        "size": each(1, 12),
        "stride": each(1, 4),
        "padding": each(0, 4),
        "dilation": each(1, 3),
        "groups": groups,
        "batch": draw.choice([1, 2]),
        "transposed": transposed,
    }
    if transposed:
        facts["output_padding"] = each(0, 3)
    elif draw.random() < 0.3:
        facts["padding"] = draw.choice(["same", "valid"])
    return facts


def assert_one_sentence(error: Exception) -> None:
    assert "\n" not in str(error)
    assert "; allowed " in str(error)


def assert_refused_by_torch(facts: dict[str, Any]) -> None:
    """PyTorch raises as well, or gives an empty result, which is no layer of a network."""
    try:
        size = torch_size(facts, "cpu")
    except RuntimeError:
        return
    assert 0 in size, facts


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_layers_have_pytorch_s_sizes_or_are_refused_like_there(dims: int, transposed: bool) -> None:
    draw = random.Random(f"{dims} {transposed}")
    # the meta device gives sizes, but lets pass some output paddings that a real one refuses
    device = "cpu" if transposed else "meta"
    agreed = refused = 0
    for _ in range(400):
        facts = random_facts(draw, dims, transposed)
        try:
            layer = cm.ConvLayer(**facts)
        except LayerError as error:
            assert_one_sentence(error)
            assert_refused_by_torch(facts)
            refused += 1
            continue
        if facts["padding"] == "same" and set(facts["stride"]) != {1}:
            # PyTorch has no name for it; ours is documented as ⌈size / stride⌉
            assert layer.out_size == tuple(map(ceil_div, layer.size, layer.stride))
        else:
            assert layer.out_size == torch_size(facts, device), facts
        agreed += 1
    assert agreed > 100
    assert refused > 20


@pytest.mark.parametrize("padding", ["same", "valid", 0, 1, 3])
def test_one_axis_exhaustively(padding: Any) -> None:
    for size, kernel, stride, dilation in itertools.product(
        range(1, 9), range(1, 6), range(1, 4), range(1, 4)
    ):
        facts: dict[str, Any] = {"in_channels": 2, "out_channels": 3, "size": (size,)}
        facts |= {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
        try:
            layer = cm.ConvLayer(**facts)
        except LayerError:
            assert padding != "same"
            reach = dilation * (kernel - 1) + 1
            assert size + 2 * (0 if padding == "valid" else padding) < reach
            continue
        if padding == "same" and stride > 1:
            assert layer.out_size == (ceil_div(size, stride),)
        else:
            assert layer.out_size == torch_size(facts)


def test_even_kernels_with_same_padding_keep_the_grid() -> None:
    for kernel, dilation in itertools.product((2, 4, 6), (1, 2, 3)):
        facts: dict[str, Any] = {"in_channels": 2, "out_channels": 3, "size": (13, 10)}
        facts["padding"] = "same"
        layer = cm.ConvLayer(kernel=kernel, dilation=dilation, **facts)
        expected = torch_size({**facts, "kernel": kernel, "dilation": dilation})
        assert layer.out_size == expected == (13, 10)
        low, high = layer.pads[0]
        assert high - low == (dilation * (kernel - 1)) % 2


# -- every window of every variant ---------------------------------------------------------------
def axis_size(geometry: Geometry) -> int:
    """The outputs of one window along one axis, as PyTorch computes them after explicit padding."""
    low, high = geometry.pads
    with torch.device("meta"):
        x = torch.empty((1, 1, geometry.size))
        weight = torch.empty((1, 1, geometry.kernel))
        step = {"stride": geometry.stride, "dilation": geometry.dilation}
        if geometry.transposed:
            y = F.pad(F.conv_transpose1d(x, weight, **step), (-low, -high))
        else:
            y = F.conv1d(F.pad(x, (low, high)), weight, **step)
    return int(y.shape[-1])


LAYERS = [
    facts
    for dims, transposed in itertools.product((1, 2, 3), (False, True))
    for draw in [random.Random(f"stages {dims} {transposed}")]
    for facts in [random_facts(draw, dims, transposed) for _ in range(60)]
]


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda v: v.id)
def test_every_stage_has_the_size_that_pytorch_gives_it(variant: cm.Variant) -> None:
    checked = 0
    for facts, (m, n) in zip(LAYERS, itertools.cycle([(24, 12), (12, 24)]), strict=False):
        channels = {"in_channels": m * facts["groups"], "out_channels": n * facts["groups"]}
        try:
            bound = bind(variant, cm.ConvLayer(**{**facts, **channels, **variant.domain}))
        except (LayerError, VariantError):
            continue
        for stage in bound.stages:
            for geometry in stage.geometry:
                assert axis_size(geometry) == geometry.out, (facts, stage.line.text)
                checked += 1
    assert checked >= 4


def test_this_check_can_fail() -> None:
    good = Geometry(3, 2, 1, (1, 1), 11, 6)
    assert axis_size(good) == good.out == good.reached
    wrong = Geometry(3, 2, 1, (0, 0), 11, 6)
    assert axis_size(wrong) == wrong.reached != wrong.out
    back = Geometry(3, 2, 1, (1, 0), 6, 12, True)
    assert axis_size(back) == back.reached == 12
