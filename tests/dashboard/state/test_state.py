"""State: complete in the URL, kept across pages, and never broken by what a link says."""

from dataclasses import replace

import pytest
from streamlit.runtime.state.query_params_proxy import QueryParamsProxy
from streamlit.testing.v1 import AppTest

from costmodel.dashboard.navigation import PAGES
from costmodel.dashboard.state import state
from costmodel.fields import Choice, Several

SCRIPT = """
import streamlit as st
from costmodel.fields import Integer, OptionalInteger, Several, Text
from costmodel.dashboard.state.state import State

def nine():
    page.put("rank", 9)

def moved():
    page.put("rank", st.session_state["slider"])

shared = Integer("m", 64, "Channels", low=1, high=100)

def one():
    rank = OptionalInteger("rank")
    state = State([shared, Several("show", ("a",), options=("a", "b", "c")), rank]).begin()
    state.notice_here()
    st.number_input("m", 1, 100, state["m"], key="m")
    st.multiselect("show", ["a", "b", "c"], list(state["show"]), key="show")
    st.write("m is", state["m"])
    shown = state.shows("slider", state["rank"] or 2)
    st.slider("rank", 1, 9, shown, key="slider", on_change=moved)
    st.button("nine", on_click=nine)
    state.finish()
    return state

def two():
    state = State([shared, Text("name", "x")]).begin()
    state.notice_here()
    st.text_input("name", state["name"], key="name")
    state.finish()

page = {"one": one, "two": two}[st.session_state.get("page", "one")]()
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


def test_going_back_restores_the_earlier_view(monkeypatch):
    app = start(m="7")
    app.number_input[0].set_value(9).run()
    app.query_params["m"] = "7"
    monkeypatch.setattr(state, "by_address", lambda: True)  # as the browser's back button does
    app.run()
    assert app.number_input[0].value == 7
    assert query(app)["m"] == "7"


def test_a_moved_widget_wins_over_an_address_that_lags_behind():
    app = start(m="7")
    app.query_params["m"] = "3"
    app.number_input[0].set_value(9).run()
    assert app.number_input[0].value == 9
    assert query(app)["m"] == "9"


def test_an_address_that_lags_behind_changes_nothing():
    app = start(m="7")
    app.number_input[0].set_value(9).run()
    app.query_params["m"] = "7"  # the browser has not heard of 9 yet
    app.button[0].click().run()
    assert app.number_input[0].value == 9
    assert query(app)["m"] == "9"


def test_a_slider_beside_a_field_wins_over_an_address_that_lags_behind():
    app = start(rank="3")
    app.slider[0].set_value(4).run()
    app.query_params["rank"] = "3"
    app.slider[0].set_value(5).run()
    assert app.slider[0].value == 5
    assert query(app)["rank"] == "5"


def test_the_address_is_said_again_where_the_browser_has_another_one_on_its_way(monkeypatch):
    app = start(rank="3")
    said = []
    monkeypatch.setattr(QueryParamsProxy, "from_dict", lambda _, query: said.append(query["rank"]))
    app.slider[0].set_value(4).run()
    app.query_params["rank"] = "3"  # 4 is on its way while the visitor moves back
    app.slider[0].set_value(3).run()
    assert said == ["4", "3"]


def test_a_widget_is_told_its_value_only_where_it_shows_another():
    app = start(rank="3")
    app.slider[0].set_value(4).run()
    assert not app.slider[0].proto.set_value, "told, it forgets what was pressed meanwhile"
    app.button[0].click().run()
    assert app.slider[0].value == 9
    assert app.slider[0].proto.set_value


@pytest.mark.slow
def test_every_page_has_names_of_its_own_and_tells_no_widget_what_it_shows(page, monkeypatch):
    fields, begin = {}, state.State.begin

    def recording(self):
        fields[module] = list(self.fields.values())
        return begin(self)

    monkeypatch.setattr(state.State, "begin", recording)
    for module, _, _ in PAGES:
        again = page(module).run()
        assert [e.key for e in again.elements() if getattr(e, "key", None) and _told(e)] == []
    meanings = {}
    for module, found in fields.items():
        names = [field.name for field in found]
        assert len(names) == len(set(names)), module
        for field in found:
            # two pages share a name only where a text means the same on both
            assert meanings.setdefault(field.name, _meaning(field)) == _meaning(field), field.name
    assert len(meanings) > 30


def _told(element):
    return getattr(getattr(element, "proto", None), "set_value", False)


def _meaning(field):
    """Its kind and what is allowed, not what it is called on a page."""
    bare = replace(field, label="", help=None)
    return replace(bare, titles=str) if isinstance(bare, Choice | Several) else bare
