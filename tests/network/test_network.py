"""Operations, parameters and totals."""

import dataclasses

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.network.kinds import KINDS, Kind, Kinds
from costmodel.network.network import Network
from costmodel.network.operation import COUNTED, FREE, NOT_MODELLED, MatMul, NetOp, Parameter

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


def test_shared_tensors_count_once_in_the_network():
    shared = (Parameter(450, "weight", id="w"), Parameter(10, "bias", id="b"))
    ops = [
        NetOp("a", "conv", CONV, parameters=shared),
        NetOp("b", "conv", CONV, parameters=(shared[0], Parameter(9, "bias", id="other"))),
    ]
    net = Network("shared", tuple(ops))
    assert net.macs == 2 * ops[0].macs
    assert net.params == 450 + 10 + 9
    assert (net.weights, net.biases) == (450, 19)


def test_rows_add_up_to_the_total_although_tensors_are_shared():
    shared = (Parameter(450, "weight", id="w"),)
    net = Network("s", tuple(NetOp(n, "conv", CONV, parameters=shared) for n in "ab"))
    table = net.to_table()
    assert table.column("params") == [450, 0, 450]


def test_tensors_without_an_id_are_never_shared():
    net = Network("own", (NetOp.conv("a", CONV), NetOp.conv("b", CONV)))
    assert net.params == 900


def test_repeated_names_are_told_apart():
    names = ["a", "a", "b", "a#2", "a"]
    net = Network("n", tuple(NetOp(name, "shape", status=FREE) for name in names))
    assert len({op.name for op in net}) == 5
    assert net.ops[0].name == "a"
    assert net["b"].kind == "shape"


def test_an_unknown_name_is_refused_with_the_nearest():
    net = Network("n", (NetOp.conv("layer1.conv", CONV),))
    with pytest.raises(CostModelError, match=r"'layer1.con'.*'layer1.conv'"):
        net["layer1.con"]


def test_what_is_not_modelled_stays_visible():
    net = Network(
        "fft",
        (
            NetOp.conv("a", CONV),
            NetOp("b", "other", status=NOT_MODELLED, operator="fft"),
            NetOp("c", "other", status=NOT_MODELLED, operator="fft"),
            NetOp("d", "shape", status=FREE),
        ),
        notes=("read from a test",),
    )
    assert [op.name for op in net.unmodelled] == ["b", "c"]
    assert net.footnotes == (
        "read from a test",
        "2 operations are not modelled and in no total: fft ×2.",
    )
    table = net.to_table()
    assert table.column("layer") == ["a", "b", "c", "total"]
    assert table.rows[1]["macs"] is None
    assert table.rows[1]["status"] == NOT_MODELLED
    assert table.notes[-2:] == net.footnotes
    assert "not modelled" in repr(net)


def test_layers_are_what_multiplies():
    net = Network(
        "n",
        (
            NetOp.conv("a", CONV),
            NetOp("relu", "activation", work=5),
            NetOp.product("p", 2, 3, 4),
            NetOp("x", "matmul", status=NOT_MODELLED),
        ),
    )
    assert [op.name for op in net.layers] == ["a", "p"]


def test_operations_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(NetOp.conv("a", CONV), "name", "b")  # noqa: B010


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: NetOp("a", "convolution"), "unknown kind of operation 'convolution'"),
        (lambda: NetOp("a", "conv", status="done"), "unknown status 'done'"),
        (lambda: Parameter(3, "weights"), "unknown role of a parameter 'weights'"),
        (lambda: KINDS["conv2d"], "unknown kind of operation 'conv2d'"),
        (lambda: Network("n", ()).counted("weights"), "unknown role"),
    ],
)
def test_wrong_facts_are_one_sentence(make, words):
    with pytest.raises(CostModelError, match=words):
        make()


def test_a_kind_is_declared_once():
    registry = Kinds("kind")
    registry.add("x", Kind("x", "x", "x_ops", "x"))
    with pytest.raises(CostModelError, match="declared twice"):
        registry.add("x", Kind("x", "x", "x_ops", "x"))


def test_work_has_columns_of_its_own_that_totals_leave_out():
    net = Network(
        "n",
        (
            NetOp.conv("a", CONV),
            NetOp("bn", "norm", work=1540),
            NetOp("relu", "activation", work=1540, times=2),
            NetOp("pool", "pool", work=385),
            NetOp("add", "elementwise", work=77),
        ),
    )
    assert net.macs == net["a"].macs
    assert "norm_ops" not in net.to_table().columns
    total = net.to_table(KINDS.columns).rows[-1]
    assert [total[c] for c in KINDS.columns] == [1540, 3080, 385, 77]
    assert net["relu"].column == "activation_ops"
    assert net["relu"].status == COUNTED


def test_depthwise_is_one_filter_per_channel():
    assert NetOp.conv("a", CONV.replace(groups=6, out_channels=12)).depthwise
    assert not NetOp.conv("a", CONV).depthwise
    assert not NetOp.conv("a", CONV.replace(groups=1, in_channels=1)).depthwise
