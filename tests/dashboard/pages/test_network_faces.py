"""The Network page beyond its counts: time, savings that can be put in place, two side by side."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import parse_qsl

import pytest

from costmodel.comparing.count import count
from costmodel.core.layer_text import read_layer
from costmodel.dashboard.forms import what_if_form
from costmodel.dashboard.sections import network_figures, network_table, network_totals
from costmodel.errors import InputError
from costmodel.network.alone import alone
from costmodel.network.read.library import available, load
from costmodel.timing.networks import predicted
from costmodel.timing.opened import open_any


def metrics(opened):
    return {metric.label: metric.value for metric in opened.app.metric}


def headers(opened):
    return [header.value.replace("\\", "") for header in opened.app.header]


def test_a_time_with_its_interval_stands_beside_the_multiplies(page):
    opened = page("network", replace="basis", **{"basis.b": "2"}, picture="bars")
    times = open_any()
    found = predicted(load("resnet18").replace("basis", b=2), times.predictor)
    said = network_totals.milliseconds(found.whole)
    assert metrics(opened)["Predicted time"] == said
    assert f"{1e3 * found.whole.low:.3g} to {1e3 * found.whole.high:.3g}" in said
    assert str(times.predictor.machine) in opened.text().replace("\\", "")
    (delta,) = [m.delta for m in opened.app.metric if m.label == "Predicted time"]
    assert delta.startswith(f"×{found.whole.seconds / found.before.seconds:.4f}")
    bars = [bar for bar in opened.chart("chart-layers")["data"] if bar.get("xaxis") == "x2"]
    shown = {name: x for bar in bars for name, x in zip(bar["y"], bar["x"], strict=True)}
    expected = {name: 1e3 * said.seconds for name, said in found.layers.items()}
    assert shown == pytest.approx(expected)


def test_without_any_times_the_page_says_none(page, monkeypatch):
    def none():
        raise InputError("no machine is calibrated")

    monkeypatch.setattr(network_totals, "open_any", none)
    opened = page("network", picture="bars")
    assert "Predicted time" not in metrics(opened)
    assert not opened.errors


def test_neither_torch_nor_sklearn_is_imported():
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from costmodel.dashboard.pages import network\n"
        "source = 'from costmodel.dashboard.pages import network\\nnetwork.page()\\n'\n"
        "app = AppTest.from_string(source, default_timeout=60).run()\n"
        "assert not app.exception\n"
        "assert 'Predicted time' in [metric.label for metric in app.metric]\n"
        "print([name for name in ('torch', 'sklearn') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_cell_of_the_map_is_put_in_place_and_taken_back(page, monkeypatch):
    opened = page("network", picture="savings", replace="basis", where="layer1.*")
    assert "saves most" in " ".join(headers(opened))
    cells = [row[:2] for dots in opened.chart("chart-savings 0")["data"][1:3]
             for row in dots["customdata"]]  # fmt: skip
    assert ["layer4.1.conv2", "depthwise_separable"] in cells
    state = _State(opened)
    network_figures.toggle(state, "layer4.1.conv2", "depthwise_separable")
    assert state["also"] == ("layer1.*=basis", "layer4.1.conv2=depthwise_separable")
    assert state["replace"] == "", "what was at hand is in the list now"
    again = page("network", picture="savings", also=";".join(state["also"]))
    both = load("resnet18").replace("basis", "layer1.*")
    both = both.replace("depthwise_separable", "layer4.1.conv2")
    assert metrics(again)["MACs"] == f"{both.macs:,}"
    standing = again.chart("chart-savings 2")["data"][3]["customdata"]
    assert {tuple(cell[:2]) for cell in standing} >= {("layer4.1.conv2", "depthwise_separable")}
    network_figures.toggle(state, "layer4.1.conv2", "depthwise_separable")
    assert state["also"] == ("layer1.*=basis",)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_the_map_says_which_layers_it_leaves_out(page, name):
    opened = page("network", network=name, picture="savings")
    rows = opened.chart("chart-savings 0")["data"][0]["y"]
    layers = sorted((op.macs for op in load(name).layers), reverse=True)
    said = " ".join(caption.value for caption in opened.app.caption).replace("\\", "")
    if name == "resnet18":
        assert len(rows) == len(layers)
        assert "layers the" not in said
    else:
        assert len(rows) == 40 < len(layers)
        assert f"of {len(layers)} layers the 40 with most MACs, without {len(layers) - 40}" in said
        assert f"{sum(layers[40:]):,} together" in said


class _State(dict):
    """The values of an opened page, as a callback sees them."""

    def __init__(self, opened):
        super().__init__(opened.app.session_state["_values"])

    def put(self, name, value):
        self[name] = value


def test_what_is_asked_for_is_text_that_is_read_back():
    state = {"replace": "tucker2", "where": "layer3.*,kernel=3", "also": ("conv1=cp",)}
    state |= {"tucker2.r1": 16, "tucker2.r2": None}
    assert what_if_form.replacements(state) == ["conv1=cp", "layer3.*,kernel=3=tucker2,r1=16"]


def test_two_networks_side_by_side(page):
    opened = page("network", beside="resnet50,H=320;layer4.*=basis,b=3", also="layer1.*=cp")
    assert not opened.errors
    one = load("resnet18").replace("cp", "layer1.*")
    other = load("resnet50").at(H=320).replace("basis", "layer4.*", b=3)
    table = {row[0]: tuple(row[1:]) for row in opened.frame().values.tolist()}
    assert table["MACs"][:2] == (f"{one.macs:,}", f"{other.macs:,}")
    assert table["Parameters"][:2] == (f"{one.params:,}", f"{other.params:,}")
    times = [predicted(n, open_any().predictor).whole for n in (one, other)]
    assert table["Predicted time"][:2] == tuple(map(network_totals.milliseconds, times))
    assert any("MACs of resnet18 with 4 layers replaced: ×" in text for text in headers(opened))


def test_a_state_is_kept_beside_while_it_is_changed(page):
    opened = page("network", replace="basis", at="H=320")
    (keep,) = [b for b in opened.app.button if b.label == "Keep this state beside"]
    keep.click()
    opened.run()
    assert opened.query["beside"] == "resnet18,H=320;basis"
    opened.set("replace", "cp")
    table = {row[0]: tuple(row[1:]) for row in opened.frame().values.tolist()}
    net = load("resnet18").at(H=320)
    assert table["MACs"][:2] == (f"{net.replace('cp').macs:,}", f"{net.replace('basis').macs:,}")
    opened.set("choice beside", "")
    assert "beside" not in opened.query


@pytest.mark.parametrize(
    ("beside", "said"),
    [("nothing", "'nothing'; allowed are"), ("resnet18;bases", "bases"), (".;zz*=cp", "zz*")],
)
def test_what_cannot_stand_beside_is_said(page, beside, said):
    opened = page("network", beside=beside)
    (error,) = opened.errors
    assert said in error
    assert metrics(opened)["MACs"] == f"{load('resnet18').macs:,}"


def test_a_layer_opens_in_compare(page):
    opened = page("network", table="structure", network="mobilenet")
    frame = opened.frame()
    links = dict(zip(frame["layer"], frame["open"], strict=True))
    net = load("mobilenet")
    seen = 0
    for op in net.layers:
        layer = read_layer(dict(parse_qsl(links[op.name].partition("?")[2])))
        if op.layer.dims == 1:
            assert (layer.kernel, layer.size) == ((1, 1), (1, 1))
            counts = count("standard", layer)
            assert (counts.macs, counts.params) == (op.macs, op.params)
        else:
            assert layer == op.layer
        seen += 1
    assert seen == 28
    assert network_table.TABLES["structure"] == "Shapes and connections"


@pytest.mark.slow
def test_every_linear_layer_of_a_shipped_network_is_the_same_in_compare(page):
    """Read back from its link, with bias and batch and positions, nothing is counted otherwise."""
    seen, facts = 0, set()
    for name in available():
        network = load(name)
        rebuild = network.rebuild()
        if rebuild is not None and "N" in rebuild.defaults and name in available()[::5]:
            network = network.at(N=3)
        for op in network.ops:
            if op.kind != "linear":
                continue
            layer = alone(op)
            assert layer is not None, f"{name} {op.name}"
            link = network_table.compare_address("", layer)
            query = dict(parse_qsl(link.partition("?")[2]))
            counts = count("standard", read_layer(query))
            assert (counts.macs, counts.params) == (op.macs, op.params), f"{name} {op.name}"
            facts.add((op.layer.batch, op.layer.size))
            seen += 1
            if op.layer.size > (1,) and op.layer.bias:
                shown = op, query
    assert seen > 80
    batches, sizes = map(set, zip(*facts, strict=True))
    assert batches == {1, 3}
    assert max(sizes) > (1,)
    op, query = shown
    opened = page("compare", **query, variants="standard")
    assert not opened.errors
    assert not opened.notices
    (row,) = opened.frame().to_dict("records")
    assert (row["macs"], row["params"]) == (op.macs, op.params)


def test_a_link_of_a_replaced_linear_layer_is_to_the_layer_as_it_was(page):
    plain = page("network", table="structure", network="alexnet").frame()
    replaced = page(
        "network", table="structure", network="alexnet", also="kind=linear=channel_svd"
    ).frame()
    links = [dict(zip(frame["layer"], frame["open"], strict=True)) for frame in (plain, replaced)]
    assert links[0]["fc6"].startswith("http") or links[0]["fc6"].startswith("/")
    assert links[0] == links[1]


def test_the_list_says_what_reads_what(page):
    frame = page("network", table="structure").frame()
    reads = dict(zip(frame["layer"], frame["reads"], strict=True))
    assert reads["meet 1"] == "layer1.0.conv2, conv1"
    assert "total" not in reads
