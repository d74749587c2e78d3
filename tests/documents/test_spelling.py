"""What a page shows, as a command and as a directive: both describe the same layer."""

import shlex

import pytest
from hypothesis import given

import costmodel as cm
from costmodel.cli.main import command_parser, main
from costmodel.cli.options import layer_of
from costmodel.core.layer_text import LAYER_NAMES, read_layer, write_layer
from costmodel.documents.request import split
from costmodel.documents.spelling import compare_command, compare_directive, network_command
from tests.core.layers import layers


@given(layers())
def test_commands_and_directives_spell_the_same_layer(layer):
    texts = write_layer(layer)
    command = compare_command(texts, ["basis"], ["macs"], {"basis.b": 4}).split()
    assert layer_of(command_parser("compare").parse_args(command[4:])) == layer
    words, options = split(compare_directive(texts, ["basis"], ["macs"], {"basis.b": 4}))
    assert words == ["compare"]
    assert options.pop("basis.b") == "4"
    assert read_layer({k: v for k, v in options.items() if k in LAYER_NAMES}) == layer


@pytest.mark.parametrize("metrics", [(), ("weight_bytes",), ("params", "macs", "pool_ops")])
@pytest.mark.parametrize("by", [("macs",), ("weight_bytes",)])
def test_the_command_of_a_replacement_replaces_what_the_page_did(metrics, by, capsys):
    command = network_command("resnet18", {}, "layers", metrics, ["quantised"], by=by)
    assert main(shlex.split(command)[3:]) == 0
    net = cm.load("resnet18").replace("quantised", by=by)
    assert capsys.readouterr().out == net.to_table(metrics or None).to_csv()
