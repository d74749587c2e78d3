"""A page's state: in the session, in the widgets, and complete in the URL.

Streamlit's own binding of widgets to the URL drops defaults and forgets a page's values when
another page is opened. So the values live in the session under one key, and after each run the URL
says all of them. Whoever opens the link gets the same view.

The session's values are the only truth. A widget that was moved changes them; the URL does so only
where the visitor came by it (`arrival`). A widget is told a value only where it shows another one:
telling it takes back whatever was pressed since the run began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from costmodel.dashboard.state.arrival import by_address
from costmodel.documents.markdown import literal
from costmodel.errors import CostModelError
from costmodel.fields import Field

_VALUES = "_values"  # name → value, for every field of every page seen
_WRITTEN = "_written"  # the query that this session wrote last


class State:
    """The fields of one page during one run.

    Call `begin` before the first widget and `finish` after the last one; `state["name"]` is a
    value. `problems` are sentences about values in the URL that were not taken.
    """

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields: dict[str, Field] = {field.name: field for field in fields}
        self.problems: list[str] = []
        self._values: dict[str, Any] = {}
        self._linked: frozenset[str] = frozenset()  # names that a link has just set
        self._place: Any = None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    # -- before the widgets --------------------------------------------------------------------
    def begin(self) -> State:
        """Take over what the visitor's widgets or the URL say."""
        values = self._values = st.session_state.setdefault(_VALUES, {})
        for field in self.fields.values():
            values.setdefault(field.name, field.default)
        self._take_widgets()
        query = st.query_params.to_dict()
        # The address of a reload after a lost connection is the one that was written last.
        if by_address() and query != st.session_state.get(_WRITTEN):
            self._adopt(query)
        return self

    def _take_widgets(self) -> None:
        """The values of the widgets into ours."""
        for name, field in self.fields.items():
            if field.bound and name in st.session_state:
                self._values[name] = st.session_state[name]

    def _adopt(self, query: Mapping[str, str]) -> None:
        self._linked = frozenset(query).intersection(self.fields)
        if not self._linked:
            return  # another page's link in the navigation: what was set stays
        for name, field in self.fields.items():
            value = field.default
            if name in query:
                try:
                    value = field.read(query[name])
                except CostModelError as error:
                    self.problems.append(str(error))
            self.put(name, value)
        strangers = [name for name in query if name not in self.fields]
        if strangers:
            self.problems.append(f"{', '.join(sorted(strangers)[:5])}: not known on this page")

    # -- while the page runs -------------------------------------------------------------------
    def put(self, name: str, value: Any) -> None:
        """Set a field before its widget is drawn, or in a callback."""
        self._values[name] = value
        if self.fields[name].bound:
            st.session_state[name] = value

    def shows(self, key: str, value: Any) -> Any:
        """The value, which a widget whose key is no field's shows; to be called before it is drawn.

        The widget is told only where it shows another one: a link, a button or a default has
        changed the value, not the widget itself.
        """
        if key not in st.session_state or st.session_state[key] != value:
            st.session_state[key] = value
        return value

    def limit(self, field: Field) -> Any:
        """Replace a field by one with other limits; a value outside them becomes the default."""
        usual = self.fields[field.name].default
        self.fields[field.name] = field
        try:
            field.check(self[field.name])
        except CostModelError as error:
            if field.name in self._linked and self[field.name] != usual:
                self.problems.append(str(error))
            self.put(field.name, field.default)
        return self[field.name]

    # -- after the widgets ---------------------------------------------------------------------
    def query(self) -> dict[str, str]:
        """The whole state as it stands in the URL."""
        texts = {name: field.write(self[name]) for name, field in self.fields.items()}
        return {name: text for name, text in texts.items() if text is not None}

    def finish(self) -> None:
        """Write the values into the URL, where they are not there already; and the notice."""
        query = self.query()
        # Not what the browser last told us alone: it may not have heard of our last address yet.
        if query != st.query_params.to_dict() or query != st.session_state.get(_WRITTEN):
            st.query_params.from_dict(query)
        st.session_state[_WRITTEN] = query
        if self.problems and self._place is not None:
            self._place.warning(
                "Part of this link was not understood and was replaced by its default: "
                + "; ".join(map(literal, self.problems))
                + "."
            )

    def notice_here(self) -> None:
        """Where one notice will stand for everything in the link that was not understood."""
        if self._linked:
            self._place = st.container()
