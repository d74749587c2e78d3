"""What visitors share depends on its key alone, and is theirs only where it is everybody's."""

from streamlit.testing.v1 import AppTest

from costmodel import VARIANTS, ConvLayer, count, define
from costmodel.comparing.compare import compare
from costmodel.dashboard.state.shared import comparison

LAYER = ConvLayer(kernel=3, in_channels=24, out_channels=36, size=(17, 14))


BASIS, GROUPED = VARIANTS["basis"], VARIANTS["grouped"]


def test_a_comparison_is_the_library_s_and_kept():
    found = comparison(LAYER, (VARIANTS.baseline, BASIS), (("basis.b", 3),), ("activations",))
    metrics = ("params", "macs", "activations")
    assert found.to_csv() == compare(LAYER, ["standard", "basis"], metrics, b=3).to_csv()
    assert found.baseline.macs == count("standard", LAYER).macs
    again = comparison(LAYER, (BASIS, VARIANTS["cp"]), (("basis.b", 3), ("cp.r", 5)))
    assert again.counts["basis"] is found.counts["basis"], "counted once"
    doubled = comparison(LAYER.replace(batch=2), (BASIS,), (("basis.b", 3),))
    assert doubled.counts["basis"].macs == 2 * found.counts["basis"].macs


def test_a_variant_of_the_same_name_is_another_one():
    mine = define("basis", "m, r m i -> r", "r, n r j -> n", r=4, register=False)
    for variant in (mine, BASIS):
        assert (
            comparison(LAYER, (variant,), ()).counts["basis"].params == count(variant, LAYER).params
        )


def test_what_does_not_fit_is_left_out_with_a_reason_every_time():
    for _ in range(2):
        found = comparison(LAYER, (BASIS, GROUPED), (("grouped.g", 7),))
        assert list(found.counts) == ["basis"]
        ((name, reason),) = found.skipped
        assert name == "grouped"
        assert "not divisible by g = 7" in reason


def test_a_part_is_drawn_once_per_key_and_shown_every_time():
    script = """
import streamlit as st
from costmodel.dashboard.state.shared import drawn

calls = st.session_state.setdefault("calls", [])
key = st.session_state.get("key", "a")
with st.container():
    drawn(("test part", key), lambda: (calls.append(key), st.text(f"part {key}")))
"""
    app = AppTest.from_string(script).run()
    for key in ("a", "b", "a"):
        app.session_state["key"] = key
        app.run()
        assert [text.value for text in app.text] == [f"part {key}"]
    assert app.session_state["calls"] == ["a", "b"]
