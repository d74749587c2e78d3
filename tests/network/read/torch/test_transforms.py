"""Gradients and `torch.func`'s transforms: every product that they run, as the profiler says."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import (
    functional_call,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    stack_module_state,
    vjp,
    vmap,
)
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

import costmodel as cm
from costmodel.network.read.torch import run
from costmodel.network.read.torch.inputs import read_inputs
from tests.network.read.torch.profiled import profiled_macs


def layers():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 6))


class Mapped(nn.Module):
    """A module that runs its layers through some transform."""

    def __init__(self, transform):
        super().__init__()
        self.net = layers()
        self.transform = transform

    def forward(self, x):
        return self.transform(self.net, x)


def loss(net, x):
    return net(x).square().sum()


def by_autograd(net, x):
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(loss(net, x), x)[0]


def by_backward(net, x):
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        loss(net, x).backward()
    return x.grad


def of_parameters(net, x):
    own = dict(net.named_parameters())
    return grad(lambda p: functional_call(net, p, (x,)).square().sum())(own)


def of_each_sample(net, x):
    own = dict(net.named_parameters())
    one = grad(lambda p, row: functional_call(net, p, (row[None],)).square().sum())
    return vmap(one, (None, 0))(own, x)


TRANSFORMS = {
    "vmap": lambda net, x: vmap(net)(x),
    "vmap of rows": lambda net, x: vmap(vmap(net))(x),
    "grad": lambda net, x: grad(lambda y: loss(net, y))(x),
    "vmap of grad": lambda net, x: vmap(grad(lambda y: loss(net, y)))(x),
    "jvp": lambda net, x: jvp(net, (x,), (torch.ones_like(x),)),
    "vjp": lambda net, x: vjp(net, x)[1](torch.ones_like(net(x))),
    "jacrev": lambda net, x: jacrev(net)(x[0, :2]),
    "jacfwd": lambda net, x: jacfwd(net)(x[0, :2]),
    "hessian": lambda net, x: hessian(lambda y: loss(net, y))(x[0, 0]),
    "autograd": by_autograd,
    "backward": by_backward,
    "of parameters": of_parameters,
    "of each sample": lambda net, x: of_each_sample(net, x[0]),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_costs_what_the_profiler_lists(name):
    model = Mapped(TRANSFORMS[name]).eval()
    net = cm.from_torch(model, input_shape=(3, 4, 5))
    assert net.macs == profiled_macs(model, (3, 4, 5)) > 0
    assert not net.unmodelled
    assert net.params == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", ["vmap", "vmap of grad", "of each sample", "backward"])
def test_the_layers_alone_would_be_counted_short(name):
    """The cases above can fail: they multiply more than one pass through the layers does."""
    model = Mapped(TRANSFORMS[name]).eval()
    once = 4 * (5 * 7 + 7 * 6)
    assert profiled_macs(model, (3, 4, 5)) > once


class Ensemble(nn.Module):
    """Four networks as one, with stacked parameters, by way of a skeleton that has none."""

    def __init__(self):
        super().__init__()
        stacked, _ = stack_module_state([layers() for _ in range(4)])
        self.names = list(stacked)
        self.stacked = nn.ParameterList(nn.Parameter(p) for p in stacked.values())
        self.skeleton = [layers().to("meta")]

    def forward(self, x):
        own = dict(zip(self.names, self.stacked, strict=True))
        return vmap(lambda p: functional_call(self.skeleton[0], p, (x,)))(own)


def test_an_ensemble_multiplies_once_per_network_and_its_skeleton_has_no_parameters():
    model = Ensemble()
    net = cm.from_torch(model, input_shape=(3, 5))
    assert net.macs == profiled_macs(model, (3, 5)) == 4 * 3 * (5 * 7 + 7 * 6)
    assert net.params == sum(p.numel() for p in model.parameters())
    assert all(p.is_meta for p in model.skeleton[0].parameters())


def test_a_network_of_computed_weights_has_the_parameters_of_what_computes_them():
    class Hyper(nn.Module):
        def __init__(self):
            super().__init__()
            self.make = nn.Linear(4, 5 * 7 + 7)
            self.skeleton = [nn.Linear(5, 7)]

        def forward(self, x, z):
            made = self.make(z)
            own = {"weight": made[:35].view(7, 5), "bias": made[35:]}
            return functional_call(self.skeleton[0], own, (x,))

    model = Hyper()
    skeleton = model.skeleton[0]
    before = dict(skeleton.named_parameters())
    net = cm.from_torch(model, input_shape=((3, 5), (4,)))
    assert net.params == sum(p.numel() for p in model.parameters())
    assert net.macs == 4 * 42 + 3 * 5 * 7
    assert all(p is before[name] for name, p in skeleton.named_parameters())


# -- gradients of convolutions and attention -----------------------------------------------------
def gradients(product, wanted):
    """Some gradients of a product of tensors."""

    def forward(*tensors):
        with torch.enable_grad():
            tensors = [t.detach().requires_grad_(i in wanted) for i, t in enumerate(tensors)]
            return torch.autograd.grad(
                product(*tensors).square().sum(), [tensors[i] for i in wanted]
            )

    return forward


def counted_by_torch(forward, shapes):
    with FlopCounterMode(display=False) as counter:
        forward(*map(torch.rand, shapes))
    return counter.get_total_flops() // 2


@pytest.mark.parametrize(("wanted", "times"), [((0,), 2), ((1,), 2), ((0, 1), 3)])
@pytest.mark.parametrize(
    ("product", "weight", "macs"),
    [
        (lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=1), (6, 4, 3, 5), 24 * 15 * 6 * 11),
        (lambda x, w: F.conv2d(x, w, groups=2), (6, 2, 3, 5), 12 * 15 * 9 * 9),
        (lambda x, w: F.conv_transpose2d(x, w, stride=2), (4, 6, 3, 5), 24 * 15 * 11 * 13),
    ],
)
def test_each_gradient_of_a_convolution_multiplies_as_often_as_the_forward(
    product, weight, macs, wanted, times
):
    forward, shapes = gradients(product, wanted), ((2, 4, 11, 13), weight)
    net = cm.from_torch(forward, input_shape=shapes)
    assert net.macs == times * 2 * macs
    assert not net.unmodelled
    if weight[1] == 4:  # torch's counter forgets the groups, and the stride of a transposed one
        assert counted_by_torch(forward, shapes) == net.macs


def test_the_gradient_of_fused_attention_is_five_products():
    forward = gradients(F.scaled_dot_product_attention, (0,))
    shapes = ((2, 3, 9, 8), (2, 3, 11, 8), (2, 3, 11, 8))
    captured = run._on_cpu(forward, read_inputs(forward, shapes, None), "the test asks for it")
    macs = sum(op.macs for op in captured.ops)
    out = (2, 3, 9, 8)
    known = sdpa_flop_count(*shapes) + sdpa_backward_flop_count(out, *shapes)
    assert macs == known // 2 == 2 * 3 * 9 * 11 * 8 * (2 + 5)
