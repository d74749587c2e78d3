"""Plan: the best plan for a whole network at every budget, dragged along the exact front."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from costmodel.dashboard import parts
from costmodel.dashboard.forms import network_form, plan_form
from costmodel.dashboard.sections.plan_found import plan_section
from costmodel.dashboard.state.fronts import weighed
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import sentence
from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.network.read import uploads
from costmodel.planning.budgets import budget_text
from costmodel.planning.front import Front


def page() -> None:
    """Draw the page."""
    what = (
        "Which variant for which layer? Set a budget and drag it: every plan shown is the best "
        "there is, with its proof."
    )
    with parts.page(plan_form.fields(), "Plan a network", what) as state:
        state.limit(state.fields["source"])  # another page has more sources
        with st.container(horizontal=True, vertical_alignment="bottom", key="plan-source"):
            parts.segments(state, "source", plan_form.SOURCES)
            network = network_form.choose_network(state)
        if network is None:
            network_form.upload_hint()
        else:
            _ask(state, network)


def _ask(state: State, network: Network) -> None:
    first, second = plan_form.ask(state)
    with st.sidebar:
        choices = plan_form.restrict(state)
        network = network_form.choose_sizes(state, network)
    own = state["source"] == "upload"
    found = weighed(_key(state), network, first, second, choices, own)
    budget, index = _chosen(state, found.front)
    plan_form.drag(state, found, index)
    asked = plan_form.asked(state, _source(state), budget, choices)
    plan_section(state, found.front, budget, index, asked)


def _chosen(state: State, front: Front) -> tuple[str, int]:
    """The budget and its point; the least that any plan reaches where none is within the budget."""
    budget = state["most"].strip()
    try:
        return budget, front.place(budget)
    except InputError as error:
        st.warning(sentence(str(error)))
        return budget_text(front, 0), 0


def _key(state: State) -> tuple[Hashable, ...]:
    """What says which network it is."""
    sizes = tuple(sorted(state["at"].items()))
    if state["source"] == "upload":
        return "upload", st.session_state["upload"].file_id, sizes
    return state["network"], sizes


def _source(state: State) -> str:
    """The network as the command line has it."""
    if state["source"] == "upload":
        return uploads.label(st.session_state["upload"].name)
    return state["network"]
