"""The Compare page: every control does what it says, and every number is the library's."""

import shlex
from fractions import Fraction
from urllib.parse import parse_qsl

import pytest

from costmodel import METRICS, VARIANTS, ConvLayer, break_even, compare, count, solve
from costmodel.cli.main import main
from costmodel.comparing.explain import explain
from costmodel.core.layer_text import write_layer
from costmodel.dashboard.forms.layer_form import FIELDS
from costmodel.dashboard.sections import counters
from costmodel.documents.markdown import literal
from costmodel.network.read.presets import presets
from costmodel.plots.layout import name_of
from costmodel.solving.solve import break_even_on_layer
from costmodel.timing.answer import Answer
from costmodel.timing.opened import estimates

LAYER = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
COMMON = [id for id, variant in VARIANTS.items() if variant.common]


@pytest.fixture
def opened(page):
    return page("compare")


def expected(layer, ids=None, **hyper):
    return compare(layer, ids or COMMON, **hyper)


def inputs(texts):
    """The texts of a layer that the form has inputs for."""
    return {field.name: texts[field.name] for field in FIELDS}


def shown(frame, column):
    return list(frame[column])


def assert_shows(opened, table):
    frame = opened.frame()
    for key in ("params", "macs", "params_ratio", "macs_ratio"):
        assert shown(frame, key) == table.column(key)
    assert shown(frame, "variant") == [name_of(VARIANTS[id]) for id in table.column("variant")]


def test_the_first_view_is_the_common_variants(opened):
    assert_shows(opened, expected(LAYER))
    assert opened.query["families"] == "common"
    assert not opened.errors
    assert not opened.notices


def test_the_sentence_is_about_the_variant_looked_at(opened):
    assert literal(explain(count("basis", LAYER))) in opened.text()
    opened.set("look", "cp")
    assert literal(explain(count("cp", LAYER))) in opened.text()


def test_the_first_lines_answer_from_the_counts_and_the_times(opened):
    table = expected(LAYER)
    answer = Answer(table, estimates(table))
    for found in answer.findings("basis"):
        assert f"**{found.asked}:** {literal(found.text)}" in opened.app.info[0].value
    assert opened.app.header[0].value == literal(answer.lesson())
    opened.set("look", "cp")
    assert "**Looked at:** CP decomposition" in opened.app.info[0].value
    note = answer.estimates.opened.note
    assert literal(note) in opened.text(), "whose times they are"


def test_the_table_has_times_and_what_other_counters_say(opened):
    frame, table = opened.frame(), expected(LAYER)
    answer = Answer(table, estimates(table))
    ids = table.column("variant")
    assert shown(frame, "time_ms") == [1e3 * answer.time(id).seconds for id in ids]
    assert shown(frame, "time_ratio") == [answer.time_ratio(id) for id in ids]
    assert shown(frame, "gives_up") == [VARIANTS[id].gives_up for id in ids]
    assert all(cell.startswith("data:image/svg+xml") for cell in shown(frame, "stages"))
    for counter in ("fvcore", "torch"):
        assert shown(frame, counter) == [f"{value:,} ✓" for value in table.column("macs")]
    assert "proved equal to the formula" in opened.text()
    opened.set("stride", "2")
    assert set(shown(opened.frame(), "fvcore")) == {""}, "no certificate of fvcore is about strides"
    assert all(cell.endswith("✓") for cell in shown(opened.frame(), "torch"))
    opened.set("batch", 3)
    assert "No kept certificate is about this layer" in opened.text()


def test_counting_here_and_now(opened, monkeypatch):
    asked = []

    def behind(wall, what, function, variants, layer):
        asked.append(([variant.id for variant, _ in variants], layer))
        return {variant.id: {"torch": 7, "fvcore": "out of reach"} for variant, _ in variants}

    monkeypatch.setattr(counters, "behind", behind)
    opened.widget("count").click()
    opened.run()
    assert asked == [(COMMON, LAYER)]
    assert set(shown(opened.frame(), "torch")) == {"7 ✗"}, "what differs is said"
    assert "counted just now" in opened.text()
    assert "out of reach" in opened.text()
    opened.set("m", 96)
    assert all(cell.endswith("✓") for cell in shown(opened.frame(), "torch")), "another layer"


@pytest.mark.parametrize("by", ["macs", "params", "time"])
def test_rows_are_sorted_as_the_visitor_chooses(opened, by):
    opened.set("sort", by)
    key = {"time": "time_ratio"}.get(by, by)
    values = shown(opened.frame(), key)
    assert values == sorted(values)
    names = [
        name.removeprefix("<b>").removesuffix("</b>").replace("<br>", " ")
        for name in opened.chart("chart-ratios")["layout"]["yaxis"]["ticktext"]
    ]
    assert names == shown(opened.frame(), "variant"), "figure and table have one order"
    assert opened.query["sort"] == by


@pytest.mark.parametrize(
    ("key", "value", "change"),
    [
        ("k", "5", {"kernel": 5}),
        ("k", "3x5", {"kernel": (3, 5)}),
        ("m", 96, {"in_channels": 96}),
        ("n", 32, {"out_channels": 32}),
        ("size", "17x14", {"size": (17, 14)}),
        ("stride", "2x1", {"stride": (2, 1)}),
        ("padding", "valid", {"padding": "valid"}),
        ("padding", "2", {"padding": 2}),
        ("dilation", "2", {"dilation": 2}),
        ("groups", 2, {"groups": 2}),
        ("batch", 7, {"batch": 7}),
        ("bias", True, {"bias": True}),
        ("transposed", True, {"transposed": True}),
    ],
)
def test_every_layer_input_reaches_the_library(opened, key, value, change):
    opened.set(key, value)
    layer = LAYER.replace(**change)
    fitting = [id for id in COMMON if fits(id, layer)]
    assert_shows(opened, expected(layer, fitting))
    assert opened.query[key] == {True: "yes"}.get(value, str(value))


def fits(id, layer):
    try:
        return bool(count(id, layer))
    except ValueError:
        return False


def test_other_dimensions(page):
    layer = LAYER.replace(size=(9, 17, 14), kernel=(3, 3, 3), stride=1, dilation=1)
    opened = page("compare", size="9x17x14")
    assert_shows(opened, expected(layer, [id for id in COMMON if fits(id, layer)]))


def test_a_preset_fills_in_the_layer(opened):
    title = "ResNet-50 · layer2, 3×3 stride 2"
    opened.set("preset", title)
    layer = LAYER.replace(in_channels=128, out_channels=128, stride=2, padding=1)
    assert_shows(opened, expected(layer))
    assert opened.widget("preset").value == title
    opened.set("m", 96)
    assert opened.widget("preset").value == ""


@pytest.mark.parametrize("preset", presets(), ids=lambda p: p.title)
def test_every_preset_is_counted(page, preset):
    opened = page("compare", **inputs(preset.texts))
    assert opened.widget("preset").value == preset.title
    assert not opened.errors
    assert not opened.notices
    assert len(opened.frame()) > 3


def test_families_and_single_variants(opened):
    opened.set("families", ["basis"])
    basis = [v.id for v in VARIANTS.values() if v.family == "basis"]
    assert_shows(opened, expected(LAYER, basis))
    opened.set("variants", ["cp", "standard"])
    assert_shows(opened, expected(LAYER, ["standard", "cp"]))
    assert opened.query["variants"] == "standard,cp"
    opened.set("variants", [])
    opened.set("families", [])
    assert "choose a family" in opened.app.info[0].value
    assert not opened.app.dataframe


def test_every_family_can_be_shown(opened):
    options = opened.widget("families").options
    opened.set("families", list(options) if isinstance(options[0], str) else None)
    frame = opened.frame()
    fitting = [id for id in VARIANTS if fits(id, LAYER)]
    assert len(frame) == len(fitting)
    assert len(opened.app.expander) == 1, "those that do not fit are said"


def test_further_columns(opened):
    further = [key for key, metric in METRICS.items() if not metric.shown]
    if not further:
        assert not opened.has("columns")
        return
    opened.set("columns", further)
    table = compare(LAYER, COMMON, "all")
    for key in further:
        cells = [float(v) if isinstance(v, Fraction) else v for v in table.column(key)]
        assert shown(opened.frame(), key) == cells


def test_bars_dots_and_curve_are_the_library_s(opened):
    table = expected(LAYER)
    answer = Answer(table, estimates(table))
    by_name = {
        t.get("name"): t for t in opened.chart("chart-ratios")["data"] if t.get("customdata")
    }
    assert by_name["multiplies"]["x"] == table.column("macs_ratio")
    dots = by_name["time, predicted, with its interval"]
    assert dots["x"] == [answer.time_ratio(id) for id in table.column("variant")]
    curve = opened.chart("chart-basis-over-basis.b")
    (macs,) = [t for t in curve["data"] if t.get("name") == "basis, MACs"]
    assert macs["x"] == list(range(1, 10))
    base = count("standard", LAYER).macs
    assert macs["y"] == [count("basis", LAYER, b=b).macs / base for b in range(1, 10)]
    even = break_even_on_layer("basis", "b", LAYER).root
    assert even is not None
    assert str(even.exact) in curve["layout"]["annotations"][0]["text"]
    assert [s["x0"] for s in curve["layout"]["shapes"]][1] == pytest.approx(even.value)


def test_a_slider_moves_the_hyper_parameter_everywhere(opened):
    assert "basis.b" not in opened.query, "untouched, it follows the variant's default"
    opened.set("slider basis.b", 7)
    assert opened.query["basis.b"] == "7"
    table = expected(LAYER, **{"basis.b": 7})
    assert_shows(opened, table)
    assert literal(explain(count("basis", LAYER, b=7))) in opened.text()
    assert opened.chart("chart-ratios")["data"][0]["x"] == table.column("macs_ratio")


def test_a_slider_offers_only_what_fits(opened):
    opened.set("look", "grouped")
    assert opened.widget("slider grouped.g").options == ["1", "2", "4", "8", "16", "32", "64"]
    opened.set("slider grouped.g", 16)
    assert shown(opened.frame(), "params")[1] == 64 * 128 * 9 // 16


def test_the_curve_can_go_over_the_layer(opened):
    opened.set("over", "out_channels")
    curve = opened.chart("chart-basis-over-out_channels")
    (macs,) = [t for t in curve["data"] if t.get("name") == "basis, MACs"]
    base = LAYER.replace(out_channels=macs["x"][5])
    assert macs["y"][5] == count("basis", base).macs / count("standard", base).macs


@pytest.mark.parametrize("id", list(VARIANTS))
def test_every_variant_can_be_looked_at(page, id):
    """With a layer that it is made for."""
    variant = VARIANTS[id]
    layer = LAYER.replace(out_channels=64, **variant.domain)
    if 2 not in variant.dims:
        layer = LAYER.replace(out_channels=64, size=(9, 17, 14), kernel=3, stride=1, dilation=1)
    query = {"look": id, "variants": f"standard,{id}", **inputs(write_layer(layer))}
    opened = page("compare", **query)
    assert not opened.errors
    assert opened.query["look"] == id
    assert not opened.notices


def test_numbers_that_browsers_round_are_texts_that_sort(page):
    opened = page("compare", m="1000000", n="1000000", size="100000x100000")
    frame = opened.frame()
    layer = LAYER.replace(in_channels=10**6, out_channels=10**6, size=(10**5, 10**5))
    table = expected(layer)
    assert [int(t.replace(",", "")) for t in shown(frame, "macs")] == table.column("macs")
    assert (
        sorted(shown(frame, "macs"))[0]
        == shown(frame, "macs")[table.column("macs").index(min(table.column("macs")))]
    )


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("k", "0", "K is '0'"),
        ("k", "abc", "allowed are integers such as 3"),
        ("size", "1x2x3x4", "allowed are 1, 2 or 3"),
        ("stride", "1x2x3", "Stride has 3 values"),
        ("padding", "sames", "allowed are"),
        ("groups", 3, "is not divisible by groups 3"),
    ],
)
def test_an_impossible_layer_is_a_sentence(opened, key, value, sentence):
    opened.set(key, value)
    (error,) = opened.errors
    assert error.endswith(".")
    assert "\n" not in error
    assert not opened.app.dataframe
    opened.set(key, {"groups": 1, "padding": "same", "size": "56x56"}.get(key, "1"))
    assert not opened.errors, "and the page goes on when it is mended"


def test_a_window_that_does_not_fit_is_a_sentence(page):
    (error,) = page("compare", k="9", size="4x5", padding="valid").errors
    assert "reaches over 9 positions" in error


def test_the_layer_is_bounded(page):
    opened = page("compare", m="99999999999", size="56x9999999")
    assert len(opened.notices) == 1
    assert opened.query["m"] == "64"


def test_the_link_restores_the_view(page, opened):
    opened.set("m", 96).set("look", "tucker2").set("slider tucker2.r1", 11)
    again = page("compare", **opened.query)
    assert again.query == opened.query
    assert list(again.frame()["macs"]) == list(opened.frame()["macs"])
    assert again.widget("slider tucker2.r1").value == 11
    assert not again.notices


def test_the_command_shown_prints_the_same_rows(opened, capsys):
    opened.set("slider basis.b", 3).set("stride", "2x1").set("bias", True)
    (command,) = [e.value for e in opened.app.code if e.value.startswith("python")]
    assert main(shlex.split(command)[3:]) == 0
    layer = LAYER.replace(stride=(2, 1), bias=True)
    assert capsys.readouterr().out == expected(layer, **{"basis.b": 3}).to_csv()


def test_the_link_shown_is_the_state(opened):
    (link,) = [e.value for e in opened.app.code if "?k=" in e.value]
    assert dict(parse_qsl(link.partition("?")[2], keep_blank_values=True)) == opened.query


def test_what_was_typed_is_quoted_as_it_was_typed(page):
    opened = page("compare", k="<b>$x$</b>")
    (notice,) = opened.app.warning
    assert r"\<b\>\$x\$\</b\>" in notice.value


@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_sliders_of_ranks_end_at_full_rank_or_beyond_the_break_even(page):
    square = {"m": "64", "n": "64"}
    opened = page("compare", look="spatial_svd", **square)
    assert opened.widget("slider spatial_svd.r").max == 192
    even = break_even_on_layer("spatial_svd", "r", LAYER.replace(out_channels=64))
    assert even.bound == 96
    # beside r2 = 1 full rank is 9, and it pays for much longer
    narrow = page("compare", look="tucker2", **square, **{"tucker2.r2": "1"})
    last = int(narrow.widget("slider tucker2.r1").max)
    square = LAYER.replace(out_channels=64)
    costs = [count("tucker2", square, r1=r1, r2=1).macs for r1 in (last - 1, last)]
    assert costs[0] < count("standard", square).macs <= costs[1]


@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_a_rank_above_full_rank_is_noticed(page):
    opened = page("compare", look="tucker2", **{"tucker2.r1": "300"})
    said = "tucker2: r1 = 300 is above full rank 64: a larger rank costs more and expresses nothing"
    assert [notice for notice in opened.notices if said in notice]
    assert_shows(opened, expected(LAYER, hyper={"tucker2.r1": 300}))


# -- which value stays within a budget -------------------------------------------------------------
def answer(opened):
    (said,) = opened.app.success
    return said.value.replace("\\", "")


def test_a_budget_typed_is_answered_by_the_library(page):
    opened = page("compare", budget="30%", look="basis")
    found = solve("basis", "b", at_most={"macs": "30%"}, layer=LAYER)
    assert answer(opened) == found.to_text()
    assert found.largest == 2
    opened.set("budget", "20k")
    opened.set("of", "params")
    found = solve("basis", "b", at_most={"params": "20k"}, layer=LAYER)
    assert answer(opened) == found.to_text()
    assert opened.query["budget"] == "20k"


def test_a_budget_dragged_is_one_typed(opened):
    assert not opened.app.success
    opened.set("drag budget", 40)
    assert opened.query["budget"] == "40%"
    assert opened.widget("budget").value == "40%"
    found = solve("basis", "b", at_most={"macs": "40%"}, layer=LAYER)
    assert answer(opened) == found.to_text()
    opened.set("budget", "55%")
    assert opened.widget("drag budget").value == 55


def test_the_answer_is_marked_on_the_curve_and_taken_over(page):
    opened = page("compare", budget="30%", look="basis")
    figure = opened.chart("chart-basis-over-basis.b")
    (star,) = [t for t in figure["data"] if t.get("marker", {}).get("symbol") == "star"]
    ratio = count("basis", LAYER, b=2).macs / count("standard", LAYER).macs
    assert (star["x"], star["y"], star["text"]) == ([2], [ratio], ["<b>b = 2</b>"])
    (band,) = [s for s in figure["layout"]["shapes"] if s["type"] == "rect"]
    assert (band["x1"], band["y1"]) == (2.5, pytest.approx(0.3))
    opened.widget("take budget").click()
    opened.run()
    assert opened.query["basis.b"] == "2"
    assert not opened.has("take budget")


def test_break_even_between_two_variants(page):
    opened = page("compare", look="basis", than="cp")
    found = break_even("basis", "b", layer=LAYER, than=("cp", {"r": 128}))
    assert answer(opened) == found.to_text()
    opened.set("budget", "80%")
    assert "80 % of the CP decomposition with r=128" in answer(opened)
    values = [b for b in range(1, 10) if cheap(b)]
    assert f"b = {values[0]}" in answer(opened)
    assert f"at b = {values[-1]})" in answer(opened)


def cheap(b):
    return 10 * count("basis", LAYER, b=b).macs <= 8 * count("cp", LAYER).macs


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("bla", "'bla'; allowed are amounts such as 30%"),
        ("1%", "the least is 27,496,448 MACs at b = 1"),
    ],
)
def test_a_budget_that_cannot_be_met_or_read(page, budget, said):
    opened = page("compare", look="basis", budget=budget)
    assert any(said in notice for notice in opened.notices)
    assert not opened.app.success
    assert opened.has("chart-basis-over-basis.b")


def test_nothing_is_asked_of_a_curve_over_the_layer(page):
    opened = page("compare", look="basis", budget="30%", over="in_channels")
    assert not opened.app.success
    assert not opened.has("budget")
