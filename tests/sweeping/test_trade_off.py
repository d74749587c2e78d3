"""Trade-offs: exact costs of every setting, and a front that nobody beats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel import VARIANTS, ConvLayer, CostModelError, count
from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.sweeping.trade_off import front, trade_off

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40)


@given(pairs)
def test_the_front_is_what_nobody_beats(costs):
    """Beside the definition, spelled out over all pairs."""
    beaten = {
        a
        for a, one in enumerate(costs)
        for other in costs
        if other != one and other[0] <= one[0] and other[1] <= one[1]
    }
    assert front(costs) == set(range(len(costs))) - beaten


def test_rows_are_exact_counts():
    table = trade_off(["standard", "basis"], LAYER, ("params", "macs"), settings=60)
    rows = [row for row in table if row["variant"] == "basis"]
    assert [row["hyper"] for row in rows] == [{"b": b} for b in range(1, 16)]
    for b, row in enumerate(rows, 1):
        counts = count("basis", LAYER, b=b)
        assert (row["params"], row["macs"]) == (counts.params, counts.macs)
    (standard,) = [row for row in table if row["variant"] == "standard"]
    assert standard["macs"] == count("standard", LAYER).macs


def test_the_present_setting_is_marked():
    table = trade_off(["basis", "tucker2"], LAYER, **{"tucker2.r2": 5, "basis.b": 7})
    present = {row["variant"]: row["hyper"] for row in table if row["present"]}
    assert present == {"basis": {"b": 7}, "tucker2": {"r1": 12, "r2": 5}}


def test_the_front_is_marked_exactly():
    table = trade_off([v.id for v in VARIANTS.values() if v.common], LAYER)
    costs = [(row["params"], row["macs"]) for row in table]
    for place, row in enumerate(table):
        beaten = any(
            other != costs[place] and other[0] <= costs[place][0] and other[1] <= costs[place][1]
            for other in costs
        )
        assert row["front"] != beaten
    assert any(row["front"] for row in table)


def test_settings_are_few_and_fit():
    layer = LAYER.replace(in_channels=4096, out_channels=4096)
    table = trade_off(["channel_svd", "grouped"], layer, settings=10)
    assert sum(row["variant"] == "channel_svd" for row in table) in (10, 11)
    assert all(4096 % row["hyper"]["g"] == 0 for row in table if row["variant"] == "grouped")


def test_all_hyper_parameters_vary_at_once():
    table = trade_off(["tucker2", "octave"], LAYER, settings=100, r1=5)
    rows = [row for row in table if row["variant"] == "tucker2"]
    pairs = {(row["hyper"]["r1"], row["hyper"]["r2"]) for row in rows}
    assert len(pairs) == len(rows) >= 100
    assert len({r1 for r1, _ in pairs}) * len({r2 for _, r2 in pairs}) == len(pairs)
    for row in rows[::17]:
        counts = Counts(bind(VARIANTS["tucker2"], LAYER, row["hyper"]))
        assert (row["params"], row["macs"]) == (counts.params, counts.macs)
    assert sum(row["present"] for row in rows) == 1
    assert [row["hyper"] for row in table if row["variant"] == "octave"] == [{"alpha": 0.5}]


def test_what_does_not_fit_is_said():
    table = trade_off(["standard", "conv2plus1d"], LAYER)
    assert [id for id, _ in table.skipped] == ["conv2plus1d"]


def test_unknown_names_are_sentences():
    with pytest.raises(CostModelError, match="unknown metric"):
        trade_off(["basis"], LAYER, ("params", "mac"))
    with pytest.raises(CostModelError, match="unknown variant"):
        trade_off(["bases"], LAYER)
