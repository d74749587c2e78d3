"""Plan: the best plan for a whole network at every budget, dragged along the exact front."""

from __future__ import annotations

import streamlit as st

from costmodel.dashboard import parts
from costmodel.dashboard.forms import network_form, plan_form
from costmodel.dashboard.forms.accepted import accepted
from costmodel.dashboard.forms.file_form import kept_file
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
        with st.container(horizontal=True, vertical_alignment="bottom", key="plan-source"):
            parts.segments(state, "source", network_form.SOURCES)
            weights = state["source"] == "weights"
            network = None if weights else network_form.choose_network(state)
        if network is not None:
            _ask(state, network)
        elif weights:
            st.info(plan_form.NO_ERROR)
        else:
            network_form.upload_hint()


def _ask(state: State, network: Network) -> None:
    first, second = plan_form.ask(state)
    with st.sidebar:
        choices = plan_form.restrict(state)
        network = network_form.choose_sizes(state, network)
    file = kept_file(network_form.UPLOAD) if state["source"] == "upload" else None
    key = (file.id if file else state["network"], tuple(sorted(state["at"].items())))
    found = accepted(
        "plan",
        (key, first, second),
        choices,
        lambda may: weighed(key, network, first, second, may, own=file is not None),
    )
    if found is None:
        return
    known, choices = found
    budget, index = _chosen(state, known.front)
    plan_form.drag(state, known, index)
    source = uploads.label(file.name) if file else state["network"]
    asked = plan_form.asked(state, source, budget, choices)
    plan_section(state, known.front, budget, index, asked)


def _chosen(state: State, front: Front) -> tuple[str, int]:
    """The budget and its point; the least that any plan reaches where none is within the budget."""
    about = (front.network.name, front.first)
    amount = accepted("budget", about, state["most"].strip(), front.limit)
    budget = amount[1] if amount else budget_text(front, 0)
    try:
        return budget, front.place(budget)
    except InputError as error:
        st.warning(sentence(str(error)))
        return budget_text(front, 0), 0
