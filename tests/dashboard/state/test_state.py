"""State: complete in the URL, kept across pages, and never broken by what a link says."""

from streamlit.testing.v1 import AppTest

from costmodel.dashboard.pages.compare import _fields

SCRIPT = """
import streamlit as st
from costmodel.fields import Integer, Several, Text
from costmodel.dashboard.state.state import State

shared = Integer("m", 64, "Channels", low=1, high=100)

def one():
    state = State([shared, Several("show", ("a",), options=("a", "b", "c"))]).begin()
    state.notice_here()
    st.number_input("m", 1, 100, state["m"], key="m")
    st.multiselect("show", ["a", "b", "c"], list(state["show"]), key="show")
    st.write("m is", state["m"])
    state.finish()

def two():
    state = State([shared, Text("name", "x")]).begin()
    state.notice_here()
    st.text_input("name", state["name"], key="name")
    state.finish()

{"one": one, "two": two}[st.session_state.get("page", "one")]()
"""


def start(**query):
    app = AppTest.from_string(SCRIPT)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def query(app):
    return {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}


def test_defaults_stand_in_the_url_as_well():
    assert query(start()) == {"m": "64", "show": "a"}


def test_a_link_sets_the_widgets():
    app = start(m="7", show="c,b")
    assert app.number_input[0].value == 7
    assert list(app.multiselect[0].value) == ["b", "c"]
    assert not app.warning


def test_widgets_set_the_url():
    app = start(m="7")
    app.number_input[0].set_value(9).run()
    app.multiselect[0].set_value(["c"]).run()
    assert query(app) == {"m": "9", "show": "c"}


def test_bad_values_are_one_notice_and_their_defaults():
    app = start(m="abc", show="a,q", bogus="1")
    (notice,) = app.warning
    assert "Channels is 'abc'; allowed are integers from 1 to 100" in notice.value
    assert "unknown show 'q'" in notice.value
    assert "bogus: not known on this page" in notice.value
    assert query(app) == {"m": "64", "show": "a"}
    assert not app.number_input[0].set_value(5).run().warning, "the notice is said once"


def test_values_survive_other_pages():
    app = start(m="7", show="b")
    app.session_state["page"] = "two"
    app.query_params.clear()  # as the navigation does
    app.run()
    assert query(app) == {"m": "7", "name": "x"}, "the shared field goes along"
    app.text_input[0].set_value("y").run()
    app.session_state["page"] = "one"
    app.query_params.clear()
    app.run()
    assert query(app) == {"m": "7", "show": "b"}
    assert app.number_input[0].value == 7


def test_going_back_restores_the_earlier_view():
    app = start(m="7")
    app.number_input[0].set_value(9).run()
    app.query_params["m"] = "7"  # as the browser's back button does
    app.run()
    assert app.number_input[0].value == 7
    assert query(app)["m"] == "7"


def test_a_moved_widget_wins_over_an_address_that_lags_behind():
    app = start(m="7")
    app.query_params["m"] = "3"
    app.number_input[0].set_value(9).run()
    assert app.number_input[0].value == 9
    assert query(app)["m"] == "9"


def test_the_names_of_compare_are_unique():
    names = [field.name for field in _fields()]
    assert len(names) == len(set(names))
