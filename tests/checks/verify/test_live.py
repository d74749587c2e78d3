"""Counting here and now: the counters' own numbers, and a sentence where there is none."""

import pytest

from costmodel import VARIANTS, ConvLayer, count

pytest.importorskip("torch", reason="counting needs torch")
pytest.importorskip("fvcore", reason="counting needs fvcore")

from costmodel.checks.verify import live

LAYER = ConvLayer(kernel=3, in_channels=8, out_channels=12, size=(9, 7))


def test_both_counters_have_the_number_of_the_formula() -> None:
    wanted = [(VARIANTS["standard"], {}), (VARIANTS["basis"], {"b": 3})]
    found = live.counted(wanted, LAYER)
    assert found["standard"] == dict.fromkeys(live.COUNTERS, count("standard", LAYER).macs)
    assert found["basis"] == dict.fromkeys(live.COUNTERS, count("basis", LAYER, b=3).macs)


def test_what_cannot_be_counted_is_a_sentence() -> None:
    large = LAYER.replace(size=(9999, 9998))
    found = live.counted([(VARIANTS["standard"], {})], large)
    assert "too large" in str(found["standard"]["torch"])
    found = live.counted([(VARIANTS["winograd"], {})], LAYER)
    assert isinstance(found["winograd"]["fvcore"], str)
