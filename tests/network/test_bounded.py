"""The conditions of a network in letters are met exactly where it can be counted."""

import random

import pytest

import costmodel as cm
from costmodel.core.polynomial import Polynomial
from costmodel.errors import CostModelError
from costmodel.network.bounded import bounded
from costmodel.network.conditions import sentence


@pytest.mark.parametrize("name", ["vgg11", "squeezenet", "xception", "resnet18"])
@pytest.mark.parametrize("variant", [None, "spatial_bottleneck"])
def test_they_hold_where_the_network_counts_at_these_sizes(name, variant):
    network = cm.load(name) if variant is None else cm.load(name).replace(variant, pays=False)
    opened, guards = bounded(network, ("N", "H", "W"))
    rows = opened.to_table().rows
    generator = random.Random(name)
    for _ in range(12):
        high = generator.choice((9, 40, 300))
        sizes = {s: generator.randint(1, high) for s in "HW"} | {"N": generator.randint(1, 4)}
        holds = all(guard.holds(sizes) for guard in guards)
        try:
            again = network.at(**sizes)
        except CostModelError:
            assert not holds, sizes
            continue
        assert holds, sizes
        for row, known in zip(rows, again.to_table().rows, strict=True):
            for key in {"params", "macs", "params_before", "macs_before", "status"} & known.keys():
                here = row[key].subs(**sizes) if isinstance(row[key], Polynomial) else row[key]
                assert here == known[key], (row["layer"], key, sizes)


def test_they_are_said_in_short():
    assert sentence(bounded(cm.load("vgg11"), ("N", "H", "W"))[1]) == "H ≥ 32 and W ≥ 32"
    assert bounded(cm.load("resnet18"), ("N", "H", "W"))[1] == ()


def test_a_list_of_layers_has_none():
    layer = "name,kind,kernel,in_channels,out_channels,height,width\na,conv,3,8,16,12,10\n"
    from costmodel.network.read.csv.reader import parse_csv

    with pytest.raises(CostModelError, match="a list of layers at fixed sizes"):
        bounded(parse_csv(layer, "a.csv"), ("H",))
