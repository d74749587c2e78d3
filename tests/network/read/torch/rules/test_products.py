"""Products that are rarely written: each counted as its loops run, or visibly not modelled."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch._higher_order_ops.map import map as map_rows
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop
from torch.utils.flop_counter import FlopCounterMode

import costmodel as cm
from tests.network.read.torch.profiled import profiled_macs

A, B, C = torch.rand(5, 7), torch.rand(2, 5, 7), torch.rand(5, 5)


def one(function, *shapes):
    """The network of a function; nothing in it may be left out."""
    net = cm.from_torch(function, input_shape=shapes)
    assert not net.unmodelled
    return net


# -- in place, and into a given tensor -----------------------------------------------------------
IN_PLACE = {
    "addmm_": (lambda x: x.new_zeros(3, 7).addmm_(x, A), (3, 5), 3 * 5 * 7),
    "addmm_ on a constant": (lambda x: torch.zeros(3, 7).addmm_(x, A), (3, 5), 3 * 5 * 7),
    "baddbmm_": (lambda x: x.new_zeros(2, 3, 7).baddbmm_(x, B), (2, 3, 5), 2 * 3 * 5 * 7),
    "addbmm_": (lambda x: x.new_zeros(3, 7).addbmm_(x, B), (2, 3, 5), 2 * 3 * 5 * 7),
    "addmv_": (lambda x: x.new_zeros(3).addmv_(x, torch.ones(5)), (3, 5), 3 * 5),
    "mm.out": (lambda x: torch.mm(x, A, out=torch.empty(3, 7)) + 1, (3, 5), 3 * 5 * 7),
    "bmm.out": (lambda x: torch.bmm(x, B, out=x.new_empty(2, 3, 7)), (2, 3, 5), 2 * 3 * 5 * 7),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_products_into_a_tensor_that_is_there(name):
    function, shape, macs = IN_PLACE[name]
    net = one(function, shape)
    assert net.macs == macs
    if name != "addmv_":  # torch's counter knows no vectors
        with FlopCounterMode(display=False) as counter:
            function(torch.rand(shape))
        known = counter.get_total_flops() // 2
        assert known in (macs, 0)  # nor the in-place forms


def test_a_product_into_a_tensor_gives_that_tensor():
    def forward(x):
        held = x.new_zeros(3, 7)
        out = held.addmm_(x, A)
        assert out is held
        return held @ A.T

    assert one(forward, (3, 5)).macs == 2 * 3 * 5 * 7


def test_a_product_into_a_buffer_leaves_it_alone():
    class Keeping(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("held", torch.zeros(3, 7))

        def forward(self, x):
            return self.held.addmm_(x, A) * 2

    model = Keeping()
    assert one(model, (3, 5)).macs == 3 * 5 * 7
    assert not model.held.any()


# -- convolutions and products of three ----------------------------------------------------------
def test_conv_tbc_counts_by_loops():
    weight, bias = nn.Parameter(torch.rand(3, 5, 7)), nn.Parameter(torch.rand(7))
    net = one(lambda x: torch.conv_tbc(x, weight, bias, 2), (9, 4, 5))
    macs = sum(1 for _ in itertools.product(range(9 + 4 - 2), range(4), range(3 * 5 * 7)))
    assert net.macs == macs
    assert (net.weights, net.biases) == (3 * 5 * 7, 7)
    assert net.macs == one(lambda x: F.conv1d(x, torch.ones(7, 5, 3), padding=2), (4, 5, 9)).macs


def test_bilinear_is_two_products():
    """First the rows with the weight, for every output; then the result with the other rows."""
    layer = nn.Bilinear(5, 4, 6)
    net = one(layer, (3, 2, 5), (3, 2, 4))
    assert net.macs == 6 * (6 * 5 * 4) + 6 * (6 * 4)
    assert net.params == 6 * 5 * 4 + 6
    assert net.layers[0].kind == "linear"
    assert net.macs == profiled_macs(layer, (3, 2, 5), (3, 2, 4))


def test_an_outer_product_is_elementwise():
    net = one(lambda x: torch.zeros(3, 5).addr(x[:, 0], x[0]), (3, 5))
    assert [op.work for op in net.ops if op.operator == "aten.addr"] == [15]


# -- control flow --------------------------------------------------------------------------------
def test_control_flow_counts_the_bodies_as_often_as_they_run():
    def branch(x):
        return torch.cond(x.sum() > -1, lambda y: y @ A, lambda y: (y @ C) @ A, (x,))

    assert one(branch, (3, 5)).macs == 3 * 5 * 7

    def loop(x):
        return while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y @ C), (torch.tensor(0), x))[1]

    assert one(loop, (3, 5)).macs == 4 * 3 * 5 * 5
    assert one(lambda x: map_rows(lambda row, w: w @ row, x, C), (3, 5)).macs == 3 * 5 * 5

    def scanned(x):
        return scan(lambda c, row: (c + C @ row, row.clone()), torch.zeros(5), x)[0]

    assert one(scanned, (3, 5)).macs == 3 * 5 * 5


def test_the_bodies_use_the_models_own_layers():
    class Looping(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(5, 5)

        def forward(self, x):
            start = (torch.tensor(0), x)
            return while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, self.layer(y)), start)[1]

    net = one(Looping(), (3, 5))
    assert net.macs == 3 * 3 * 5 * 5
    assert net.params == 30


def test_what_has_no_rule_stays_visible():
    net = cm.from_torch(lambda x: torch.linalg.inv(x) + torch.matrix_exp(x), input_shape=(5, 5))
    assert {"aten.linalg_inv_ex", "aten.linalg_matrix_exp"} <= {o.operator for o in net.unmodelled}
