"""What reads what: the connections of shipped networks are those that their papers draw."""

from __future__ import annotations

import dataclasses

import costmodel as cm
from costmodel.network.views import VIEWS


def rows(net):
    return {row["layer"]: row for row in VIEWS["structure"].table(net, None).rows}


def test_a_residual_is_a_line_of_its_own():
    net = cm.load("resnet18")
    found = rows(net)
    assert list(found)[-1] == "total"
    assert [name for name in found if name in {op.name for op in net.ops}] == [
        op.name for op in net.ops
    ]
    assert found["conv1"]["reads"] == "input"
    assert found["layer1.0.conv1"]["reads"] == "conv1", "pooled in between"
    meeting = found["meet 1"]
    assert (meeting["reads"], meeting["kind"]) == ("layer1.0.conv2, conv1", "added or multiplied")
    assert found["layer1.1.conv1"]["reads"] == "meet 1"
    assert found["meet 2"]["reads"] == "layer1.1.conv2, meet 1"
    assert found["layer2.0.downsample"]["reads"] == found["layer2.0.conv1"]["reads"] == "meet 2"
    assert found["meet 3"]["reads"] == "layer2.0.conv2, layer2.0.downsample"
    assert sum(name.startswith("meet") for name in found) == 8, "one per block"
    assert found["fc"]["reads"] == "meet 8"


def test_maps_that_are_joined():
    found = rows(cm.load("densenet121"))
    assert found["meet 1"] == {
        "layer": "meet 1", "kind": "joined", "reads": "conv0, block1.1.conv2",
    }  # fmt: skip
    assert found["block1.3.norm1"]["reads"] == "meet 2"


def test_shapes_are_those_of_the_layer():
    net = cm.load("mobilenet_v2").at(H=160, W=96)
    for op in net.layers:
        row = rows(net)[op.name]
        assert row["input"] == "×".join(map(str, (op.layer.in_channels, *op.layer.size)))
        assert row["output"] == "×".join(map(str, (op.layer.out_channels, *op.layer.out_size)))
        assert row["groups"] == op.layer.groups
        assert (row["params"], row["macs"]) == (op.params, op.macs)


def test_a_list_of_layers_does_not_say_what_reads_what():
    net = dataclasses.replace(cm.load("alexnet"), steps=lambda: None)
    table = VIEWS["structure"].table(net, None)
    assert {row.get("reads") for row in table.rows} == {"", None}
    assert "The source of alexnet does not say what reads what." in table.notes
    assert len(table.rows) == len(net.ops) + 1
