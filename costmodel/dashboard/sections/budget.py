"""Which values of a letter stay within a budget: asked beside its slider, marked on its curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal, sentence
from costmodel.errors import CostModelError
from costmodel.fields import Choice, Field, Text
from costmodel.metrics.metric import METRICS, costs
from costmodel.plots.layout import name_of
from costmodel.solving.budget import Budget
from costmodel.solving.solution import Solution
from costmodel.solving.solve import break_even_on_layer, solve_on_layer
from costmodel.sweeping.axes import Axis
from costmodel.typed import named, read_amount

_MOST = 150  # percent
_DRAG = "drag budget"


def fields() -> list[Field]:
    """The budget as it is typed, what it is of, and whose share it is."""
    return [
        Text("budget", "", "Budget", most=40),
        Choice("of", "macs", "Budget of", options=costs()),
        Choice("than", VARIANTS.baseline.id, "Share of", options=tuple(VARIANTS)),
    ]


def ask(state: State, counted: Sequence[Counts], looked_at: Counts, over: Axis) -> Solution | None:
    """Draw the question about the letter that the curve goes over, and the answer.

    Returns:
        The answer; None where nothing is asked, or no value meets the budget.
    """
    if not over.letter or looked_at.variant.baseline:
        return None
    others = {c.variant.id: c for c in counted if c.variant is not looked_at.variant}
    ids = list(dict.fromkeys([VARIANTS.baseline.id, *others]))
    than = state.limit(Choice("than", ids[0], "Share of", options=ids))
    _inputs(state, over.letter, ids)
    try:
        found = _answer(state, looked_at, over.letter, others.get(than))
    except CostModelError as error:
        st.warning(sentence(str(error)))
        return None
    if found is not None:
        _say(state, found, over)
    return found


def _inputs(state: State, letter: str, ids: Sequence[str]) -> None:
    """The budget typed or dragged, what it is of, and whose."""
    state.shows(_DRAG, _percent(state["budget"]))

    def dragged() -> None:
        state.put("budget", f"{st.session_state[_DRAG]}%")

    with st.container(horizontal=True, vertical_alignment="bottom", key="budget-inputs"):
        st.text_input(
            f"Which {letter} stays within",
            state["budget"],
            key="budget",
            placeholder="30% or 70M",
            help="A share such as 30%, or an amount such as 70M; empty asks for nothing",
            width=150,
        )
        look: Any = {"key": _DRAG, "on_change": dragged, "format": "%d%%", "width": 220}
        st.slider("or dragged", 1, _MOST, **look)
        parts.choice(state, "of", "of the", costs(), lambda key: METRICS[key].label, width=190)
        titles = {id: name_of(VARIANTS[id]) for id in ids}
        parts.choice(state, "than", "of the layer as", ids, titles.__getitem__, width=250)


def _percent(budget: str) -> int:
    """Where the slider stands for a budget that is typed; at all of it for any other text."""
    try:
        amount, share = read_amount(budget)
    except CostModelError:
        return 100
    return min(max(round(amount * 100), 1), _MOST) if share else 100


def _answer(state: State, looked_at: Counts, letter: str, other: Counts | None) -> Solution | None:
    """The values within the budget; without one, those cheaper than another variant."""
    variant, layer = looked_at.variant, looked_at.layer
    given = {name: value for name, value in looked_at.hyper.items() if name != letter}
    if state["budget"].strip():
        amount, share = named("budget", read_amount, state["budget"])
        metric = METRICS[state["of"]]
        budget = Budget(metric, amount=amount)
        if share and other:
            budget = Budget(metric, share=amount, other=other.variant, given=other.hyper)
        elif share:
            budget = Budget(metric, share=amount)
        return solve_on_layer(variant, letter, layer, (budget,), hyper=given)
    if other is None or other.variant.baseline:
        return None  # the curve shows that break-even anyway
    compared = (other.variant, other.hyper)
    return break_even_on_layer(variant, letter, layer, state["of"], compared, hyper=given)


def _say(state: State, found: Solution, over: Axis) -> None:
    """The answer, and a button that takes its largest value over."""
    left, right = st.columns([5, 1], vertical_alignment="center")
    with left:
        st.success(literal(found.to_text()), icon=":material/target:")
    best = found.edge
    if isinstance(best, int) and best != over.current:
        with right:
            st.button(
                f"{over.letter} = {best:,}",
                on_click=state.put,
                args=(over.key, best),
                key="take budget",
                help="Set the slider to this value",
            )
