"""The Network page: the library's counts for a shipped or an uploaded network, and what if."""

import shlex
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.cli.main import main
from costmodel.dashboard import parts
from costmodel.dashboard.pages import network as network_page
from costmodel.dashboard.sections.network_table import TABLES
from costmodel.errors import InputError
from costmodel.network.read import uploads
from costmodel.network.read.library import available, load

TABLE = b"""# name: tiny
name,kind,in_channels,out_channels,kernel,height,width,stride,padding,bias,norm
conv1,conv,3,16,3,31,29,2,1,0,2
$x$ <b>,conv,16,24,3,16,15,1,1,1,0
fc,linear,24,10,,,,,,1,
"""


@pytest.fixture
def opened(page):
    return page("network")


@pytest.fixture
def taken(monkeypatch):
    """The tables that were offered for download, last one last."""
    found = []
    original = parts.csv_button
    monkeypatch.setattr(
        parts, "csv_button", lambda table, *more: (found.append(table), original(table, *more))
    )
    return found


def totals(opened):
    return {m.label: m.value for m in opened.app.metric if m.label != "Predicted time"}


def command(opened):
    (text,) = [c.value for c in opened.app.code if c.value.startswith("python")]
    return shlex.split(text)[3:]


def upload(opened, name, data):
    opened.set("source", "upload")
    return opened.upload((name, data, "text/plain"))


def test_the_first_view(opened):
    net = load("resnet18")
    assert totals(opened) == {"Parameters": f"{net.params:,}", "MACs": f"{net.macs:,}"}
    assert opened.query["network"] == "resnet18"
    assert list(opened.frame()["layer"])[-1] == "fc", "the total does not sort as a layer"
    assert f"**In all:** {net.params:,} Parameters · {net.macs:,} MACs · " in opened.text()
    assert set(opened.frame()["kind"]) == {"convolution", "linear layer"}
    assert not opened.errors


@pytest.mark.parametrize("name", available())
def test_every_shipped_network(page, name):
    opened = page("network", network=name)
    net = load(name)
    assert totals(opened) == {"Parameters": f"{net.params:,}", "MACs": f"{net.macs:,}"}
    assert not opened.errors
    assert not opened.notices
    assert f"**{net.macs:,}** macs" in opened.text(), "the formula gives the total"


@pytest.mark.parametrize("table", list(TABLES))
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"replace": "basis", "basis.b": "3"},
        {"replace": "tucker2", "where": "layer3.*,kernel=3", "pays": "no", "at": "H=320,W=256"},
        {"at": "alpha=0.5", "cost": "activations"},
    ],
    ids=["as it is", "replaced", "a part replaced", "narrower"],
)
def test_the_download_is_the_command_line_s(page, taken, capsys, table, query):
    opened = page("network", table=table, **query)
    assert not opened.errors
    assert main([*command(opened), "--format", "csv"]) == 0
    assert taken[-1].to_csv() == capsys.readouterr().out


def test_a_replacement_before_and_after(opened):
    opened.set("replace", "basis").set("input basis.b", 2)
    net = load("resnet18").replace("basis", b=2)
    assert totals(opened)["MACs"] == f"{net.macs:,}"
    assert "17 of 17 selected layers" in opened.text()
    assert opened.query["basis.b"] == "2"
    waterfall = opened.chart("chart-before-after")["data"][0]
    assert waterfall["type"] == "waterfall"


def test_what_does_not_pay_is_listed(opened):
    opened.set("replace", "basis").set("input basis.b", 50)
    assert "0 of 17" in opened.text()
    assert any("17 left as they are" in e.label for e in opened.app.expander)
    assert not opened.notices
    opened.set("pays", False)
    assert "17 of 17" in opened.text()
    said = (
        "basis: b = 50 is above full rank 49: a larger rank costs more and expresses nothing more"
    )
    assert [notice for notice in opened.notices if said in notice]


def test_sliders_count_at_other_sizes(opened):
    opened.set("slider at H", "320")
    net = load("resnet18").at(H=320)
    assert totals(opened)["MACs"] == f"{net.macs:,}"
    assert opened.query["at"] == "H=320"
    assert f"**{net.macs:,}** macs" in opened.text()
    opened.set("slider at H", "224")
    assert "at" not in opened.query, "the usual size need not be said"


def test_other_letters_of_the_formula(opened):
    opened.set("letters", ["alpha"])
    assert any("alpha" in latex.value for latex in opened.app.latex)
    assert opened.query["letters"] == "alpha"


@pytest.mark.parametrize("cost", network_page.costs())
def test_every_cost(page, cost):
    opened = page("network", cost=cost, picture="bars")
    assert not opened.errors
    assert not opened.notices
    words = opened.widget("chart-layers").proto.alt
    assert f"{cm.network.columns.total(load('resnet18'), cost) or 0:,}" in words


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"where": "kernel=many", "replace": "basis"}, "kernel=many"),
        ({"where": "share=1e999999999", "replace": "basis"}, "share=1e999999999"),
        ({"where": "nothing*", "replace": "basis"}, "No layer of resnet18 is selected"),
        ({"at": "alpha=4/7", "network": "mobilenet"}, "channels times alpha = 4/7"),
    ],
)
def test_what_means_nothing_is_a_sentence(page, query, said):
    opened = page("network", **query)
    assert said in " ".join(opened.errors)
    assert not opened.notices


@pytest.mark.parametrize(
    "at", ["H=", "H=9**9", "H=1e9", "=3", ",".join(f"a{i}=1" for i in range(9))]
)
def test_sizes_in_a_link_are_read_not_evaluated(page, at):
    opened = page("network", at=at)
    assert len(opened.notices) == 1
    assert "at" not in opened.query


def test_an_unknown_size_is_one_notice(page):
    opened = page("network", at="Q=3,H=320")
    assert "no size Q" in opened.notices[0]
    assert opened.query["at"] == "H=320"


# -- uploads ---------------------------------------------------------------------------------------


def test_without_a_file_the_page_says_what_to_do(opened):
    opened.set("source", "upload")
    assert "Choose a file" in opened.app.info[0].value
    assert "not part of a link" in opened.app.info[0].value
    assert not opened.errors
    assert opened.query["source"] == "upload"


def test_a_table_of_layers(opened, taken, tmp_path, capsys):
    upload(opened, "tiny.csv", TABLE)
    path = tmp_path / "tiny.csv"
    path.write_bytes(TABLE)
    net = cm.from_csv(path)
    assert totals(opened)["MACs"] == f"{net.macs:,}"
    assert "there is no formula" in " ".join(i.value for i in opened.app.info)
    words = [str(path) if word == "tiny.csv" else word for word in command(opened)]
    assert main([*words, "--format", "csv"]) == 0
    assert taken[-1].to_csv() == capsys.readouterr().out
    areas = opened.chart("chart-treemap")["data"][0]
    assert not any("<b>" in text for text in areas["labels"]), "Plotly reads HTML"


def test_an_uploaded_network_can_be_changed(opened):
    upload(opened, "tiny.csv", TABLE)
    opened.set("replace", "depthwise_separable")
    assert "2 of 2 selected layers" in opened.text()


def onnx_file(name="light_squeezenet"):
    onnx = pytest.importorskip("onnx", reason="no onnx: pip install onnx")
    return Path(onnx.__file__).parent / f"backend/test/data/light/{name}.onnx"


def test_an_onnx_file(opened, taken, capsys):
    path = onnx_file()
    upload(opened, "light_squeezenet.onnx", path.read_bytes())
    assert totals(opened)["MACs"] == f"{cm.from_onnx(path).macs:,}"
    words = [str(path) if word == "light_squeezenet.onnx" else word for word in command(opened)]
    assert main([*words, "--format", "csv"]) == 0
    assert taken[-1].to_csv() == capsys.readouterr().out
    assert not opened.errors


def test_open_sizes_of_an_onnx_file_have_sliders(opened):
    onnx = pytest.importorskip("onnx", reason="no onnx: pip install onnx")
    helper = onnx.helper
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Conv", ["x", "w"], ["y"], "conv", kernel_shape=[3, 3])],
            "g",
            [helper.make_tensor_value_info("x", 1, ["batch", 3, 17, 13])],
            [helper.make_tensor_value_info("y", 1, None)],
            [helper.make_tensor("w", 1, [5, 3, 3, 3], bytes(4 * 135), raw=True)],
        )
    )
    upload(opened, "open.onnx", model.SerializeToString())
    macs = 5 * 3 * 9 * 15 * 11
    assert totals(opened)["MACs"] == f"{macs:,}"
    opened.set("size at batch", 8)
    assert totals(opened)["MACs"] == f"{8 * macs:,}"
    assert opened.query["at"] == "batch=8"
    assert "cannot be left open" in " ".join(i.value for i in opened.app.info)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.csv", b"name,kind\n", "'in_channels' is missing"),
        ("x.csv", b"\xff\xfe\x00", "no text in UTF-8"),
        ("x.csv", b"", "has no header row"),
        ("x.onnx", b"not a model", "is not an ONNX model"),
        ("x.onnx", b"", "ONNX"),
        ("x.csv", TABLE + b"a,conv,1,1,3,9,9,1,1,0,0\n" * 3_001, "allowed on this page"),
        ("x.csv", b"#" * 1_000_001, "allowed are 1,000,000"),
    ],
)
def test_a_file_that_is_no_network_is_a_sentence(page, name, data, said):
    if name.endswith(".onnx"):
        pytest.importorskip("onnx", reason="no onnx: pip install onnx")
    opened = upload(page("network"), name, data)
    (error,) = opened.errors
    assert said in error
    assert name in error
    assert "model.onnx" not in error, "where it was kept is nobody's business"
    assert "/" not in error.replace("name, kind", "")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\a\\b.onnx", "b.onnx"),
        ("<script>`$x$`.csv", "_script___x__.csv"),
        (f"{'a' * 500}.csv", f"{'a' * 80}.csv"),
        (".csv", ".csv"),
    ],
)
def test_a_name_is_a_label_and_no_path(name, shown):
    assert uploads.label(name) == shown.replace("_script___x__", uploads.label(name)[:-4])
    assert not set(uploads.label(name)) & set("/\\<>`$")


def test_another_ending_is_refused():
    with pytest.raises(InputError, match=r"allowed are names that end in \.csv or \.onnx"):
        uploads.read_upload("model.pt", b"x", {})
