"""A file without its weights says what the whole file says, and is read without reading them."""

from __future__ import annotations

import random

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import costmodel as cm
from costmodel.errors import InputError
from costmodel.network.read import uploads
from costmodel.network.read.onnx.slim import slimmed
from tests.network.read.onnx.test_onnx import LIGHT

MOST = 20_000_000
RNG = np.random.default_rng(5)


def model(path, wide=1201):
    """Two products with a convolution before, a large mask that is added, and a large bias."""
    weights = {
        "w": RNG.normal(size=(40, 6, 17, 19)),
        "fc": RNG.normal(size=(40, wide)),
        "back": RNG.normal(size=(wide, 120)),
        "bias": RNG.normal(size=wide),
        "mask": np.where(RNG.random((120, 141)) < 0.5, 0.0, -100.0),
        "shape": np.array([-1, 40]),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "stem"),
        helper.make_node("Reshape", ["c", "shape"], ["flat"]),
        helper.make_node("Gemm", ["flat", "fc", "bias"], ["g"], "head"),
        helper.make_node("MatMul", ["g", "back"], ["p"], "back"),
        helper.make_node("Unsqueeze", ["p", "last"], ["u"]),
        helper.make_node("Add", ["u", "mask"], ["y"]),
    ]
    tensors = [
        numpy_helper.from_array(value.astype("int64" if name == "shape" else "float32"), name)
        for name, value in weights.items()
    ]
    tensors.append(numpy_helper.from_array(np.array([2]), "last"))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", 1, ["batch", 6, 23, 29])],
        [helper.make_tensor_value_info("y", 1, None)],
        tensors,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    path.write_bytes(made.SerializeToString())
    return path


def table(net):
    return net.to_table("all", everything=True).to_csv()


def test_a_file_without_its_weights_is_the_same_network(tmp_path):
    path = model(tmp_path / "whole.onnx")
    small = tmp_path / "whole" / "whole.onnx"
    small.parent.mkdir()
    small.write_bytes(slimmed(str(path), "whole.onnx", MOST))
    assert table(cm.from_onnx(small)) == table(cm.from_onnx(path))
    left = path.stat().st_size - small.stat().st_size
    weights = 4 * (40 * 6 * 17 * 19 + 40 * 1201 + 1201 * 120)
    assert weights <= left < weights + 100, "the weights go, and what is added stays"
    held = {t.name: len(t.raw_data) for t in onnx.load(small).graph.initializer}
    assert held == {"w": 0, "fc": 0, "back": 0, "bias": 4 * 1201, "mask": 4 * 120 * 141,
                    "shape": 16, "last": 8}  # fmt: skip


@pytest.mark.parametrize("path", sorted(LIGHT.glob("*.onnx"))[:3], ids=lambda path: path.stem)
def test_a_file_without_large_weights_stays_as_it_is(path):
    assert slimmed(str(path), path.name, MOST) == path.read_bytes()


def test_what_is_left_is_bounded(tmp_path):
    path = model(tmp_path / "m.onnx")
    with pytest.raises(InputError, match=r"'m\.onnx' has more than 10,000 bytes without its we"):
        slimmed(str(path), "m.onnx", 10_000)


def test_a_broken_file_is_one_sentence(tmp_path):
    whole = model(tmp_path / "m.onnx", wide=7).read_bytes()
    chance = random.Random(4)
    path = tmp_path / "broken.onnx"
    said = []
    for _ in range(120):
        data = bytearray(whole[: chance.randrange(1, 3000)] if chance.random() < 0.5 else whole)
        for _ in range(3):
            data[chance.randrange(min(len(data), 2000))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            slimmed(str(path), "broken.onnx", MOST)
        except InputError as error:
            said.append(str(error))
    assert len(said) > 20
    assert all(text.startswith("'broken.onnx' ") and "\n" not in text for text in said)


def test_an_upload_beyond_the_limits_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = model(tmp_path / "m.onnx")
    size = path.stat().st_size
    monkeypatch.setattr(uploads, "MAX_WITH_WEIGHTS", size - 1)
    with pytest.raises(InputError, match=f"'m.onnx' has {size:,} bytes; allowed are {size - 1:,}"):
        uploads.without_weights("m.onnx", str(path))
    with pytest.raises(InputError, match="allowed are 1,000,000"):
        uploads.without_weights("m.csv", str(path))


def test_the_sizes_that_a_file_leaves_open_are_asked_for():
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node("Conv", ["x", "w"], ["y"], "conv")],
            "g",
            [helper.make_tensor_value_info("x", 1, [None, 3, "height", None])],
            [helper.make_tensor_value_info("y", 1, None)],
            [numpy_helper.from_array(np.ones((5, 3, 3, 7), "float32"), "w")],
        )
    )
    data = made.SerializeToString()
    asked = uploads.asked_sizes("m.onnx", data)
    assert asked == {"x[0]": 1, "height": None, "x[3]": None}
    net = uploads.read_upload("m.onnx", data, {"height": 11, "x[3]": 13, "x[0]": 2})
    assert net.macs == 2 * 5 * 3 * 21 * 9 * 7
    with pytest.raises(InputError, match=r"dimension x\[3\] open; allowed is its size: .*--at x"):
        uploads.read_upload("m.onnx", data, {"height": 11})
    assert uploads.asked_sizes("layers.csv", b"name\n") == {}
    with pytest.raises(InputError, match=r"'m\.onnx' is not an ONNX model"):
        uploads.asked_sizes("m.onnx", b"no model")
