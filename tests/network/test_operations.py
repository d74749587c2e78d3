"""What a network runs: totals, parts, and the same at other sizes."""

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.network.kinds import KINDS
from costmodel.network.network import Network
from costmodel.network.operation import COUNTED, FREE, NOT_MODELLED, NetOp, Parameter
from costmodel.network.operations import Rebuild, Recount

CONV = cm.ConvLayer(kernel=(3, 5), in_channels=6, out_channels=10, size=(11, 14), groups=2)


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
    assert "norm_ops" not in net.to_table().names
    total = net.to_table(KINDS.columns).rows[-1]
    assert [total[c] for c in KINDS.columns] == [1540, 3080, 385, 77]
    assert net["relu"].column == "activation_ops"
    assert net["relu"].status == COUNTED


def test_an_unknown_role_is_refused():
    with pytest.raises(CostModelError, match="unknown role"):
        Network("n", ()).counted("weights")


def test_another_size_starts_from_the_last_one_and_keeps_the_type():
    def build(values):
        return Recount([NetOp.linear("fc", values["A"], values["B"])], ((1, values["A"]),))

    net = Network("n", (), rebuild=lambda: Rebuild({"A": 2, "B": 3}, build)).at(A=5).at(B=7)
    assert type(net) is Network
    assert (net.macs, net.input_shapes) == (35, ((1, 5),))
    assert net.rebuild().defaults == {"A": 5, "B": 7}
    with pytest.raises(CostModelError, match="unknown size 'C'"):
        net.at(C=1)
