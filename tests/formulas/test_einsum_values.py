"""Stage formulas as they are printed, worked out index by index: what the modules compute."""

from __future__ import annotations

import itertools
import random
import re

import numpy as np
import pytest

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.taps import channel_indices, pattern_of
from costmodel.errors import CostModelError
from costmodel.formulas.einsum import einsum_formula
from tests.formulas.sampling import CATALOGUE

torch = pytest.importorskip("torch", reason="no torch: pip install torch")

from costmodel.torch.lowering import StageModule  # noqa: E402
from costmodel.torch.modules import VariantModule  # noqa: E402

_PRINTED = re.compile(r"Y\[(.*)\] (\+?=) (?:Σ_\{(.*)\} )?W\[(.*)\] X\[(.*)\]")


def small(variant, tries=400):
    """A bound variant on a layer of any stride, dilation and padding, small enough for loops."""
    draw = random.Random(f"printed {variant.id}")
    for _ in range(tries):
        dims = draw.choice(sorted(variant.dims))
        transposed = bool(variant.domain.get("transposed", draw.random() < 0.2))
        facts = {
            "kernel": tuple(draw.sample([1, 2, 3, 4], dims)),
            "in_channels": draw.choice([4, 6, 8]),
            "out_channels": draw.choice([4, 6, 8, 12]),
            "size": tuple(draw.sample([6, 7, 8, 9], dims)),
            "stride": tuple(draw.sample([1, 2, 3], dims)),
            "dilation": tuple(draw.sample([1, 2, 3], dims)),
            "padding": draw.choice(["same", tuple(draw.sample([0, 1, 2], dims))]),
            "transposed": transposed,
        }
        for simpler in ({}, {"stride": 1, "dilation": 1, "kernel": 3}):
            try:
                facts |= simpler
                return bind(variant, cm.ConvLayer(**{**facts, **variant.domain}))
            except CostModelError:
                continue
    raise AssertionError(f"no small layer for {variant.id}")


def weight_of(module, names):
    """W by its printed names: window letters that the kernel has no longer have one tap."""
    stage, weight = module.stage, module.conv.weight.detach().double().numpy()
    places, taps = pattern_of(stage)
    kernel = dict(zip(module.letters, weight.shape[2:], strict=True))
    own = [letter for letter in module.letters if kernel[letter] > 1]
    shape = [module.axis_sizes[name] for name in module.weight_axes]
    weight = weight.reshape(*shape, *(kernel[letter] for letter in own))
    have = [*module.weight_axes, *own]
    letters = [module.letters[place] for place in places]
    extra = [name for name in have if name not in names]
    if taps:  # its axis of taps, spread over the window that they are taps of
        (axis,) = (have.index(n) for n in extra if module.axis_sizes.get(n) == len(taps))
        extents = [int(stage.geometry[place].kernel) for place in places]
        spread = np.zeros((*extents, *weight.shape[:axis], *weight.shape[axis + 1 :]))
        for number, tap in enumerate(taps):
            spread[tap] = weight.take(number, axis)
        weight, have = spread, [*letters, *have[:axis], *have[axis + 1 :]]
    for name in [n for n in have if n not in names]:
        axis = have.index(name)
        assert weight.shape[axis] == 1, name  # the layer's groups
        weight, have = weight.squeeze(axis), have[:axis] + have[axis + 1 :]
    for name in [n for n in names if n not in have]:
        weight, have = weight[..., None], [*have, name]
    return weight.transpose([have.index(name) for name in names])


def worked_out(printed, module, x):
    """The printed sum for every value of every index: what lies outside of X or Y is nothing."""
    stage = module.stage
    left, sign, _, middle, right = _PRINTED.fullmatch(printed).groups()
    names = middle.split(",") if middle else []
    weight = weight_of(module, names)
    dims = len(stage.geometry)
    scatters = [g.transposed for g in stage.geometry]
    assert (sign == "+=") == any(scatters)
    extents = dict(zip(names, weight.shape, strict=True))
    for axis in stage.line.inputs:
        sizes = axis.names if axis.tap else (axis.key,)
        extents |= {name: int(stage.sizes[name]) for name in sizes}
    outputs, inputs = left.split(","), right.split(",")
    for place, g in zip(range(-dims, 0), stage.geometry, strict=True):
        position, extent = (inputs, g.size) if g.transposed else (outputs, g.out)
        assert position[place] not in extents, "a position has a letter of its own"
        extents[position[place]] = int(extent)
    every = np.indices(tuple(extents.values())).reshape(len(extents), -1)
    index = dict(zip(extents, every, strict=True))

    def at(term):
        for sign in "+~±":
            parts = term.split(sign)
            windows = [a for a in stage.line.inputs if a.tap and list(a.names) == parts]
            if windows:
                table = np.array(channel_indices(stage, windows[0]))
                return table[index[parts[0]], index[parts[1]]]
        total = 0
        for number, name in re.findall(r"([-+]?\d*)([^\W\d]\w*)?", term):
            if number or name:
                factor = int(number + "1" if number in ("", "+", "-") else number)
                total = total + factor * (index[name] if name else 1)
        return total

    shape_in = [*(int(stage.sizes[a.key]) for a in stage.line.inputs), *map(int, stage.in_grid)]
    shape_out = [*(int(stage.sizes[n]) for n in stage.line.output_names), *map(int, stage.out_grid)]
    reads, writes = list(map(at, inputs)), list(map(at, outputs))
    kept = np.ones(len(next(iter(index.values()))), bool)
    for places, shape in ((reads, shape_in), (writes, shape_out)):
        for place, extent in zip(places, shape, strict=True):
            kept &= (place >= 0) & (place < extent)
    x, y = x.reshape(shape_in), np.zeros(shape_out)
    values = weight[tuple(index[name][kept] for name in names)]
    values = values * x[tuple(place[kept] for place in reads)]
    np.add.at(y, tuple(place[kept] for place in writes), values)
    return y.reshape(-1, *shape_out[len(shape_out) - dims :])


def stages_of(variant):
    module = VariantModule(small(variant)).double()
    return [each for each in module.modules() if isinstance(each, StageModule)]


def differs(module, printed):
    stage = module.stage
    x = torch.randn(1, int(stage.in_channels), *map(int, stage.in_grid), dtype=torch.float64)
    with torch.no_grad():
        expected = module(x)[0].numpy()
    return abs(worked_out(printed, module, x.numpy()) - expected).max()


@pytest.mark.parametrize("variant", CATALOGUE, ids=lambda variant: variant.id)
def test_what_is_printed_is_what_is_computed(variant):
    for module in stages_of(variant):
        assert differs(module, einsum_formula(module.stage)) < 1e-9, module.stage.line.text


def test_another_position_is_another_result():
    variant = cm.VARIANTS["standard"]
    layer = cm.ConvLayer(3, 4, 6, (9, 7), stride=(2, 1), dilation=(1, 2), padding=(1, 2))
    module = VariantModule(bind(variant, layer)).double().modules()
    (stage,) = (each for each in module if isinstance(each, StageModule))
    printed = einsum_formula(stage.stage)
    assert printed == "Y[n,y,x] = Σ_{m,i,j} W[n,m,i,j] X[m,2y+i-1,x+2j-2]"
    assert differs(stage, printed) < 1e-9
    for right, wrong in itertools.pairwise(("2y+i-1", "y+i-1", "2y+2i-1", "2y+i", "2y-1")):
        printed = printed.replace(right, wrong, 1)
        assert differs(stage, printed) > 1e-3
