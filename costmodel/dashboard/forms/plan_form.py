"""What a visitor asks of a plan: the budget, what is to be small, and what may be done."""

from __future__ import annotations

from typing import Any

import streamlit as st

from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts
from costmodel.dashboard.forms import network_form
from costmodel.dashboard.state.fronts import Weighed
from costmodel.dashboard.state.state import State
from costmodel.documents.spelling import PlanAsked
from costmodel.fields import Choice, Field, Several, Text
from costmodel.metrics.combining import total as added
from costmodel.metrics.metric import METRICS, costs
from costmodel.network import columns
from costmodel.planning.budgets import budget_text
from costmodel.planning.measures import CHANGED, MS
from costmodel.plots.layout import name_of
from costmodel.timing.machines import SHIPPED
from costmodel.timing.store import shipped

#: The channels between stages are multiples of one of these.
MULTIPLES = {"1": "any", "8": "of 8", "16": "of 16", "32": "of 32"}
_OWN = {CHANGED: "fewest layers changed", MS: "predicted time"}
#: The key of the slider.
DRAG = "drag most"
#: Where the error of trained weights is an objective, which may take minutes.
NO_ERROR = (
    "The error of trained weights is an objective on the command line, on your own machine: "
    "`costmodel plan model.pt --at-most macs=50% --minimize error`."
)


def fields() -> list[Field]:
    """The state of the form."""
    columns_ = tuple(_columns())
    return [
        *network_form.fields(),
        Choice("limit", columns_[0], "Budget of", options=(*columns_, MS)),
        Text("most", "50%", "Budget", most=40),
        Choice("least", CHANGED, "Minimise", options=(CHANGED, *columns_, MS)),
        Several(
            "allowed",
            (),
            "Variants that may be chosen",
            "Leave empty for every variant that changes what a layer computes",
            options=tuple(VARIANTS),
            titles=lambda id: name_of(VARIANTS[id]),
        ),
        Text("only", "", "Only these layers", most=200),
        Text("keep", "", "Never these layers", most=200),
        Choice("multiple", "1", "Channels between stages", options=tuple(MULTIPLES)),
        Choice("clock", machines()[0], "Machine", options=machines()),
    ]


def machines() -> tuple[str, ...]:
    """Whose times are predicted: those that come with the project, so that a link says the same."""
    return tuple(shipped.names())


def _columns() -> list[str]:
    """Costs that add up over the layers, multiplies first."""
    sums = [key for key in costs() if METRICS[key].combine is added]
    return list(dict.fromkeys(["macs", "params", *sums]))


def measure_title(key: str) -> str:
    """What a measure is called on the page."""
    return _OWN[key] if key in _OWN else columns.column(key).label


def ask(state: State) -> tuple[str, str]:
    """Draw the question; the measure of the budget, and the one that is to be small."""
    names = (*_columns(), MS)
    with st.container(horizontal=True, vertical_alignment="bottom", key="plan-question"):
        parts.choice(state, "limit", "Budget of", names, measure_title, width=210)
        st.text_input(
            "at most",
            state["most"],
            key="most",
            max_chars=40,
            help="A share of the network such as 50%, or an amount such as 900M",
            width=130,
        )
        others = [key for key in (CHANGED, *names) if key != state["limit"]]
        usual = state.limit(Choice("least", others[0], "Minimise", options=others))
        assert usual in others
        parts.choice(state, "least", "Minimise", others, measure_title, width=230, help=NO_ERROR)
    return state["limit"], state["least"]


def restrict(state: State) -> dict[str, Any]:
    """Draw what may be done; arguments of `front` by name, those that are not usual."""
    allowed = state.fields["allowed"]
    assert isinstance(allowed, Several)
    st.multiselect(
        allowed.label,
        allowed.options,
        list(state["allowed"]),
        key="allowed",
        format_func=allowed.titles,
        help=allowed.help,
        placeholder="all",
    )
    conditions = "`layer3.*`, `kernel=3`, `kind=linear`, `share=2%`; with commas, all of them hold"
    for name, nothing in (("only", "all with weights"), ("keep", "none")):
        label = state.fields[name].label
        st.text_input(
            label, state[name], key=name, max_chars=200, placeholder=nothing, help=conditions
        )
    parts.segments(state, "multiple", MULTIPLES)
    if len(machines()) > 1:
        parts.choice(state, "clock", "Machine", machines())
    may: dict[str, Any] = {
        "variants": [id for id in allowed.options if id in state["allowed"]],
        "where": state["only"].strip(),
        "keep": state["keep"].strip(),
    }
    choices = {name: value for name, value in may.items() if value}
    if state["multiple"] != "1":
        choices["multiple_of"] = int(state["multiple"])
    if MS in (state["limit"], state["least"]):
        choices["machine"] = SHIPPED + state["clock"]
    return choices


def drag(state: State, found: Weighed, index: int) -> None:
    """Draw the slider along the front, which stands at a point, and sets the budget when moved."""
    front = found.front
    stops = {**found.stops, index: found.stops.get(index) or budget_text(front, index)}
    texts = [stops[at] for at in sorted(stops)]
    if len(texts) < 2:
        st.caption(
            "One plan is the least in both, so there is no trade-off to drag along; there is one "
            f"with the {measure_title(CHANGED)}."
        )
        return
    state.shows(DRAG, stops[index])

    def dragged() -> None:
        state.put("most", st.session_state[DRAG])

    every = len(found.stops) == len(front)
    number = f"{len(front):,}"
    which = f"{number} points"
    if not every:
        which = f"{len(found.stops):,} of {which}, any other can be typed"
    st.select_slider(
        f"{measure_title(front.first)}, dragged along the best plans: {which}",
        texts,
        key=DRAG,
        on_change=dragged,
    )


def asked(state: State, source: str, budget: str, choices: dict[str, Any]) -> PlanAsked:
    """The plan as a command, a call and a block have it."""
    return PlanAsked(source, state["at"], (state["limit"], budget), state["least"], choices)
