"""What each variant would save where is what replacing that one layer saves."""

from __future__ import annotations

import random

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.network.savings import savings


@pytest.mark.parametrize("metric", ["macs", "params", "activations"])
@pytest.mark.parametrize("name", ["alexnet", "squeezenet", "vgg11"])
def test_a_cell_is_what_replacing_that_layer_alone_saves(name, metric):
    net = cm.load(name)
    table = savings(net, metric)
    rows = {(row["layer"], row["variant"]): row for row in table.rows}
    chance = random.Random(f"{name} {metric}")
    for layer, variant in chance.sample(sorted(rows), 25):
        after = net.replace(variant, where=layer, pays=False)
        row = rows[layer, variant]
        column = cm.network.columns.column(metric)
        then, now = (column.value(n[layer], n[layer].tensors) for n in (net, after))
        assert (row[f"{metric}_before"], row[metric]) == (then, now)
        assert row[f"{metric}_saved"] == then - now
        whole = cm.network.columns.total(net, metric)
        assert row["share_saved"] * whole == pytest.approx(then - now, abs=1e-6 * whole)
        assert row["hyper"] == dict(after[layer].bound.hyper)


def test_every_pair_that_fits_is_there_and_no_other():
    net = cm.load("alexnet")
    found = {(row["layer"], row["variant"]) for row in savings(net).rows}
    for op in net.layers:
        for variant in cm.VARIANTS:
            try:
                fits = bool(net.replace(variant, where=op.name, pays=False).replaced)
            except CostModelError:
                fits = False
            expected = fits and variant != cm.VARIANTS.baseline.id
            assert ((op.name, variant) in found) == expected


def test_savings_are_of_the_network_before_anything_was_replaced():
    net = cm.load("resnet18")
    after = net.replace("basis", where="layer1.*")
    assert savings(after, variants=["cp"]).rows == savings(net, variants=["cp"]).rows


def test_of_many_layers_those_that_cost_most():
    net = cm.load("mobilenet")
    layers = {row["layer"] for row in savings(net, most=5).rows}
    costs = sorted((op.macs for op in net.layers), reverse=True)
    assert sorted((net[name].macs for name in layers), reverse=True) == costs[:5]
    rest = sum(costs[5:])
    said = savings(net, most=5).notes[0]
    assert f"of {len(costs)} layers the 5 with most MACs, without {len(costs) - 5} that" in said
    assert f"have {rest:,} together, {100 * rest / net.macs:.3g} % of all" in said
    assert "layers the" not in savings(net, most=len(costs)).notes[0]


def test_a_network_has_them_too():
    net = cm.load("alexnet")
    assert net.savings("params", ["cp"]).to_csv() == savings(net, "params", ["cp"]).to_csv()
    with pytest.raises(CostModelError, match="mac"):
        net.savings("mac")
