"""Operations and their parameters."""

import dataclasses

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.network.operation import MatMul, NetOp, Parameter

CONV = cm.ConvLayer(kernel=(3, 5), in_channels=6, out_channels=10, size=(11, 14), groups=2)


def test_a_convolution_counts_by_the_standard_rules():
    op = NetOp.conv("a", CONV.replace(bias=True), norm=20)
    assert op.kind == "conv"
    assert (op.weights, op.biases, op.norm_params) == (3 * 5 * 3 * 10, 10, 20)
    assert op.macs == 3 * 5 * 3 * 10 * 11 * 14
    assert op.params == 450 + 10 + 20


def test_batch_multiplies_work_but_not_parameters():
    one, three = NetOp.conv("a", CONV), NetOp.conv("a", CONV.replace(batch=3))
    assert three.macs == 3 * one.macs
    assert three.params == one.params


def test_a_transposed_convolution_is_a_kind_of_its_own_and_counts_on_its_input():
    op = NetOp.conv("up", CONV.replace(transposed=True, stride=2))
    assert op.kind == "conv_transpose"
    assert op.macs == 450 * 11 * 14


def test_a_linear_layer_counts_every_position():
    op = NetOp.linear("fc", 12, 7, positions=5, batch=3)
    assert op.macs == 12 * 7 * 5 * 3
    assert (op.weights, op.biases) == (84, 7)
    assert NetOp.linear("fc", 12, 7, bias=False).biases == 0


def test_a_matrix_product_has_work_and_no_parameters():
    op = NetOp.product("attention", rows=4, inner=8, columns=5, batch=6)
    assert op.macs == 4 * 8 * 5 * 6 == MatMul(6, 4, 8, 5).macs
    assert op.params == 0


def test_times_multiplies_work_but_not_parameters():
    op = NetOp.conv("a", CONV).replace(times=3)
    assert op.macs == 3 * NetOp.conv("a", CONV).macs
    assert op.params == NetOp.conv("a", CONV).params


def test_given_multiplies_take_the_place_of_derived_ones():
    assert NetOp.conv("a", CONV, given_macs=77).macs == 77


def test_operations_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(NetOp.conv("a", CONV), "name", "b")  # noqa: B010


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: NetOp("a", "convolution"), "unknown kind of operation 'convolution'"),
        (lambda: NetOp("a", "conv", status="done"), "unknown status 'done'"),
        (lambda: Parameter(3, "weights"), "unknown role of a parameter 'weights'"),
    ],
)
def test_wrong_facts_are_one_sentence(make, words):
    with pytest.raises(CostModelError, match=words):
        make()


def test_depthwise_is_one_filter_per_channel():
    assert NetOp.conv("a", CONV.replace(groups=6, out_channels=12)).depthwise
    assert not NetOp.conv("a", CONV).depthwise
    assert not NetOp.conv("a", CONV.replace(groups=1, in_channels=1)).depthwise
