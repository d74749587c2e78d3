"""What if: a variant in place of some layers."""

import re

import pytest

import costmodel as cm
from costmodel.errors import CostModelError, VariantError
from costmodel.network.change import (
    DOES_NOT_FIT,
    DOES_NOT_PAY,
    NO_WEIGHTS,
    Choice,
    read_replacement,
)
from costmodel.network.network import Network
from costmodel.network.operation import NetOp, Parameter
from costmodel.network.replace import fits, put_each
from costmodel.network.selection import Where, only, parse
from costmodel.network.views import VIEWS
from costmodel.network.what_if import compare

NET = cm.load("resnet18")


def layer(name):
    """The layer of one operation of `NET`."""
    found = NET[name].layer
    assert found is not None
    return found


def changed(net):
    return [change.before.name for change in net.replaced]


def test_each_layer_becomes_what_the_variant_counts_on_it():
    after = NET.replace("basis", b=3)
    assert len(after.replaced) == 17
    for change in after.replaced:
        counts = cm.count("basis", layer(change.before.name), b=3)
        now = after[change.before.name]
        assert now == change.after
        assert now.macs == counts.macs
        assert now.params == counts.params + change.before.norm_params
    untouched = [op for op in after if op.name not in changed(after)]
    assert [op.name for op in untouched] == [
        "layer2.0.downsample", "layer3.0.downsample", "layer4.0.downsample", "fc",
    ]  # fmt: skip
    saved = sum(c.before.macs - after[c.before.name].macs for c in after.replaced)
    assert after.macs == NET.macs - saved
    assert NET.macs == 1_814_073_344


def test_biases_and_normalisation_stay():
    after = cm.load("vgg16").replace("tucker2")
    assert after.biases == cm.load("vgg16").biases
    assert NET.replace("cp").norm_params == NET.norm_params


@pytest.mark.parametrize(
    "where, names",
    [
        ("layer4.1.*", ["layer4.1.conv1", "layer4.1.conv2"]),
        ("kernel=7", ["conv1"]),
        ("layer[34].0.*,kernel=3", [f"layer{s}.0.conv{c}" for s in (3, 4) for c in (1, 2)]),
        ("name=layer2.0.downsample", ["layer2.0.downsample"]),
        ("kind=linear", ["fc"]),
        ("share=6.5%", ["conv1"]),
        ("share=0.065", ["conv1"]),
        (re.compile(r"layer1\.\d\.conv1"), ["layer1.0.conv1", "layer1.1.conv1"]),
        (Where(kernel=(7, 7)), ["conv1"]),
        ({"name": "layer1.0.*", "windowed": True}, ["layer1.0.conv1", "layer1.0.conv2"]),
        (lambda op: op.layer.in_channels == 3, ["conv1"]),
    ],
)
def test_layers_are_selected_by_name_kernel_kind_and_share(where, names):
    assert changed(NET.replace("channel_svd", where, pays=False, r=2)) == names


def test_nothing_said_means_windows_that_are_not_depthwise():
    net = cm.load("mobilenet")
    assert changed(net.replace("grouped", pays=False, g=1)) == ["conv1"]


def test_where_it_does_not_pay_a_layer_is_left_alone_and_listed():
    after = NET.replace("channel_svd", r=60)
    left = {change.before.name: change for change in after.left_alone}
    assert set(left) == {"conv1", *(f"layer1.{i}.conv{j}" for i in (0, 1) for j in (1, 2))}
    assert left["conv1"].status == DOES_NOT_PAY
    macs = cm.count("channel_svd", layer("conv1"), r=60).macs
    assert left["conv1"].reason == f"macs {macs} instead of {NET['conv1'].macs}"
    assert after["conv1"] == NET["conv1"]
    assert after.macs < NET.replace("channel_svd", r=60, pays=False).macs


def test_paying_can_mean_parameters():
    after = NET.replace("winograd", by="params")
    assert after.left_alone
    assert not after.replaced


def test_where_it_does_not_fit_a_layer_is_left_alone_with_the_reason():
    after = cm.load("alexnet").replace("grouped", g=64)
    status = {c.before.name: c.status for c in after.changes}
    assert status["conv1"] == DOES_NOT_FIT
    assert status["conv3"] == "replaced"
    (reason,) = (c.reason for c in after.left_alone if c.before.name == "conv1")
    assert "not divisible" in reason


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: NET.replace("bassis"), "did you mean 'basis'"),
        (lambda: NET.replace("basis", r=3), "unknown hyper-parameter 'r': allowed are b"),
        (lambda: NET.replace("basis", b=0), "'b' of basis is 0; allowed"),
        (lambda: NET.replace("basis", "layer9.*"), "no layer of resnet18 is selected"),
        (lambda: NET.replace("basis", "kernel=three"), "kernel=three; allowed"),
        (lambda: NET.replace("basis", "kernal=3"), "unknown condition 'kernal'"),
        (lambda: NET.replace("basis", "share=2"), "share is 2; allowed"),
        (lambda: NET.replace("basis", "share=x"), "share=x; allowed"),
        (lambda: NET.replace("basis", "kind=convolution"), "unknown kind of operation"),
        (lambda: NET.replace("basis", "layer1.*,layer2.*"), "each once"),
        (lambda: NET.replace("basis", {"shape": 3}), "unknown condition 'shape'"),
        (lambda: NET.replace("basis", by="speed"), "unknown metric of a network 'speed'"),
    ],
)
def test_wrong_calls_are_one_sentence(call, words):
    with pytest.raises(CostModelError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_hyper_parameters_by_letter_or_with_the_variants_name():
    hyper = {"tucker2.r1": 9}
    assert NET.replace("tucker2", hyper=hyper) == NET.replace("tucker2", r1=9)


def test_a_second_replacement_goes_by_the_layer_that_was_there():
    twice = NET.replace("basis", b=2).replace("depthwise_separable")
    assert twice.macs == NET.replace("depthwise_separable").macs


def test_different_variants_in_different_places():
    first = NET.replace("depthwise_separable", "layer1.*")
    both = first.replace("cp", "layer4.*,kernel=3", r=16)
    assert both["layer1.0.conv1"] == first["layer1.0.conv1"]
    assert both.replacement.before == NET
    assert [v.id for v in both.replacement.variants] == ["depthwise_separable", "cp"]
    assert "depthwise_separable in place of 4, cp in place of 4 of 8 selected" in " ".join(
        both.footnotes
    )
    table = both.to_changes()
    assert [row["variant"] for row in table.rows[:-1]] == ["depthwise_separable"] * 4 + ["cp"] * 4
    cell = next(row for row in table.rows if row["layer"] == "layer4.1.conv1")
    assert (cell["hyper"], cell["size"], cell["in_channels"]) == ({"r": 16}, "7x7", 512)
    assert both.macs < first.macs


def test_values_may_follow_each_layer():
    after = NET.replace("tucker2", "layer4.*,kernel=3", pays=False, r1="m/4", r2="n/8")
    assert after["layer4.0.conv1"].bound.hyper == {"r1": 64, "r2": 64}
    assert after["layer4.0.conv2"].bound.hyper == {"r1": 128, "r2": 64}
    assert after.at(H=97, W=65)["layer4.0.conv2"].bound.hyper == {"r1": 128, "r2": 64}


def test_a_choice_for_each_layer_by_name():
    basis, cp = (
        Choice.of(cm.VARIANTS[id], hyper) for id, hyper in (("basis", {}), ("cp", {"r": 9}))
    )
    after = put_each(NET, {"layer4.1.conv1": cp, "conv1": basis})
    assert after == NET.replace("cp", "layer4.1.conv1", r=9).replace("basis", "conv1")
    with pytest.raises(CostModelError, match="unknown operation 'conv9'"):
        put_each(NET, {"conv9": cp})
    with pytest.raises(VariantError, match=r"conv1: .*not divisible"):
        put_each(NET, {"conv1": Choice.of(cm.VARIANTS["grouped"], {"g": 5})})


def test_only_layers_are_replaced():
    net = Network("p", (NetOp.product("scores", 3, 4, 5),))
    with pytest.raises(CostModelError, match="scores of p is of kind 'matmul'; allowed are conv"):
        put_each(net, {"scores": Choice(cm.VARIANTS["basis"])})


def test_layers_that_share_weights_still_share_what_replaces_them():
    small = cm.ConvLayer(3, 8, 12, (9, 10))
    shared = (Parameter(864, "weight", id="w"),)
    net = Network("s", tuple(NetOp(n, "conv", small, parameters=shared) for n in "ab"))
    after = net.replace("depthwise_separable")
    assert after.params == 9 * 8 + 8 * 12
    assert after.macs == 2 * cm.count("depthwise_separable", small).macs


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1,)])
def test_a_layer_with_a_computed_kernel_stays_as_it_is_and_stops_nothing(order):
    """First, last or alone, the trained layers of the selection are judged without it."""
    small = cm.ConvLayer(3, 8, 12, (9, 10))
    ops = (NetOp.conv("c1", small), NetOp("c1#2", "conv", small, parameters=()))
    net = Network("dynamic", tuple(ops[i] for i in order))
    after = net.replace("basis", b=2)
    assert changed(after) == [name for name in ("c1",) if 0 in order]
    (left,) = after.left_alone
    assert (left.before.name, left.status) == ("c1#2", NO_WEIGHTS)
    assert "computed in the forward" in left.reason
    assert after["c1#2"] == net["c1#2"]
    assert ("c1#2", left.said) in after.to_changes().skipped


def test_a_computed_kernel_hides_no_reason_of_the_layers_that_do_not_fit():
    small = cm.ConvLayer(3, 8, 12, (9, 10))
    net = Network("d", (NetOp("w", "conv", small, parameters=()), NetOp.conv("c", small)))
    with pytest.raises(VariantError, match="not divisible"):
        net.replace("grouped", g=5)


def test_runs_that_repeat_stay_repeated():
    small = cm.ConvLayer(3, 8, 12, (9, 10))
    net = Network("t", (NetOp.conv("a", small).replace(times=5),))
    assert net.replace("basis").macs == 5 * cm.count("basis", small).macs


def test_the_plan_says_what_stands_where():
    after = NET.replace("basis", "layer1.*", b=2).replace("cp", "layer4.1.*", r=9)
    assert {name: bound.variant.id for name, bound in after.plan.items()} == {
        **{f"layer1.{i}.conv{j}": "basis" for i in (0, 1) for j in (1, 2)},
        "layer4.1.conv1": "cp",
        "layer4.1.conv2": "cp",
    }
    assert after.plan["layer4.1.conv1"].hyper == {"r": 9}
    assert NET.plan == {}


def test_changes_list_both_costs_and_their_difference():
    after = NET.replace("channel_svd", r=60)
    table = after.to_changes()
    assert len(table) == 17 + 1
    row = next(r for r in table.rows if r["layer"] == "layer4.1.conv2")
    assert row["macs_before"] == cm.count("standard", layer("layer4.1.conv2")).macs
    assert row["macs"] == cm.count("channel_svd", layer("layer4.1.conv2"), r=60).macs
    assert row["macs_delta"] == row["macs"] - row["macs_before"]
    assert row["macs_ratio"] == row["macs"] / row["macs_before"]
    total = table.rows[-1]
    assert (total["layer"], total["macs"], total["macs_before"]) == ("total", after.macs, NET.macs)
    assert (total["params"], total["params_before"]) == (after.params, NET.params)
    assert total["status"] == "12 of 17 replaced"
    assert table.skipped == tuple((c.before.name, c.said) for c in after.left_alone)
    assert len(table.skipped) == 5


def test_the_whole_table_of_a_replaced_network_adds_up():
    after = cm.load("alexnet").replace("basis", b=2)
    table = after.to_table()
    assert table.names[:4] == ("layer", "kind", "params", "macs")
    assert sum(table.column("macs")[:-1]) == after.macs
    assert sum(table.column("params")[:-1]) == after.params
    assert after.to_table("norm_params").names[4] == "norm_params"


def test_the_formula_of_a_replaced_network():
    after = NET.replace("tucker2", "layer3.*,kernel=3", r1=20, r2=30)
    count = after.compiled()
    assert count(1, 224, 224) == after.macs
    for n, h, w in ((2, 65, 200), (3, 191, 97), (1, 448, 33)):
        assert count(n, h, w) == after.at(N=n, H=h, W=w).macs
        again = NET.at(N=n, H=h, W=w).replace(
            "tucker2", "layer3.*,kernel=3", pays=False, r1=20, r2=30
        )
        assert count(n, h, w) == again.macs


def test_a_replacement_that_replaced_nothing_keeps_what_was_replaced_before():
    first = NET.replace("basis", "layer1.*", b=2)
    both = first.replace("basis", "layer2.*,kernel=3", b=200)
    assert both.replaced == first.replaced
    assert {c.before.name[:6] for c in both.left_alone} == {"layer2"}
    again = both.at(H=97, W=65)
    assert again.macs == first.at(H=97, W=65).macs
    assert [c.status for c in again.changes] == [c.status for c in both.changes]
    assert both.formula() == first.formula()


@pytest.mark.parametrize(
    ("variant", "by", "paid"),
    [
        ("quantised", "macs", 0),
        ("quantised", "weight_bytes", 17),
        ("quantised", ("params", "bops"), 17),
        ("winograd", ("params", "weights"), 0),
        ("winograd", ("params", "macs"), 13),
    ],
)
def test_it_pays_in_the_metrics_that_are_asked_for(variant, by, paid):
    after = NET.replace(variant, by=by)
    assert len(after.replaced) == paid
    for change in after.left_alone:
        if change.status == DOES_NOT_PAY:
            for key in (by,) if isinstance(by, str) else by:
                assert f"{key} " in change.reason


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize(("letters", "replaced"), [({"r": 60}, 12), ({"r": 4000}, 0)])
def test_every_view_says_what_was_not_replaced(name, letters, replaced):
    after = NET.replace("channel_svd", **letters)
    table = VIEWS[name].table(after, ["weight_bytes"])
    (note,) = (n for n in table.notes if "in place of" in n)
    assert f"channel_svd in place of {replaced} of 17 selected layers" in note
    assert f"does not pay ×{17 - replaced}" in note
    assert [name for name, _ in table.skipped] == [c.before.name for c in after.left_alone]
    assert all(text.startswith(f"{name}: macs ") for name, text in table.skipped)


def test_columns_that_are_asked_for_stand_beside_what_became_of_each_layer():
    after = NET.replace("channel_svd", r=60)
    table = after.to_table("weight_bytes")
    assert table.names[4:6] == ("weight_bytes", "variant")
    assert table.names[-11:] == (
        *("weight_bytes_before", "weight_bytes_delta", "weight_bytes_ratio"),
        *("status", "reason", "hyper", "kernel", "in_channels", "out_channels", "size", "stride"),
    )
    rows = {row["layer"]: row for row in table.rows}
    assert rows["conv1"]["status"] == DOES_NOT_PAY
    assert rows["conv1"]["reason"].startswith("macs ")
    assert (rows["layer4.0.conv1"]["variant"], rows["layer4.0.conv1"]["status"]) == (
        "channel_svd",
        "replaced",
    )
    assert rows["fc"]["status"] == ""
    assert rows["total"]["status"] == "12 of 17 replaced"


@pytest.mark.parametrize("variant", [v.id for v in cm.VARIANTS.values() if v.place])
def test_a_variant_takes_only_the_place_that_it_is_made_for(variant):
    """On a layer alone it is counted; in a network it replaces only the layers it is meant for."""
    last = cm.ConvLayer((5, 6), 12, 9, (5, 6), padding="valid")
    small = last.replace(size=(8, 10))
    assert cm.count(variant, small).macs
    net = Network("n", (NetOp.conv("a", small), NetOp.conv("last", last)))
    after = net.replace(variant)
    assert changed(after) == ["last"]
    (left,) = after.left_alone
    assert (left.status, left.before.name) == (DOES_NOT_FIT, "a")
    assert "out_size of the layer is (4, 5); allowed is 1" in left.reason
    (row,) = compare(net, [variant]).rows
    assert (row["replaced"], row["left"]) == (1, 1)
    ((_, said),) = compare(net, [variant]).skipped
    assert said == left.said


def test_no_variant_of_the_catalogue_leaves_its_domain_in_a_network():
    for variant in cm.VARIANTS.values():
        try:
            after = NET.replace(variant, "*", pays=False)
        except VariantError:
            continue
        for change in after.replaced:
            layer = change.before.layer
            assert layer is not None
            for name, value in {**variant.domain, **variant.place}.items():
                actual = getattr(layer, name)
                assert {*actual} == {value} if isinstance(actual, tuple) else actual == value


def test_only_a_metric_of_layers_can_have_to_fall():
    with pytest.raises(CostModelError, match="pool_ops says nothing about layers"):
        NET.replace("basis", by="pool_ops", b=2)


def test_a_table_of_layers_has_no_formula():
    net = Network("list", NET.ops)
    with pytest.raises(CostModelError, match="list of layers at fixed sizes"):
        net.formula()
    with pytest.raises(CostModelError, match="list of layers at fixed sizes"):
        net.replace("basis").formula()


def test_conditions_as_text():
    assert parse("layer*, kernel=1x7, depthwise=no, share=1/50") == Where(
        name="layer*", kernel=(1, 7), depthwise=False, share=parse("share=2%").share
    )


def test_compare_gives_one_row_per_variant():
    table = compare(NET, b=2)
    assert table.column("variant") == list(cm.VARIANTS)
    assert table.names[:5] == ("variant", "params", "macs", "params_ratio", "macs_ratio")
    rows = {row["variant"]: row for row in table.rows}
    assert (rows["standard"]["macs"], rows["standard"]["macs_ratio"]) == (NET.macs, 1)
    after = NET.replace("basis", pays=False, b=2)
    assert (rows["basis"]["macs"], rows["basis"]["params"]) == (after.macs, after.params)
    assert rows["basis"]["macs_ratio"] == after.macs / NET.macs
    assert rows["basis"]["hyper"] == {"b": 2}
    for row in table.rows:
        assert row["replaced"] + row["left"] == 17
        assert row["conv_macs"] == row["macs"] - NET["fc"].macs


def test_compare_leaves_layers_alone_that_do_not_fit_and_counts_them():
    (row,) = compare(cm.load("alexnet"), ["grouped"], g=64).rows
    assert (row["replaced"], row["left"]) == (3, 2)
    (row,) = compare(NET, ["linear"]).rows
    assert (row["replaced"], row["left"], row["macs"]) == (0, 17, NET.macs)


def test_compare_needs_something_to_replace():
    net = Network("mlp", (NetOp.linear("fc", 5, 3),))
    with pytest.raises(CostModelError, match="no layer of mlp is selected"):
        compare(net)
    assert compare(net, ["channel_svd"], "kind=linear", r=1).rows[0]["replaced"] == 1


def test_what_people_print_is_one_line():
    net = NET.replace("basis", b=4)
    assert repr(net.replacement) == "<basis in place of 17 of 17 selected layers>"
    change = net.changes[1]
    assert repr(change) == "<layer1.0.conv1: <basis, b=4 on k=3 m=64 n=64 size=56x56 padding=1>>"
    assert all(len(line) < 120 for line in map(repr, (net, *net.changes, *net.plan.values())))
    left = cm.load("alexnet").replace("grouped", g=64).left_alone
    assert repr(left[0]) == f"<{left[0].said}>"


def test_a_variant_fits_where_one_of_the_layers_meant_takes_it():
    assert fits(NET, "linear", "kind=linear")
    assert not fits(NET, "linear")
    assert fits(NET, "winograd")
    assert not fits(NET, "winograd", "conv1")
    assert not fits(NET, "basis", "nothing*")
    with pytest.raises(CostModelError, match="kernel=many"):
        fits(NET, "basis", "kernel=many")


@pytest.mark.parametrize("name", ["a.b", "a[0].b", "a*b", "x,y=1", "a b;c"])
def test_a_selection_of_one_name_is_text_that_is_read_back(name):
    meant = parse(only(name))
    assert meant.selects(NET["conv1"].replace(name=name), NET.macs)
    assert not meant.selects(NET["conv1"].replace(name=f"{name}2"), NET.macs)
    assert Choice.of(cm.VARIANTS["cp"], {}) == read_replacement(f"{only(name)}=cp")[1]
