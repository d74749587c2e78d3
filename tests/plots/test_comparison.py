"""Figures of a comparison show the table's numbers, in its order."""

import pytest

from costmodel import VARIANTS, ConvLayer, compare, define
from costmodel.core.readable import ratio_in_words
from costmodel.plots.comparison import LONGEST, ratio_bars, standing, summary
from costmodel.plots.layout import label_of, name_of
from costmodel.plots.palette import style_of
from costmodel.typed import write_pairs

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
IDS = ["standard", "depthwise_separable", "shared_basis", "cp"]


@pytest.fixture(scope="module")
def table():
    return compare(LAYER, IDS)


def traces(figure, kind):
    """Those with data, by name."""
    return {
        trace.name: trace
        for trace in figure.data
        if trace.type == kind and trace.customdata is not None
    }


def test_bars_are_the_ratios_in_the_order_of_the_table(table):
    bars = traces(ratio_bars(table), "bar")
    assert list(bars) == ["MACs", "Parameters"]
    for name, key in (("MACs", "macs_ratio"), ("Parameters", "params_ratio")):
        assert list(bars[name].x) == table.column(key)
        assert list(bars[name].y) == [label_of(VARIANTS[id]) for id in IDS]


def test_twin_bars_are_one():
    table = compare(LAYER, ["standard", "depthwise_separable", "basis"])
    assert table.column("macs_ratio") == table.column("params_ratio")
    bars = traces(ratio_bars(table), "bar")
    assert list(bars) == ["MACs and Parameters"]
    row = table.rows[2]
    for key in ("macs", "params"):
        assert f"{row[key]:,}" in bars["MACs and Parameters"].customdata[2]


def test_bars_begin_at_zero_on_a_linear_axis(table):
    figure = ratio_bars(table)
    assert figure.layout.xaxis.type != "log"
    assert figure.layout.xaxis.range[0] == 0
    assert figure.layout.xaxis.range[1] > max(table.column("macs_ratio"))
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (1, 1)


def test_bars_that_are_cut_off_still_say_their_number():
    layer = LAYER.replace(kernel=1)
    table = compare(layer, ["standard", "basis"], b=9)
    assert table.rows[1]["macs_ratio"] > 9
    figure = ratio_bars(table)
    bars = traces(figure, "bar")["MACs and Parameters"]
    assert bars.x[1] == LONGEST < figure.layout.xaxis.range[1]
    (mark,) = [trace for trace in figure.data if trace.name == "cut off"]
    assert list(mark.y) == ["basis"]
    assert mark.x[0] < bars.x[1]
    assert bars.text[1] == f"×{table.rows[1]['macs_ratio']:.4g}"


def test_hover_has_the_exact_integer(table):
    for row, text in zip(table, traces(ratio_bars(table), "bar")["MACs"].customdata, strict=True):
        assert f"{row['macs']:,}" in text
        assert write_pairs(row["hyper"], ", ") in text


def test_colours_are_the_variants(table):
    wanted = [style_of(VARIANTS[id]).color for id in IDS]
    assert list(traces(ratio_bars(table), "bar")["MACs"].marker.color) == wanted


def test_huge_counts_are_drawn():
    big = ConvLayer(kernel=3, in_channels=10**6, out_channels=10**6, size=(10**5, 10**5 + 1))
    table = compare(big, ["standard"])
    (bars,) = traces(ratio_bars(table), "bar").values()
    assert f"{9 * 10**12 * 10**5 * (10**5 + 1):,}" in bars.customdata[0]


def test_summary_says_the_numbers_in_words(table):
    words = summary(table)
    for row in table:
        assert f"{row['macs']:,} MACs" in words


def test_a_typed_title_is_no_markup():
    mine = define("mine", "m, n m i j -> n", title="<b>x</b> & <a href='u'>y</a>", register=False)
    assert "<b>" not in label_of(mine)
    assert "&lt;b&gt;" in label_of(mine)
    figure = ratio_bars(compare(LAYER, [mine]))
    assert "<a" not in str(figure.to_json())


def test_names_leave_out_what_all_share():
    assert name_of(VARIANTS["depthwise_separable"]) == "depthwise separable"


def test_how_a_variant_stands_among_the_others():
    table = compare(LAYER, ["standard", "basis", "depthwise_separable", "cp"], b=4)
    macs = {id: counts.macs for id, counts in table.counts.items()}
    for id in macs:
        less = sum(other < macs[id] for other in macs.values())
        title = standing(table, id)
        share = f"{ratio_in_words(macs[id] / macs['standard'])} MACs than the standard"
        assert (share if id != "standard" else "as many MACs as the standard") in title
        needs = "need" if less > 1 else "needs"
        assert title.endswith(f"; {less or 'none'} of the 3 others {needs} fewer")
