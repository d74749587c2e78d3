"""Every plain chain of stages is one convolution: with the kernel that its factors multiply to."""

import math

import pytest
import torch
from torch.nn import functional

import costmodel as cm
from costmodel.core.bind import bind
from costmodel.core.stage import BoundStage
from costmodel.core.stage_axes import GROUPS
from costmodel.errors import VariantError
from costmodel.torch.lowering import StageModule

LAYER = cm.ConvLayer((3, 5), 6, 12, (9, 13))
STRIDED = cm.ConvLayer((4, 3), 12, 24, (10, 11), stride=(2, 3), padding=(2, 1))


def chain(variant, layer):
    """The stages, where the variant is a chain of plain ones that see each spatial axis once."""
    try:
        bound = bind(variant, layer)
    except VariantError:
        return None
    items = bound.program.items
    if not all(isinstance(item, BoundStage) for item in items):
        return None
    windows = [letter for stage in items for letter in stage.line.windows]
    odd = any(a.tap for s in items for a in s.line.inputs)
    odd |= any(a.pattern or a.size for s in items for a in s.line.weights)
    odd |= any(s.line.options for s in items) or bool(variant.algorithm_of)
    return None if odd or len(windows) != len(set(windows)) else items


CHAINS = [v.id for v in cm.VARIANTS.values() if chain(v, LAYER) or chain(v, STRIDED)]


def dense(module):
    """One stage as a dense kernel (out channels, in channels, rows, columns).

    A channel axis that stands in input and output alike connects equal indices only.
    """
    line, axis_sizes = module.stage.line, module.axis_sizes
    labels = {}

    def label(*names):
        return "".join(labels.setdefault(name, chr(ord("a") + len(labels))) for name in names)

    ins, outs = [GROUPS, *line.input_names], [GROUPS, *line.output_names]
    weight = module.conv.weight.detach()
    weight = weight.reshape(*(axis_sizes[n] for n in module.weight_axes), *weight.shape[2:])
    operands = [weight]
    terms = [label(*(("weight", n) for n in module.weight_axes), "rows", "columns")]
    taps = ["rows", "columns"]
    for name in dict.fromkeys([*ins, *outs, *module.weight_axes]):
        ends = [("in", name)] * (name in ins) + [("out", name)] * (name in outs)
        ends += [("weight", name)] * (name in module.weight_axes)
        if name in line.windows:  # the channel picks the tap
            place = module.letters.index(name)
            ends.append(taps[place] + " picked")
            taps[place] += " picked"
        size = axis_sizes[name]
        equal = torch.zeros([size] * len(ends), dtype=torch.float64)
        equal[tuple(torch.arange(size) for _ in ends)] = 1
        operands.append(equal)
        terms.append(label(*ends))
    result = label(*(("out", n) for n in outs), *(("in", n) for n in ins), *taps)
    kernel = torch.einsum(",".join(terms) + "->" + result, *operands)
    sides = kernel.shape[len(outs) + len(ins) :]
    return kernel.reshape(
        math.prod(axis_sizes[n] for n in outs), math.prod(axis_sizes[n] for n in ins), *sides
    )


def composed(last, first):
    """The kernel of two convolutions in a row whose windows are over different axes."""
    both = torch.einsum("ocab,cixy->oiaxby", last, first)
    assert {1} <= {last.shape[2], first.shape[2]}
    assert {1} <= {last.shape[3], first.shape[3]}
    return both.flatten(4, 5).flatten(2, 3)


def test_most_variants_are_chains():
    assert len(CHAINS) >= 20
    assert {"cp", "tt", "two_dimensional", "shuffle_unit", "shared_basis"} <= set(CHAINS)


@pytest.mark.parametrize("variant", CHAINS)
def test_the_factors_multiply_to_a_kernel_that_does_the_same(variant):
    fitting = [layer for layer in (LAYER, STRIDED) if chain(cm.VARIANTS[variant], layer)]
    for layer in fitting:
        torch.manual_seed(1)
        module = cm.torch.build(variant, layer).double()
        kernel = None
        for stage in (m for m in module.modules() if isinstance(m, StageModule)):
            kernel = dense(stage) if kernel is None else composed(dense(stage), kernel)
        assert kernel is not None
        wanted = (layer.out_channels, layer.in_channels, *layer.kernel)
        assert tuple(kernel.shape) == wanted
        x = torch.randn(2, layer.in_channels, *layer.size, dtype=torch.float64)
        pads = [value for pair in reversed(layer.pads) for value in pair]
        with torch.no_grad():
            y = functional.conv2d(functional.pad(x, pads), kernel, stride=layer.stride)
            assert torch.allclose(module(x), y, rtol=1e-10, atol=1e-12)


def test_a_swapped_kernel_is_another_function():
    module = cm.torch.build("standard", cm.ConvLayer(3, 4, 6, (9, 13))).double()
    (stage,) = (m for m in module.modules() if isinstance(m, StageModule))
    x = torch.randn(1, 4, 9, 13, dtype=torch.float64)
    with torch.no_grad():
        y = functional.conv2d(x, dense(stage).transpose(2, 3), padding=1)
        assert not torch.allclose(module(x), y)
