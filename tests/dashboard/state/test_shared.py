"""What visitors share depends on its key alone, and is theirs only where it is everybody's."""

import pytest
from streamlit.testing.v1 import AppTest

from costmodel import VARIANTS, ConvLayer, count, define
from costmodel.comparing.compare import compare
from costmodel.dashboard.state.shared import comparison, counted
from costmodel.errors import VariantError

LAYER = ConvLayer(kernel=3, in_channels=24, out_channels=36, size=(17, 14))


def test_counts_are_the_library_s_and_kept():
    found = counted(VARIANTS["basis"], LAYER, {"b": 5})
    assert (found.params, found.macs) == (
        count("basis", LAYER, b=5).params,
        count("basis", LAYER, b=5).macs,
    )
    assert counted(VARIANTS["basis"], LAYER, {"b": 5}) is found
    assert counted(VARIANTS["basis"], LAYER.replace(batch=2), {"b": 5}).macs == 2 * found.macs


def test_a_visitor_s_own_variant_is_not_taken_for_a_registered_one():
    mine = define("basis", "m, r m i -> r", "r, n r j -> n", r=4, register=False)
    assert counted(mine, LAYER, {"r": 4}).params == count(mine, LAYER, r=4).params
    assert counted(VARIANTS["basis"], LAYER, {}).params == count("basis", LAYER).params


def test_a_refusal_is_raised_every_time():
    for _ in range(2):
        with pytest.raises(VariantError):
            counted(VARIANTS["grouped"], LAYER, {"g": 7})


def test_a_comparison_is_the_library_s():
    ids, values = ("standard", "basis"), (("basis.b", 3),)
    found = comparison(LAYER, ids, ("macs", "params"), values)
    assert found.to_csv() == compare(LAYER, ids, ("macs", "params"), hyper=dict(values)).to_csv()


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
