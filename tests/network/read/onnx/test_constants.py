"""Which constants of a file are parameters: by their use, against the model that was exported."""

import os

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper

import costmodel as cm
from costmodel.network.read.onnx import numbers
from costmodel.network.read.onnx.constants import is_made
from tests.network.read.onnx.exported import (
    FOLDED,
    MODELS,
    NEWER,
    PROJECTED,
    RECURRENT,
    STEPWISE,
    RelativeAttention,
    export,
    randomised,
)


def count(model):
    return sum(p.numel() for p in model.parameters())


def read(tmp_path, name, newer, models):
    """The model, and the network in the file that an exporter has made of it."""
    make, shape = models[name]
    model = randomised(make())
    path = NEWER / f"{name}.onnx" if newer else export(model, tmp_path / "m.onnx", shape)
    return model, cm.from_onnx(path)


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_the_parameters_of_an_exported_model_are_those_of_the_model(tmp_path, name, newer):
    model, net = read(tmp_path, name, newer, MODELS)
    assert net.params == count(model)
    assert not net.unmodelled


@pytest.mark.parametrize("newer", [False, True])
def test_a_folded_normalisation_is_said(tmp_path, newer):
    """Its scales and shifts are gone; what is left of them is one bias per channel."""
    model, net = read(tmp_path, "folded", newer, FOLDED)
    assert net.params == count(model) - 2 * 6 + 6
    (said,) = [note for note in net.footnotes if "folded" in note]
    assert "Normalisations are folded into the weights of 0: " in said.replace("0.Conv", "0")
    model, net = read(tmp_path, "not_folded", newer, FOLDED)
    assert net.params == count(model)
    assert not net.footnotes


@pytest.mark.parametrize("newer", [False, True])
def test_a_spread_table_is_said_and_counted_once(tmp_path, newer):
    _, net = read(tmp_path, "attention", newer, MODELS)
    assert any("spread tables" in note for note in net.footnotes)


@pytest.mark.slow
def test_the_files_of_the_newer_exporter_are_what_it_writes(tmp_path):
    make, shape = RECURRENT["gru"]
    fresh = cm.from_onnx(export(randomised(make()), tmp_path / "m.onnx", shape, newer=True))
    assert fresh.ops == cm.from_onnx(NEWER / "gru.onnx").ops


def test_external_numbers_are_looked_at_in_the_models_folder_only(tmp_path):
    """Without them, and behind a link that leads out, copies and masks count as they stand."""
    inside, data, path = (tmp_path / name for name in ("in", "in/m.data", "in/m.onnx"))
    inside.mkdir()
    model = onnx.load(NEWER / "attention.onnx")
    onnx.save_model(model, path, save_as_external_data=True, location="m.data", size_threshold=100)
    own = count(RelativeAttention())
    assert cm.from_onnx(path).params == own
    held = data.read_bytes()
    outside = tmp_path / "weights"
    outside.write_bytes(held)
    data.unlink()
    absent = cm.from_onnx(path)
    assert absent.params == own + (25 * 25 - 81) * 3 + 25 * 25
    assert any("computed" in note for note in absent.footnotes)
    os.symlink(outside, data)
    assert cm.from_onnx(path).params == absent.params
    data.unlink()
    data.write_bytes(held[:200])  # cut short
    assert cm.from_onnx(path).params == absent.params


# -- recurrent layers ----------------------------------------------------------------------------
@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers_are_counted_in_full(tmp_path, name, newer):
    model, net = read(tmp_path, name, newer, RECURRENT)
    plain = cm.from_torch(model, (6, 2, 5))
    assert (net.macs, net.params) == (plain.macs, plain.params)
    assert not net.footnotes  # the zeros that it starts with are no parameters


@pytest.mark.parametrize("name", PROJECTED)
def test_projected_lstms_are_counted_as_pytorch_runs_them(tmp_path, name):
    """The newer exporter writes an operator that has no projection, and cuts the weights."""
    model, net = read(tmp_path, name, True, PROJECTED)
    plain = cm.from_torch(model, (6, 2, 5))
    assert (net.macs, net.params) == (plain.macs, plain.params)
    assert any("has no projection" in note for note in net.footnotes)
    assert not net.unmodelled


@pytest.mark.parametrize("name", STEPWISE)
def test_products_that_an_exporter_has_computed_in_advance_are_said(tmp_path, name):
    """The newer exporter writes an RNN step by step, the first product with zeros not at all."""
    model, net = read(tmp_path, name, True, STEPWISE)
    plain = cm.from_torch(model, (6, 2, 5))
    assert net.params == plain.params
    assert net.macs == plain.macs - model.num_layers * 2 * 7 * 7
    assert any("computed in advance" in note and "linear_1" in note for note in net.footnotes)
    model, net = read(tmp_path, name, False, STEPWISE)  # the older one has an operator for it
    assert (net.macs, net.params) == (plain.macs, plain.params)
    assert not net.footnotes


# -- single graphs -------------------------------------------------------------------------------
def save(tmp_path, nodes, inputs, arrays):
    held = [numpy_helper.from_array(np.asarray(a, np.float32), n) for n, a in arrays.items()]
    ins = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s) for n, s in inputs.items()]
    outs = [helper.make_empty_tensor_value_info(nodes[-1].output[0])]
    graph = helper.make_graph(nodes, "g", ins, outs, initializer=held)
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


MASK = np.where(np.tri(5) > 0, 0.0, -np.inf)


@pytest.mark.parametrize(
    ("values", "params"),
    [
        (MASK, 0),
        (np.where(MASK == 0, 1.0, 0.0), 0),
        (np.arange(25.0).reshape(5, 5), 25),
        (np.full((5, 5), 0.5), 25),  # nobody says that it was not trained
        (np.where(MASK == 0, 1.0, 2.0), 25),
        ([[0.0, 1.0]] * 1, 2),  # two numbers are too few to be a mask
    ],
)
def test_a_mask_that_is_added_is_no_parameter(tmp_path, values, params):
    nodes = [helper.make_node("Add", ["x", "held"], ["y"])]
    side = np.shape(values)[-1]
    net = cm.from_onnx(save(tmp_path, nodes, {"x": [3, 5, side]}, {"held": values}))
    assert net.params == params


def test_a_number_that_an_exporter_has_named_is_none(tmp_path):
    nodes = [
        helper.make_node("Mul", ["x", "val_3"], ["a"]),
        helper.make_node("Mul", ["a", "s"], ["y"]),
    ]
    net = cm.from_onnx(save(tmp_path, nodes, {"x": [3, 5]}, {"val_3": 0.25, "s": 0.5}))
    assert net.params == 1  # the other one has its author's name


def test_a_stored_left_side_of_a_product_is_data(tmp_path):
    nodes = [
        helper.make_node("MatMul", ["places", "w"], ["b"]),
        helper.make_node("Add", ["x", "b"], ["y"]),
    ]
    arrays = {"places": np.random.rand(6, 3), "w": np.random.rand(3, 4)}
    net = cm.from_onnx(save(tmp_path, nodes, {"x": [6, 4]}, arrays))
    assert (net.params, net.macs) == (12, 6 * 3 * 4)


def test_one_of_several_copies_counts(tmp_path):
    nodes = [
        helper.make_node("ReduceMean", ["onnx::Sub_1"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Sub", ["onnx::Sub_2", "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "gain"], ["w"]),
        helper.make_node("Conv", ["x", "w"], ["y"]),
    ]
    weight = np.random.rand(8, 6, 3, 5)
    arrays = {"onnx::Sub_1": weight, "onnx::Sub_2": weight, "gain": np.random.rand(8, 1, 1, 1)}
    net = cm.from_onnx(save(tmp_path, nodes, {"x": [1, 6, 9, 11]}, arrays))
    assert net.params == 8 * 6 * 15 + 8
    named = {"a": weight, "b": weight, "gain": arrays["gain"]}
    for node in nodes[:2]:
        node.input[0] = {"onnx::Sub_1": "a", "onnx::Sub_2": "b"}[node.input[0]]
    net = cm.from_onnx(save(tmp_path, nodes, {"x": [1, 6, 9, 11]}, named))
    assert net.params == 2 * 8 * 6 * 15 + 8  # two tensors of the author's are two


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("onnx::Conv_193", True),
        ("val_7", True),
        ("/layer/Constant_1_output_0", True),
        ("unsqueeze_3", True),
        ("linear", True),
        ("layer.0.weight", False),
        ("pos_embed", False),
        ("token", False),
        ("blocks.0.attn.rel_indices", False),
    ],
)
def test_names_that_exporters_make_up(name, made):
    assert is_made(name) is made


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        (np.random.rand(9, 3)[np.arange(36) % 9].reshape(6, 6, 3).transpose(2, 0, 1), 27),
        (np.random.rand(9, 3)[np.arange(36) % 9].reshape(6, 6, 3), 27),
        (np.repeat(np.random.rand(20), 2), 20),
        (np.random.rand(3, 6, 6), 108),
    ],
)
def test_the_table_behind_repeated_rows(values, spread):
    tensor = numpy_helper.from_array(values.astype(np.float32), "t")
    graph = helper.make_graph([], "g", [], [], initializer=[tensor])
    assert numbers.numbers_of(onnx, graph, "m.onnx")["t"].spread == spread


def test_numbers_that_meet_by_chance_do_not_shrink_a_table():
    table = torch.arange(27.0).reshape(9, 3)
    table[4, 1] = table[2, 0]
    values = table[torch.arange(36) % 9].reshape(6, 6, 3).permute(2, 0, 1).contiguous().numpy()
    graph = helper.make_graph([], "g", [], [], initializer=[numpy_helper.from_array(values, "t")])
    known = numbers.numbers_of(onnx, graph, "m.onnx")["t"]
    assert (known.spread, known.distinct) == (27, 26)
