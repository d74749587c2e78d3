"""Figures of a network show its exact numbers, all of them, in its order."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.plots.network import (
    before_after,
    kind_shares,
    layer_bars,
    summary,
    treemap,
)
from costmodel.plots.palette import kind_color


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


def test_many_layers_are_the_largest_and_a_rest() -> None:
    net = cm.load("resnet50")
    figure = layer_bars(net, rows=11)
    values = {
        name: first_integer(text)
        for bar in figure.data
        for name, text in zip(bar.y, bar.customdata, strict=True)
    }
    assert len(values) == 11
    assert sum(values.values()) == net.macs
    largest = sorted((op.macs for op in net.ops if op.column == "macs"), reverse=True)[:10]
    assert sorted(values.values(), reverse=True)[1:] == largest  # the rest is more than any


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
