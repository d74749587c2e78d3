"""A visitor's file on the Network page: with weights, with open sizes, refused, taken away."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.dashboard import parts
from costmodel.dashboard.sections import sending
from costmodel.network.read import uploads
from tests.dashboard.pages.test_network import TABLE, command, taken, totals  # noqa: F401

onnx = pytest.importorskip("onnx", reason="no onnx: pip install onnx")


def model(rows: object, columns: object) -> bytes:
    """One convolution on an input of 12 channels, with its weights."""
    kernel = np.random.default_rng(7).normal(size=(40, 12, 9, 7)).astype("float32")
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["x", "w"], ["y"], "conv")],
        "g",
        [onnx.helper.make_tensor_value_info("x", 1, ["batch", 12, rows, columns])],
        [onnx.helper.make_tensor_value_info("y", 1, None)],
        [onnx.numpy_helper.from_array(kernel, "w")],
    )
    return onnx.helper.make_model(graph).SerializeToString()


@pytest.fixture
def opened(page):
    return page("network", source="upload")


def test_sizes_that_a_file_leaves_open_have_a_field(opened, taken, tmp_path, capsys):  # noqa: F811
    opened.upload(("open.onnx", model("height", None), ""))
    assert not opened.errors
    assert not opened.app.metric, "there is no count without a size"
    assert opened.app.info[0].value.replace("\\", "") == (
        "open.onnx leaves height, x[3] open: give a size above."
    )
    opened.set("size at height", 21)
    assert opened.app.info[0].value.startswith("open.onnx leaves")
    opened.set("size at x[3]", 31)
    macs = 40 * 12 * 9 * 7 * 13 * 25
    assert totals(opened)["MACs"] == f"{macs:,}"
    opened.set("size at batch", 3)
    assert totals(opened)["MACs"] == f"{3 * macs:,}"
    assert opened.query["at"] == "height=21,x[3]=31,batch=3"
    path = tmp_path / "open.onnx"
    path.write_bytes(model("height", None))
    words = [str(path) if word == "open.onnx" else word for word in command(opened)]
    assert main([*words, "--format", "csv"]) == 0
    assert taken[-1].to_csv() == capsys.readouterr().out
    opened.set("size at height", 5)
    assert "'open.onnx' gives tensor 'y' a shape of (3, 40, -3, 25)" in " ".join(opened.errors)
    assert totals(opened)["MACs"] == f"{3 * macs:,}", "the last result stays"
    assert "Still shown: height=21, x[3]=31, batch=3" in opened.text().replace("\\", "")


def test_of_a_large_file_the_weights_are_left_out(opened, monkeypatch):
    data = model(21, 31)
    monkeypatch.setitem(uploads.MAX_BYTES, "onnx", 20_000)
    opened.upload(("large.onnx", data, ""))
    assert not opened.errors
    assert totals(opened)["MACs"] == f"{40 * 12 * 9 * 7 * 13 * 25:,}"
    assert totals(opened)["Parameters"] == f"{40 * 12 * 9 * 7:,}"
    assert f"**large.onnx**, {len(data):,} bytes, its weights left out" in (
        opened.text().replace("\\", "")
    )
    kept = opened.app.session_state["_files"]["upload"].kept
    assert len(kept.data) < 1000 < len(data)


def test_a_refused_file_says_so_at_the_button_and_the_one_before_stays(opened):
    opened.upload(("tiny.csv", TABLE, "text/csv"))
    before = totals(opened)
    opened.upload(("broken.onnx", b"no model", ""))
    (error,) = opened.errors
    assert error.startswith("'broken.onnx' is not an ONNX model")
    assert totals(opened) == before
    order = [getattr(e, "type", "") for e in opened.elements()]
    assert order.index("file_uploader") < order.index("error") < order.index("metric")
    assert opened.app.error[0].value
    opened.set("table", "kinds")
    assert opened.errors, "it is said until another file is chosen"
    opened.upload(("tiny.csv", TABLE, "text/csv"))
    assert not opened.errors


def test_a_file_is_there_until_it_is_taken_away(opened):
    opened.upload(("tiny.csv", TABLE, "text/csv"))
    shown = totals(opened)
    opened.set("source", "shipped")
    assert totals(opened) != shown
    opened.set("source", "upload")
    assert totals(opened) == shown
    opened.widget("drop upload").click()
    opened.run()
    assert not opened.app.metric
    assert "Choose a file" in opened.app.info[0].value


def test_the_server_drops_what_it_was_sent(opened, monkeypatch):
    dropped = []
    monkeypatch.setattr(
        "streamlit.runtime.memory_uploaded_file_manager.MemoryUploadedFileManager.remove_file",
        lambda self, session_id, file_id: dropped.append(file_id),
    )
    opened.upload(("tiny.csv", TABLE, "text/csv"))
    assert dropped == [opened.app.session_state["_files"]["upload"].kept.id]


@pytest.fixture
def reports(monkeypatch):
    """What makes the pages to send, last one last; called when the page has long been drawn."""
    made = []
    monkeypatch.setattr(parts, "report_button", lambda make, name: made.append(make))
    return made


def test_a_file_of_ones_own_is_sent_as_a_page(opened, reports, tmp_path):
    path = tmp_path / "tiny.csv"
    path.write_bytes(TABLE)
    opened.upload(("tiny.csv", TABLE, "text/csv"))
    command = "python -m costmodel network tiny.csv"
    expected = cm.report(cm.from_csv(path), same_as=command).replace(str(path), "tiny.csv")
    assert reports[-1]() == expected
    opened.set("replace", "depthwise_separable")
    page = reports[-1]()
    assert "--replace depthwise_separable" in page
    assert f"{cm.from_csv(path).replace('depthwise_separable').macs:,}" in page
    assert "<b>," not in page, "names of a file are text"


def test_sizes_that_were_given_to_a_file_are_on_its_page(opened, reports):
    opened.upload(("open.onnx", model("height", 31), ""))
    opened.set("size at height", 21)
    page = reports[-1]()
    assert f"{40 * 12 * 9 * 7 * 13 * 25:,}" in page
    assert "network open.onnx" in page
    assert "--at height=21" in page


def test_a_page_of_a_file_is_made_behind_the_wall(opened, reports, monkeypatch):
    class Wall:
        def call(self, function, network, **facts):
            return f"{function.__name__} of {pickle.loads(pickle.dumps(network)).name}"

    monkeypatch.setattr(sending, "readers", Wall)
    opened.upload(("tiny.csv", TABLE, "text/csv"))
    assert reports[-1]() == "report of tiny"
