"""Tables and trees of a network."""

from fractions import Fraction

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.metrics.metric import METRICS
from costmodel.network import columns, views
from costmodel.network.network import Network
from costmodel.network.operation import NetOp, Parameter

NET = cm.load("mobilenet")


def test_the_table_begins_with_the_promised_columns_and_ends_with_the_total():
    table = NET.to_table()
    assert table.names[:4] == ("layer", "kind", "params", "macs")
    assert {"weights", "biases", "norm_params"} <= set(table.names)
    last = table.rows[-1]
    assert (last["layer"], last["params"], last["macs"]) == ("total", NET.params, NET.macs)
    for column in ("params", "macs", "weights", "biases", "norm_params"):
        cells = table.column(column)
        assert sum(cells[:-1]) == cells[-1]
    assert last["params"] == last["weights"] + last["biases"] + last["norm_params"]


def test_columns_are_chosen_by_name():
    assert NET.to_table(["norm_params"]).names == (
        "layer",
        "kind",
        "params",
        "macs",
        "norm_params",
        "status",
    )
    assert NET.to_table("weights,biases").names[4:6] == ("weights", "biases")
    with pytest.raises(CostModelError, match="unknown metric of a network 'flop'"):
        NET.to_table(["flop"])


def test_every_metric_is_a_column():
    table = NET.to_table("all")
    assert set(METRICS) <= set(table.names)
    assert set(columns.names()) <= set(table.names)
    assert table.rows[-1]["macs"] == NET.macs


def test_work_that_no_line_speaks_of_is_empty_not_zero():
    total = NET.to_table("activation_ops").rows[-1]
    assert total["activation_ops"] is None
    net = Network("n", (NetOp("relu", "activation", work=7), NetOp.linear("fc", 3, 2)))
    table = net.to_table("activation_ops")
    assert table.column("activation_ops") == [7, None, 7]


def test_free_operations_appear_only_on_request():
    net = Network("n", (NetOp("view", "shape", status="free"), NetOp.linear("fc", 3, 2)))
    assert net.to_table().column("layer") == ["fc", "total"]
    assert net.to_table(everything=True).column("layer") == ["view", "fc", "total"]


@pytest.mark.parametrize("name", ["resnet18", "vit_b_16", "googlenet"])
def test_a_layer_has_one_name_in_every_view(name):
    net = cm.load(name)
    after = net.replace("channel_svd", "*", pays=False, r=2)
    names = [op.name for op in net]
    for of in (net, after):
        assert of.to_table("macs", everything=True).column("layer")[:-1] == names
        assert set(of.shares().column("layer")[:-1]) <= set(names)
        modules = views.tree_table(of).column("module")
        assert set(names) <= set(modules)
        counts = {row["module"]: row["macs"] for row in views.tree_table(of).rows}
        assert all(counts[op.name] >= op.macs for op in of)
    assert set(after.to_changes().column("layer")[:-1]) <= set(names)
    assert [op.name for op in net.at(N=2)] == names


def test_shares_fall_and_add_up():
    table = NET.shares()
    cells = table.column("macs")[:-1]
    assert cells == sorted(cells, reverse=True)
    assert table.rows[-2]["cumulative"] == 1
    assert sum(map(Fraction, cells)) == NET.macs
    assert table.rows[0]["share"] == cells[0] / NET.macs
    assert NET.shares("params").rows[-1]["params"] == NET.params


def test_by_kind():
    table = NET.by_kind()
    assert table.column("kind") == ["conv", "linear", "total"]
    assert table.column("operations")[:2] == [27, 1]
    assert sum(table.column("macs")[:-1]) == NET.macs
    assert sum(table.column("params_share")[:-1]) == pytest.approx(1)


def test_by_stage_at_two_depths():
    net = cm.load("resnet18")
    stages = net.by_stage()
    assert stages.column("stage") == [
        "conv1", "layer1", "layer2", "layer3", "layer4", "fc", "total",
    ]  # fmt: skip
    assert stages.rows[1]["macs"] == 462_422_016
    blocks = net.by_stage(depth=2)
    assert blocks.column("stage")[1:3] == ["layer1.0", "layer1.1"]
    assert sum(blocks.column("params")[:-1]) == net.params


def test_the_tree_sums_what_is_below():
    tree = NET.tree()
    assert (tree.params, tree.macs) == (NET.params, NET.macs)
    for _, node in tree.walk():
        if node.children:
            assert sum(child.macs for child in node.children) == node.macs
    conv5 = next(node for _, node in tree.walk() if node.path == "conv5")
    assert [child.name for child in conv5.children] == ["dw", "pw"]
    assert "    pw  params=" in str(tree)
    table = views.tree_table(NET)
    assert table.rows[-1]["module"] == "total"
    assert table.rows[-1]["macs"] == NET.macs
    assert {row["depth"] for row in table.rows} == {0, 1, 2}


def test_notes_state_the_convention_of_each_column():
    notes = NET.to_table().notes
    assert any(note.startswith("macs: ") and "padding zeros" in note for note in notes)
    assert len(notes) == len(columns.default())


def test_rows_add_up_to_the_total_although_tensors_are_shared():
    conv = cm.ConvLayer(kernel=(3, 5), in_channels=6, out_channels=10, size=(11, 14), groups=2)
    shared = (Parameter(450, "weight", id="w"),)
    net = Network("s", tuple(NetOp(n, "conv", conv, parameters=shared) for n in "ab"))
    table = net.to_table()
    assert table.column("params") == [450, 0, 450]


@pytest.mark.parametrize("name", views.VIEWS)
def test_every_view_ends_with_the_total_of_the_network(name):
    table = views.VIEWS[name].table(NET, ["macs"])
    assert "total" in table.rows[-1].values()
    assert table.rows[-1]["macs"] == NET.macs


def test_the_shares_are_of_one_column():
    shares = views.VIEWS["shares"].table
    assert shares(NET, "params") == NET.shares("params")
    assert shares(NET, None) == NET.shares("macs")
    with pytest.raises(CostModelError, match="shares of params, bops; allowed is one metric"):
        shares(NET, "params,bops")


@pytest.mark.parametrize("metric", ["bops", "biases", "norm_ops"])
def test_every_other_view_shows_the_columns_asked_for(metric):
    total = columns.total(NET, metric)
    for name in views.VIEWS.keys() - {"shares"}:
        table = views.VIEWS[name].table(NET, ["macs", metric])
        assert table.rows[-1].get(metric) == total, name
        assert metric in table.names
    done = NET.replace("channel_svd", "kernel=3", r=2)
    changed = views.VIEWS["layers"].table(done, [metric])
    assert changed.rows[-1].get(f"{metric}_before") == total
    assert changed.rows[-1].get(metric) == columns.total(done, metric)
    assert f"{metric}_ratio" in changed.names


def test_a_replacement_has_a_row_for_all_that_the_metric_asked_for_says_something_about():
    conv = cm.ConvLayer(3, 6, 10, (11, 14))
    norm = NetOp("n", "norm", work=1540, parameters=(Parameter(20, "norm"),))
    done = Network("s", (NetOp("a", "conv", conv), norm)).replace("channel_svd", r=2)
    assert done.to_table().column("layer") == ["a", "total"]
    table = done.to_table(["norm_ops"])
    assert table.column("layer") == ["a", "n", "total"]
    assert table.column("norm_ops") == [None, 1540, 1540]
    assert table.column("norm_ops_delta") == [None, 0, 0]
    assert table.column("status") == ["replaced", "", "1 of 1 replaced"]


def test_changes_need_a_replacement():
    with pytest.raises(CostModelError, match="nothing was replaced in mobilenet"):
        NET.to_changes()
