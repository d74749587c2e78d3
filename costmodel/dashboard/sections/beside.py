"""Two networks, or two states of one, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from costmodel.core.readable import exact, ratio_in_words
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms import network_form, what_if_form
from costmodel.dashboard.sections.network_totals import milliseconds, times_of
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal
from costmodel.errors import CostModelError, InputError
from costmodel.fields import Field, Texts
from costmodel.network import columns
from costmodel.network.network import Network
from costmodel.network.read.library import available
from costmodel.plots import network as figures
from costmodel.plots import network_words as words
from costmodel.table import Column, Table
from costmodel.typed import read_pair, write_pairs

_FIELD = "beside"
#: The network that is looked at, as it is without what is put in place.
_SAME = "."
_TOTALS = ("params", "macs", "weight_bytes", "activations", "peak_memory")
_CHOICE = "choice beside"


def fields() -> list[Field]:
    """What stands beside: a network's name with its sizes, then what is put in place."""
    return [Texts(_FIELD, (), "Side by side with")]


def choose_beside(state: State) -> None:
    """Draw the choice of what stands beside."""
    present = ";".join(state[_FIELD])
    texts = dict.fromkeys(["", *([present] if present else []), _SAME, *available()])
    state.shows(_CHOICE, present)

    def chosen() -> None:
        text = st.session_state[_CHOICE]
        state.put(_FIELD, tuple(text.split(";")) if text else ())

    with st.container(horizontal=True, vertical_alignment="bottom", key="network-beside"):
        st.selectbox(
            "Side by side with",
            list(texts),
            list(texts).index(present),
            key=_CHOICE,
            on_change=chosen,
            format_func=_title,
            width=300,
        )
        st.button(
            "Keep this state beside",
            icon=":material/splitscreen_right:",
            on_click=lambda: state.put(_FIELD, present_state(state)),
            help="Then go on changing: what you see now stays beside it",
        )


def present_state(state: State) -> tuple[str, ...]:
    """The state that is looked at, as its text: network, sizes and what is in place."""
    name = state["network"] if state["source"] == "shipped" else _SAME
    sizes = state["at"] if state["source"] == "shipped" else {}
    head = ",".join(filter(None, (name, write_pairs(sizes))))
    return (head, *what_if_form.replacements(state))


def beside_section(state: State, network: Network, result: Network) -> None:
    """Draw both, where something is chosen to stand beside; what is refused is said here."""
    if not state[_FIELD]:
        return
    try:
        other = _read(state, network)
    except CostModelError as error:
        parts.refuse(error)
        return
    both = (result, other)
    titles = (_said(result), _title(";".join(state[_FIELD])))
    st.header(literal(_finding(both, titles, state["cost"])), anchor=False)
    tables.show(_totals(both, titles), "Totals of both, and the ratio of the first to the second")
    for place, one, title in zip(st.columns(2, gap="medium"), both, titles, strict=True):
        with place:
            st.markdown(f"**{literal(title)}**")
            st.caption(literal(words.where_it_lies(one, state["cost"])))
            name = f"beside-{title}"
            drawn = figures.layer_bars(one, state["cost"])
            parts.chart(drawn, name, f"Bars. {words.summary(one, state['cost'])}")
            if not_drawn := figures.left_out(one, state["cost"]):
                st.caption(literal(not_drawn))


def _read(state: State, network: Network) -> Network:
    """What stands beside."""
    head, *placed = state[_FIELD]
    name, *pairs = head.split(",")
    if name == _SAME:
        other = network
    elif name in available():
        other = network_form.at(network_form.shipped(name), dict(map(read_pair, pairs)))
    else:
        allowed = f"{_SAME} and the shipped networks: {', '.join(available())}"
        raise InputError(f"side by side with {name[:60]!r}; allowed are {allowed}")
    return what_if_form.put_texts(state, other, placed)


def _title(text: str) -> str:
    """What stands beside, for people."""
    if not text:
        return "nothing"
    head, *placed = text.split(";")
    name, _, sizes = head.partition(",")
    title = "this network as it is" if name == _SAME else name
    title = f"{title} at {sizes.replace(',', ', ')}" if sizes else title
    more = f" and {len(placed) - 1} more" if len(placed) > 1 else ""
    return f"{title} with {placed[0]}{more}" if placed else title


def _said(network: Network) -> str:
    count = len(network.replaced)
    layers = "1 layer" if count == 1 else f"{count} layers"
    return f"{network.name} with {layers} replaced" if count else network.name


def _finding(both: Sequence[Network], titles: Sequence[str], cost: str) -> str:
    first, second = (columns.total(one, cost) or 0 for one in both)
    label = columns.column(cost).label
    if not second:
        return f"{label} of both"
    return f"{label} of {titles[0]}: {ratio_in_words(first / second)} than {titles[1]}"


def _totals(both: Sequence[Network], titles: Sequence[str]) -> Table:
    """A row per quantity: of the first, of the second, their ratio."""
    rows = []
    for key in _TOTALS:
        first, second = (columns.total(one, key) for one in both)
        if first is None or second is None:
            continue
        ratio = ratio_in_words(first / second if second else None)
        title = columns.column(key).label
        rows.append({"what": title, "one": exact(first), "other": exact(second), "ratio": ratio})
    times = [times_of(one) for one in both]
    known = [found[0].whole for found in times if found is not None]
    if len(known) == len(both):
        one, other = known
        ratio = ratio_in_words(one.seconds / other.seconds if other.seconds else None)
        said = {"one": milliseconds(one), "other": milliseconds(other)}
        rows.append({"what": "Predicted time", **said, "ratio": ratio.replace("fewer", "less")})
    named = zip(("one", "other"), titles, strict=True)
    shown = (Column("what", "In all"), *(Column(key, title) for key, title in named))
    return Table((*shown, Column("ratio", "Ratio")), rows)
