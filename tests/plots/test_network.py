"""Figures of a network show its exact numbers, all of them, in its order."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.plots.network import (
    Milliseconds,
    before_after,
    kind_shares,
    layer_bars,
    left_out,
)
from costmodel.plots.network_words import by_kind, by_module, by_replacing, summary, where_it_lies
from costmodel.plots.palette import kind_color, text_on
from costmodel.plots.treemap import treemap


@pytest.fixture(scope="module", params=["mobilenet", "resnet50"])
def net(request: pytest.FixtureRequest) -> Any:
    return cm.load(request.param)


def first_integer(text: str) -> int:
    found = re.search(r"-?[\d,]+", text)
    assert found
    return int(found.group().replace(",", ""))


@pytest.mark.parametrize("metric", ["macs", "params"])
def test_treemap_adds_up(net: Any, metric: str) -> None:
    (area,) = treemap(net, metric).data
    total = getattr(net, metric)
    assert sum(area.values) == total  # branchvalues "remainder": each sector has its own cost only
    assert first_integer(area.customdata[0]) == total  # and says what is inside
    exact = dict(zip(area.ids, map(first_integer, area.customdata), strict=True))
    for id, parent in zip(area.ids[1:], area.parents[1:], strict=True):
        assert exact[id] <= exact[parent]
    largest = max(net.ops, key=lambda op: op.macs)
    if metric == "macs":
        assert exact[f"{net.name} / {largest.name}"] == largest.macs


def test_names_that_other_names_begin_with_keep_their_own_cost() -> None:
    ops = (cm.load("mobilenet")["conv1"], cm.load("mobilenet")["fc"])
    net = cm.Network("two", (replace(ops[0], name="a"), replace(ops[1], name="a.b")))
    (area,) = treemap(net).data
    assert dict(zip(area.labels, area.values, strict=True)) == {
        "two": 0,
        "a": ops[0].macs,
        "b": ops[1].macs,
    }
    assert first_integer(area.customdata[1]) == net.macs


def test_bars_are_every_layer_in_order() -> None:
    net = cm.load("mobilenet")
    figure = layer_bars(net)
    shown = {
        name: first_integer(text)
        for bar in figure.data
        for name, text in zip(bar.y, bar.customdata, strict=True)
    }
    counted = {op.name: op.macs for op in net.ops if op.column == "macs"}
    assert shown == counted
    assert list(figure.layout.yaxis.categoryarray) == list(counted)
    assert {bar.marker.color for bar in figure.data} == {kind_color("conv"), kind_color("linear")}


def drawn(figure: Any) -> dict[str, int]:
    """The exact value that each bar of a cost says, by layer."""
    return {
        name: first_integer(text)
        for bar in figure.data
        if bar.xaxis != "x2" and bar.name != "before"
        for name, text in zip(bar.y, bar.customdata, strict=True)
    }


def test_of_many_layers_the_largest_are_drawn_and_the_rest_is_said() -> None:
    net = cm.load("resnet50")
    values = drawn(layer_bars(net, rows=11))
    largest = sorted((op.macs for op in net.ops if op.column == "macs"), reverse=True)
    assert sorted(values.values(), reverse=True) == largest[:11]
    said = left_out(net, rows=11)
    assert first_integer(said.partition("layers with")[2]) == sum(largest[11:])
    assert said.startswith(f"Not drawn: {len(largest) - 11} smaller layers")
    assert left_out(net, rows=len(largest)) == ""


def test_what_was_replaced_is_drawn_however_small_and_looks_different() -> None:
    net = cm.load("resnet50")
    small = min((op for op in net.ops if op.column == "macs"), key=lambda op: op.macs)
    after = net.replace("tucker2", small.name, pays=False).replace("basis", "layer4.*", b=3)
    figure = layer_bars(after, rows=3)
    values = drawn(figure)
    replaced = {change.before.name for change in after.replaced}
    assert replaced < set(values)
    assert {name: values[name] for name in replaced} == {n: after[n].macs for n in replaced}
    plain = {bar.marker.color for bar in layer_bars(net).data}
    for bar in figure.data:
        if set(bar.y) & replaced and bar.name != "before":
            assert bar.marker.color not in plain
            assert bar.marker.pattern.shape == "/"
            assert set(bar.y) <= replaced
            assert all("basis b=3" in text or "Tucker-2" in text for text in bar.text)
    (before,) = (bar for bar in figure.data if bar.name == "before")
    assert {
        name: first_integer(text) for name, text in zip(before.y, before.customdata, strict=True)
    } == {name: net[name].macs for name in replaced}
    (area,) = treemap(after).data
    at = list(area.ids).index(f"resnet50 / {small.name}")
    assert area.labels[at].startswith(f"{small.name.rpartition('.')[2]} → Tucker-2")
    assert area.marker.colors[at] not in plain


def test_times_stand_beside_the_costs_with_their_intervals() -> None:
    net = cm.load("vgg16")
    times = {op.name: Milliseconds(i + 2.5, i + 1.25, i + 7.0) for i, op in enumerate(net.layers)}
    beside = [bar for bar in layer_bars(net, times=times).data if bar.xaxis == "x2"]
    found = {}
    for bar in beside:
        ends = bar.error_x
        for name, x, up, down in zip(bar.y, bar.x, ends.array, ends.arrayminus, strict=True):
            found[name] = Milliseconds(x, x - down, x + up)
    assert found == times


def test_labels_of_the_treemap_can_be_read_on_their_colour(net: Any) -> None:
    (area,) = treemap(net).data
    assert list(area.textfont.color) == [text_on(color) for color in area.marker.colors]
    assert list(area.pathbar.textfont.color) == list(area.textfont.color)
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in area.marker.colors), "opaque"
    figure = treemap(net)
    assert figure.layout.margin.t >= area.pathbar.thickness, "the way back is in sight"


def test_titles_say_what_is_found() -> None:
    net = cm.load("vgg16")
    costs = sorted((op.macs for op in net.ops if op.column == "macs"), reverse=True)
    count = int(where_it_lies(net).partition(" of ")[0])
    assert 2 * sum(costs[:count]) >= net.macs > 2 * sum(costs[: count - 1])
    largest = max(net.ops, key=lambda op: op.params)
    share = f"{100 * largest.params / net.params:.3g} %"
    assert where_it_lies(net, "params") == f"{largest.name} alone has {share} of the Parameters"
    resnet = cm.load("resnet18")
    modules = {n: s.macs for n, s in ((c.path, c) for c in resnet.tree().children)}
    most = max(modules, key=modules.__getitem__)
    share = f"{100 * modules[most] / resnet.macs:.3g} %"
    assert by_module(resnet) == f"{most} has most of the MACs: {share}"
    convolutions = sum(op.macs for op in net.ops if op.kind == "conv")
    assert by_kind(net).startswith(f"Convolution: {100 * convolutions / net.macs:.3g} % of the")
    after = resnet.replace("basis", "layer1.0.conv1")
    assert "after replacing 1 layer: ×" in by_replacing(after)
    nothing = cm.Network("none", ())
    assert {by_module(nothing), by_kind(nothing), where_it_lies(nothing)} == {"No MACs in none"}


def test_shares_of_kinds_are_all_of_it(net: Any) -> None:
    figure = kind_shares(net)
    for place in (0, 1):
        assert sum(bar.x[place] for bar in figure.data) == pytest.approx(100)
    macs = {bar.name: first_integer(bar.customdata[0]) for bar in figure.data}
    assert macs["linear layer"] == sum(op.macs for op in net.ops if op.kind == "linear")


def test_waterfall_leads_from_before_to_after() -> None:
    net = cm.load("resnet50").replace("depthwise_separable")
    (fall,) = before_after(net).data
    numbers = [first_integer(text) for text in fall.customdata]
    assert numbers[0] == net.replacement.before.macs
    assert numbers[-1] == net.macs
    assert sum(numbers[:-1]) == net.macs
    assert list(fall.measure) == ["absolute", *["relative"] * (len(numbers) - 2), "total"]
    assert fall.y[-2].endswith("other layers")  # more were replaced than a figure can hold
    conv1 = list(fall.y).index("conv1")
    assert numbers[conv1] == net["conv1"].macs - net.replacement.before["conv1"].macs


def test_a_replacement_that_changes_nothing_is_two_bars() -> None:
    net = cm.load("mobilenet").replace("standard", where="conv1", pays=False)
    (fall,) = before_after(net).data
    assert list(fall.y) == ["before", "after"]


def test_names_of_a_file_are_text_and_not_markup() -> None:
    op = replace(cm.load("mobilenet")["conv1"], name="<img src=x>.a&b")
    net = cm.Network("<b>net</b>", (op,))
    (area,) = treemap(net).data
    assert "&lt;img src=x&gt;" in area.labels
    (bars,) = layer_bars(net).data
    assert bars.y[0] == "&lt;img src=x&gt;.a&amp;b"
    quoted = cm.Network("net", (replace(op, name='"a\'b"'),))
    assert treemap(quoted).data[0].labels[1] == layer_bars(quoted).data[0].y[0] == '"a\'b"'
    for text in (*area.labels, *area.ids, *area.customdata, *bars.y):
        assert "<img" not in text
        assert "<b>" not in text


def test_words_say_what_the_figures_show() -> None:
    net = cm.load("resnet50")
    assert "4,089,184,256" in summary(net)
    after = net.replace("depthwise_separable")
    assert "4,089,184,256" in summary(after)
    assert f"{after.macs:,}" in summary(after)


def test_an_unknown_metric_is_one_sentence() -> None:
    with pytest.raises(CostModelError, match="mac"):
        treemap(cm.load("mobilenet"), "mac")
