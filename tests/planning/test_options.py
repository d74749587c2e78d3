"""Options: every cost is what the network costs with that option in place."""

import random
from itertools import product

import pytest

import costmodel as cm
from costmodel.core.full_rank import full_ranks
from costmodel.errors import CostModelError
from costmodel.network import columns
from costmodel.network.change import Choice
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.network.replace import put_each
from costmodel.planning.grid import values_of
from costmodel.planning.options import decisions
from tests.planning.networks import SMALL, VARIANTS

LAYER = cm.ConvLayer((3, 5), 24, 36, (13, 11), stride=(1, 2), bias=True)
KEYS = ("params", "macs", "weight_bytes", "bops", "bytes_moved", "additions")


def of(network, variants, keys=KEYS, multiple_of=1):
    """The decisions about all layers of a network."""
    quantities = [columns.column(key, network) for key in keys]
    allowed = [cm.VARIANTS[id] for id in variants]
    return decisions(network, lambda op: True, lambda op: allowed, quantities, multiple_of)


@pytest.mark.parametrize("id", cm.VARIANTS)
def test_costs_worked_out_at_once_are_those_of_the_network(id):
    """Arrays of values skip checks that single values get, so each variant is counted both ways."""
    point = cm.ConvLayer(1, 24, 20, (6, 9))
    net = Network("two", (NetOp.conv("a", LAYER, norm=72), NetOp.conv("b", point, times=3)))
    random_ = random.Random(id)
    for decision in of(net, [id]):
        (op,) = decision.ops
        for at in random_.sample(range(1, len(decision)), min(6, len(decision) - 1)):
            after = put_each(net, {op.name: decision.choices[at]})
            for key in KEYS:
                added = columns.total(after, key) - columns.total(net, key)
                assert decision.costs[key][at] == added, (key, str(decision.choices[at]))


@pytest.mark.parametrize("id", cm.VARIANTS)
def test_every_value_of_the_grid_that_fits_is_an_option_and_no_other(id):
    """A trace sorts out values that do not divide, say; one by one says the same."""
    net = Network("one", (NetOp.conv("a", LAYER),))
    (decision,) = of(net, [id], ["macs"])
    variant = cm.VARIANTS[id]
    fitting = []
    if len(decision) > 1:
        grids = values_of(variant, LAYER)
        for cell in product(*grids.values()):
            values = dict(zip(grids, cell, strict=True))
            try:
                bound = cm.count(variant, LAYER, **values).bound
            except CostModelError:
                continue
            if all(values[letter] <= full for letter, full in full_ranks(bound).items()):
                fitting.append(Choice.of(variant, values))
    assert sorted(map(str, decision.choices[1:])) == sorted(map(str, fitting))


def test_most_variants_fit_the_layer_of_the_test_above():
    found = of(Network("one", (NetOp.conv("a", LAYER),)), cm.VARIANTS, ["macs"])
    assert len({choice.variant.id for choice in found[0].choices[1:]}) > 25


def test_layers_that_share_weights_are_one_decision():
    found = of(SMALL, VARIANTS)
    assert [[op.name for op in d.ops] for d in found] == [
        ["stem"],
        ["body"],
        ["left", "right"],
        ["head"],
    ]
    tied = found[2]
    for at in range(1, len(tied), 5):
        after = put_each(SMALL, dict.fromkeys(("left", "right"), tied.choices[at]))
        assert tied.costs["params"][at] == after.params - SMALL.params
        assert tied.costs["macs"][at] == after.macs - SMALL.macs


def test_equal_layers_have_equal_options_and_every_layer_may_stay():
    found = of(cm.load("resnet18"), ["tucker2", "basis"])
    by_name = {d.ops[0].name: d for d in found}
    one, other = by_name["layer1.0.conv1"], by_name["layer1.1.conv2"]
    assert one.choices == other.choices
    assert one.ops != other.ops
    assert all(d.choices[0] is None and d.costs["macs"][0] == 0 for d in found)


def test_channels_between_stages_are_multiples():
    found = of(cm.load("resnet18"), ["tucker2", "bottleneck", "ghost", "cp"], multiple_of=8)
    chosen = [(d.ops[0].layer, choice) for d in found for choice in d.choices[1:]]
    assert len(chosen) > 200
    for layer, choice in chosen:
        stages = cm.count(choice.variant, layer, **dict(choice.hyper)).bound.stages
        assert all(stage.out_channels % 8 == 0 for stage in stages[:-1]), str(choice)


def test_what_says_nothing_about_layers_is_refused():
    with pytest.raises(CostModelError, match="pool_ops says nothing about layers"):
        of(cm.load("resnet18"), ["basis"], ["pool_ops"])
