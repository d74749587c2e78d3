"""Multiplies against time: bars and dots are the answer's numbers, what is cut off is marked."""

import pytest

from costmodel import VARIANTS, ConvLayer, compare
from costmodel.plots.against_time import against_time, row_of, summary
from costmodel.plots.comparison import LONGEST
from costmodel.plots.palette import style_of
from costmodel.timing.answer import Answer
from costmodel.timing.opened import SHIPPED, estimates
from costmodel.timing.store import shipped

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
IDS = ["standard", "depthwise_separable", "basis", "shared_basis"]
TIME = "time, predicted, with its interval"


def answer_on(layer, ids=IDS, **hyper):
    table = compare(layer, ids, **hyper)
    return Answer(table, estimates(table, machine=SHIPPED + shipped.names()[0]))


@pytest.fixture(scope="module")
def answer():
    return answer_on(LAYER)


def traces(figure):
    return {trace.name: trace for trace in figure.data if trace.customdata is not None}


def test_bars_and_dots_are_ratios_in_the_order_of_the_rows(answer):
    found = traces(against_time(answer))
    assert list(found["multiplies"].x) == answer.comparison.column("macs_ratio")
    assert list(found[TIME].x) == [answer.time_ratio(id) for id in IDS]
    for trace in (found["multiplies"], found[TIME]):
        assert [row_of({"y": y}) for y in trace.y] == [0, 1, 2, 3]
        assert list(trace.marker.color) == [style_of(VARIANTS[id]).color for id in IDS]
    whole = answer.baseline.seconds
    for place, id in enumerate(IDS):
        own = answer.time(id)
        low = found[TIME].x[place] - found[TIME].error_x.arrayminus[place]
        assert low == pytest.approx(own.low / whole)
    for row, text in zip(answer.comparison, found["multiplies"].customdata, strict=True):
        assert f"{row['macs']:,}" in text


def test_parameters_are_drawn_only_where_they_save_something_else(answer):
    strokes = traces(against_time(answer))["parameters"]
    (row,) = {row_of({"y": y}) for y in strokes.y}
    assert IDS[row] == "shared_basis"
    assert list(strokes.x) == [answer.comparison.rows[3]["params_ratio"]]
    alone = answer_on(LAYER, IDS[:3])
    assert "parameters" not in traces(against_time(alone))


@pytest.mark.filterwarnings("ignore::costmodel.errors.FullRankWarning")
def test_what_is_cut_off_has_a_mark_and_its_number():
    answer = answer_on(LAYER.replace(kernel=1), ["standard", "basis"], b=9)
    assert answer.macs_ratio("basis") > LONGEST
    figure = against_time(answer)
    (mark,) = [trace for trace in figure.data if trace.name == "cut off"]
    assert [row_of({"y": y}) for y in mark.y] == [1]
    bars = traces(figure)["multiplies"]
    assert mark.x[0] < bars.x[1] < figure.layout.xaxis.range[1]
    assert bars.text[1] == f"×{answer.macs_ratio('basis'):.4g}"
    within = against_time(answer_on(LAYER))
    assert "cut off" not in {trace.name for trace in within.data}


def test_an_interval_that_goes_on_has_an_arrow(answer):
    figure = against_time(answer)
    (numbers,) = [
        trace for trace in figure.data if trace.type == "scatter" and trace.mode == "text"
    ]
    end = figure.layout.xaxis.range[1] / 1.24
    for id, text, x in zip(IDS, numbers.text, numbers.x, strict=True):
        high = answer.time(id).high / answer.baseline.seconds
        assert ("▸" in text) == (high > end)
        assert x == pytest.approx(min(high, end))
    assert any("▸" in text for text in numbers.text)


def test_the_variant_looked_at_stands_out(answer):
    figure = against_time(answer, "basis")
    assert figure.layout.yaxis.ticktext[2] == "<b>basis</b>"
    (band,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (band.y0, band.y1) == (1.5, 2.5)
    assert not [s for s in against_time(answer, "cp").layout.shapes if s.type == "rect"]


def test_without_times_there_are_bars_alone():
    figure = against_time(Answer(compare(LAYER, IDS)))
    assert set(traces(figure)) == {"multiplies", "parameters"}


def test_summary_says_the_numbers_in_words(answer):
    words = summary(answer)
    assert "basis: ×" in words
    assert f"×{answer.time_ratio('basis'):.4f} time" in words
