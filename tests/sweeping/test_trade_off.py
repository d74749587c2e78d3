"""Trade-offs: exact costs of every setting, and a front that nobody beats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel import VARIANTS, ConvLayer, CostModelError, count
from costmodel.comparing.count import Counts
from costmodel.core.bind import bind
from costmodel.sweeping.quality import RankShare, read_joined
from costmodel.sweeping.trade_off import front, trade_off

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))
numbers = st.integers(0, 9) | st.fractions(0, 9, max_denominator=3)
pairs = st.lists(st.tuples(numbers, numbers), max_size=40)
triples = st.lists(st.tuples(numbers, numbers, numbers), max_size=40)


@given(pairs | triples)
def test_the_front_is_what_nobody_beats(costs):
    """Beside the definition, spelled out over all pairs."""
    beaten = {
        a
        for a, one in enumerate(costs)
        for other in costs
        if other != one and all(x <= y for x, y in zip(other, one, strict=True))
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


def test_every_variant_has_its_own_front_by_rank():
    """What costs more and can express no more is beaten; a larger rank is not beaten by cost."""
    ids = ["standard", "basis", "tucker2", "grouped"]
    table = trade_off(ids, LAYER, settings=60, quality=RankShare())
    for id in ids:
        own = [row for row in table if row["variant"] == id]
        for row in own:
            place = (row["params"], row["macs"], -(row["rank_share"] or 0))
            beaten = row["rank_share"] is None or any(
                other != place and all(x <= y for x, y in zip(other, place, strict=True))
                for other in ((r["params"], r["macs"], -r["rank_share"]) for r in own)
            )
            assert row["front"] != beaten
    assert {row["front"] for row in table if row["variant"] == "grouped"} == {False}
    (standard,) = [row for row in table if row["variant"] == "standard"]
    assert (standard["rank_share"], standard["front"]) == (1.0, True)


def test_a_joined_column_is_an_axis():
    rows = ["tucker2,7,5,,0.91", "basis,,,4,0.92", "basis,,,6,0.89", "standard,,,,.95"]
    text = "\n".join(["variant,r1,r2,b,accuracy", *rows])
    table = trade_off(["standard", "basis", "tucker2"], LAYER, quality=read_joined(text))
    known = {
        (row["variant"], *row["hyper"].values()): (row["accuracy"], row["front"])
        for row in table
        if row["accuracy"] is not None
    }
    assert known == {
        ("standard",): (0.95, True),
        ("basis", 4): (0.92, True),
        ("basis", 6): (0.89, False),  # dearer than four, and worse
        ("tucker2", 7, 5): (0.91, True),
    }
    smaller = trade_off(["basis"], LAYER, quality=read_joined(text, larger=False))
    assert [row["front"] for row in smaller if row["accuracy"] is not None] == [True, True]
