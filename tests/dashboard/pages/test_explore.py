"""The Explore page: curves, maps and trade-offs of the library's own sweeps."""

import pytest

from costmodel import METRICS, VARIANTS, ConvLayer, count
from costmodel.metrics.metric import costs
from costmodel.plots import explore_words
from costmodel.plots.layout import name_of
from costmodel.sweeping.axes import axes
from costmodel.sweeping.grid import on_grid
from costmodel.sweeping.trade_off import trade_off

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
COMMON = [id for id, variant in VARIANTS.items() if variant.common]


@pytest.fixture
def opened(page):
    return page("explore")


def traces(opened, key):
    return {t["name"]: t for t in opened.chart(f"chart-{key}")["data"] if t.get("name")}


def titles(opened):
    return [header.value.replace("\\", "") for header in opened.app.header]


def said(opened):
    return " ".join(caption.value for caption in opened.app.caption).replace("\\", "")


def axis(key, variants=()):
    return next(a for a in axes(LAYER, [VARIANTS[id] for id in variants]) if a.key == key)


def held():
    """The hyper-parameters of the common variants on the layer, which stay by default."""
    return {f"{id}.{k}": v for id in COMMON for k, v in count(id, LAYER).hyper.items()}


def plain(values):
    """A list, whichever way Plotly has written it."""
    if isinstance(values, list):
        return values
    import base64

    import numpy

    return numpy.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()


def test_the_first_view_has_a_curve_per_common_variant(opened):
    assert set(traces(opened, "curves")) == {name_of(VARIANTS[id]) for id in COMMON}
    assert opened.query["view"] == "curves"
    assert opened.query["x"] == "out_channels"
    drawn = plain(traces(opened, "curves")["standard"]["x"])
    grid = on_grid(COMMON, LAYER, {"out_channels": drawn}, ["macs"], hyper=held())
    over = axis("out_channels")
    assert titles(opened) == [explore_words.over_axis(grid, over, "macs")]
    assert f"{len(drawn) * len(COMMON):,} points of the layer {LAYER}" in said(opened)
    assert not opened.errors
    assert not opened.notices


@pytest.mark.parametrize("metric", costs())
def test_every_metric_has_curves(opened, metric):
    opened.set("metric", metric)
    assert not opened.errors
    assert opened.query["metric"] == metric
    assert METRICS[metric].stated() in opened.text()


def test_the_cost_itself(opened):
    opened.set("scale", "cost").set("x", "in_channels")
    basis = traces(opened, "curves")["basis"]
    place = plain(basis["x"]).index(64)
    assert plain(basis["y"])[place] == 9 * 64 * 4 * 56 * 56 + 64 * 4 * 128 * 56 * 56


def test_a_hyper_parameter_is_swept_for_its_variant_alone(opened):
    opened.set("x", "basis.b")
    assert set(traces(opened, "curves")) == {f"basis, {METRICS['macs'].label}"}
    opened.set("scale", "cost")
    assert set(traces(opened, "curves")) == {"basis"}


def test_hyper_parameters_stay_or_follow_and_the_figure_says_so(opened):
    """Compare's curve and this one are the same by default: what is set on the layer stays."""
    ids = ["spatial_svd"]
    for letters, hyper, said in (
        ("kept", {"r": 64}, "with r = 64"),
        ("defaults", {}, "follow the layer"),
    ):
        opened.set("variants", ids).set("held", letters)
        (line,) = [t for t in opened.chart("chart-curves")["data"] if t.get("name")]
        grid = on_grid(ids, LAYER, {"out_channels": plain(line["x"])}, ["macs"], hyper=hyper)
        expected = grid.ratio("spatial_svd", "macs").tolist()
        assert plain(line["y"]) == pytest.approx(expected)
        title = opened.chart("chart-curves")["layout"]["xaxis"]["title"]["text"]
        assert said in title
        assert opened.query["held"] == letters


def test_the_present_point_is_on_its_own_curve(page):
    opened = page("explore", n="131", x_from="3", x_to="5000")
    assert 131 in plain(traces(opened, "curves")["standard"]["x"])


@pytest.mark.parametrize("view", ["map", "trade-off"])
def test_every_cost_in_every_view(page, view):
    opened = page("explore", view=view, x="out_channels", variants="basis,octave,quantised")
    for metric in costs():
        opened.set("metric", metric)
        assert not opened.errors, metric
        assert METRICS[metric].stated() in opened.text() or metric == opened.query["against"]


def test_a_share_of_full_rank_is_a_third_axis(opened):
    opened.set("view", "trade-off").set("third", "rank_share")
    assert "Ringed" in opened.text()
    assert "coloraxis" in traces(opened, "trade-off")["basis"]["marker"]
    assert opened.query["third"] == "rank_share"


def test_a_column_of_a_visitors_own_is_a_third_axis(opened):
    opened.set("view", "trade-off").set("third", "joined")
    assert "Paste a table" in opened.app.info[0].value
    opened.set("pasted", "variant,b,accuracy\nbasis,3,0.91\nstandard,,0.95\nbasis,6,0.9\n")
    basis = traces(opened, "trade-off")["basis"]
    assert plain(basis["customdata"])[0][0] == 3
    assert "Accuracy" in basis["hovertemplate"]
    assert "accuracy" not in str(opened.query)
    opened.set("pasted", "variant,b,accuracy\nbasis,3,good\n")
    (error,) = opened.errors
    assert "Row 2" in error


def test_a_range_is_kept_and_in_the_link(page, opened):
    opened.set("input x_from", 10)
    opened.set("input x_to", 20)
    basis = traces(opened, "curves")["basis"]
    assert plain(basis["x"]) == list(range(10, 21))
    assert (opened.query["x_from"], opened.query["x_to"]) == ("10", "20")
    again = page("explore", **opened.query)
    assert traces(again, "curves") == traces(opened, "curves")


def test_a_range_the_wrong_way_round_is_a_sentence(opened):
    opened.set("input x_from", 30)
    opened.set("input x_to", 20)
    (error,) = opened.errors
    assert "from 30 to 20; allowed is from small to large" in error


def test_a_map_of_two_axes(opened):
    opened.set("view", "map").set("look", "basis").set("y", "in_channels")
    data = opened.chart("chart-map")["data"]
    assert data[0]["type"] == "heatmap"
    assert "basis" in data[0]["hovertemplate"]
    opened.set("y", "basis.b")
    names = [trace.get("name") for trace in opened.chart("chart-map")["data"]]
    assert "exact break-even" in names
    assert "its exact break-even" in opened.text()
    xs, ys = (plain(opened.chart("chart-map")["data"][0][key]) for key in "xy")
    grid = on_grid(["basis"], LAYER, {"out_channels": xs, "basis.b": ys}, ["macs"])
    pair = axis("out_channels"), axis("basis.b", ["basis"])
    assert titles(opened) == [explore_words.over_map(grid, *pair, "macs")]
    assert f"{len(xs) * len(ys):,} points of the layer" in said(opened)


def test_both_axes_of_a_map_differ(opened):
    opened.set("view", "map")
    opened.set("x", "basis.b")
    assert opened.query["x"] == "basis.b"
    assert opened.query["y"] != "basis.b"
    assert "basis.b" not in opened.widget("y").options


def test_a_trade_off_is_the_library_s(opened):
    opened.set("view", "trade-off").set("metric", "macs").set("against", "params")
    table = trade_off([VARIANTS[id] for id in COMMON], LAYER, ("params", "macs"))
    basis = traces(opened, "trade-off")["basis"]
    assert titles(opened) == [explore_words.over_settings(table, ("params", "macs"))]
    assert f"on the layer {LAYER}" in said(opened)
    rows = [row for row in table if row["variant"] == "basis"]
    assert plain(basis["x"]) == [row["params"] for row in rows]
    assert plain(basis["y"]) == [row["macs"] for row in rows]


def test_a_cost_against_itself_is_a_hint(opened):
    opened.set("view", "trade-off").set("metric", "macs").set("against", "macs")
    assert "choose two different" in opened.app.info[0].value


def test_no_variant_is_a_hint(opened):
    opened.set("families", [])
    assert "choose a family" in opened.app.info[0].value


@pytest.mark.parametrize("id", list(VARIANTS))
@pytest.mark.parametrize("view", ["curves", "map", "trade-off"])
def test_every_variant_in_every_view(page, view, id):
    opened = page("explore", variants=id, look=id, view=view)
    assert not opened.errors
    assert not opened.notices


@pytest.mark.parametrize(
    "query",
    [
        {"m": "1000000", "n": "1000000", "size": "100000x90001"},
        {"x_to": "1000000", "view": "map", "y_to": "1000000"},
        {"size": "7x9x11"},
        {"size": "31", "k": "7"},
        {"transposed": "yes", "stride": "2"},
    ],
)
def test_extremes_are_drawn_or_refused_in_a_sentence(page, query):
    opened = page("explore", **query)
    assert opened.app.title
    assert not opened.notices
