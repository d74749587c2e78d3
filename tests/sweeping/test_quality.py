"""Qualities: shares of full rank as the engine has them, and joined tables read strictly."""

import pytest

from costmodel import VARIANTS, ConvLayer, count
from costmodel.core.full_rank import full_ranks
from costmodel.errors import CostModelError, InputError
from costmodel.sweeping import quality
from costmodel.sweeping.quality import RankShare, read_joined
from costmodel.sweeping.trade_off import trade_off

LAYER = ConvLayer(kernel=(3, 5), in_channels=24, out_channels=36, size=(17, 14))


@pytest.mark.parametrize("id", VARIANTS)
def test_shares_are_those_of_each_setting_alone(id):
    rows = list(trade_off([id], LAYER, settings=30, quality=RankShare()))
    ranked = 0
    for row in rows[::5]:
        bound = count(id, LAYER, **row["hyper"]).bound
        shares = [bound.hyper[letter] / full for letter, full in full_ranks(bound).items()]
        expected = min([1.0, *shares]) if shares or id == "standard" else None
        assert row["rank_share"] == expected
        ranked += bool(shares)
    assert ranked or not rows or id not in ("basis", "tucker2", "cp", "fire")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no table; allowed is CSV"),
        ("b,accuracy\n4,0.9", "the columns b, accuracy; allowed are variant"),
        ("variant,b\nbasis,4", "one column of numbers"),
        ("variant,b,x,y\nbasis,4,1,2", "one column of numbers"),
        ("variant,b,accuracy\nbasis,4", "row 2 has 2 cells; allowed are 3"),
        ("variant,b,accuracy\nbases,4,1", "row 2: unknown variant"),
        ("variant,r,accuracy\nbasis,4,1", "row 2: unknown hyper-parameter of basis 'r'"),
        ("variant,b,accuracy\nbasis,4,good", "row 2: 'good'; allowed are numbers"),
        ("variant,b,accuracy\nbasis,1e99999999,1", "row 2: '1e99999999'"),
        (
            "variant,b,accuracy\nbasis,4,1\nbasis,4,2",
            "row 3: basis with these values is",
        ),
    ],
)
def test_what_is_no_table_is_one_sentence(text, words):
    with pytest.raises(CostModelError) as caught:
        read_joined(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_of_too_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(quality, "MOST_ROWS", 2)
    with pytest.raises(InputError, match="3 rows; allowed are up to 2"):
        read_joined("variant,accuracy\nbasis,1\ncp,2\nfire,3")


def test_a_setting_that_does_not_fit_is_refused():
    with pytest.raises(CostModelError, match="grouped"):
        trade_off(["grouped"], LAYER, quality=read_joined("variant,g,accuracy\ngrouped,7,0.5"))
