"""A plan that was found: its totals and proof, where it lies, what it does to each layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from costmodel.core.readable import exact, ratio_in_words, si
from costmodel.dashboard import parts, tables
from costmodel.dashboard.sections.sending import page_to_send
from costmodel.dashboard.state.state import State
from costmodel.dashboard.state.timings import shipped_times
from costmodel.documents.markdown import literal
from costmodel.documents.spelling import PlanAsked
from costmodel.network import columns
from costmodel.network.views import TOTAL
from costmodel.planning.front import Front
from costmodel.planning.left_alone import left_alone
from costmodel.planning.measures import CHANGED, OWN, TITLES
from costmodel.planning.plan import Plan
from costmodel.plots import plan as figures
from costmodel.plots import plan_words as words
from costmodel.plots.layout import name_of
from costmodel.table import Table
from costmodel.timing.comparison import Timed
from costmodel.timing.networks import network_with_time

_WIDTH = 300  # of a total, in pixels
_SIZES = ("kernel", "in_channels", "out_channels", "size")


def plan_section(state: State, front: Front, budget: str, index: int, asked: PlanAsked) -> None:
    """Draw the plan at a point of a front.

    Args:
        budget: as it was typed, which leads to the point `index`.
        asked: the same for the command line.
    """
    plan = front.at(budget)
    key = front.first if front.first not in OWN else "macs"
    st.header(literal(words.of_plan(front, plan)), anchor=False)
    _totals(state, front, plan)
    proof = f"{plan.proof[0].upper()}{plan.proof[1:]} {plan.decision}"
    st.success(literal(proof), icon=":material/verified:")
    parts.chart(
        figures.front_figure(front, index),
        "plan-front",
        figures.front_summary(front, index),
        finding=words.of_front(front),
        source=front.notes[0],
    )
    parts.csv_button(front, "plan-front", "Figure as CSV")
    parts.chart(
        figures.layer_changes(plan, key),
        "plan-layers",
        figures.changes_summary(plan, key),
        finding=words.by_layer(plan),
        source=f"Each layer counted by the formulas, before and after. From: {plan.before.source}.",
    )
    _replaced(plan, key)
    _left(front, budget)
    command, block, python = asked.command(), asked.directive(), asked.python()
    parts.take_away(
        state,
        plan,
        "plan",
        command=command,
        directive=block,
        python=python,
        report=page_to_send(
            plan.network, own=state["source"] == "upload", sentences=(plan.decision, plan.proof)
        ),
        caption="`network SOURCE --plan plan.csv` puts the plan of the file in place again.",
    )
    parts.notes(plan.notes[2:])


# -- in numbers ------------------------------------------------------------------------------------


def _totals(state: State, front: Front, plan: Plan) -> None:
    """Totals before and after, and predicted time with its interval."""
    shown = dict.fromkeys((front.first, front.second, "macs", "params"))
    with st.container(horizontal=True, key="plan-totals"):
        for key in shown:
            if key not in OWN:
                _total(plan, key)
            elif key != CHANGED:
                whole, now = front.measures.totals[key], plan.totals[key]
                st.metric(
                    f"{TITLES[key]}, layers alone",
                    f"{float(now):.4g}",
                    f"{float(whole):.4g} before",
                    delta_color="off",
                    delta_arrow="off",
                    help=f"What the plan is about: {OWN[key]}, each alone with its caches warm",
                    width=_WIDTH,
                )
        _time(state, plan)


def _total(plan: Plan, key: str) -> None:
    before, after = (columns.total(n, key) or 0 for n in (plan.before, plan.network))
    st.metric(
        columns.column(key, plan.before).label,
        exact(after),
        f"{ratio_in_words(after / before)} than {si(before)} before" if before else None,
        delta_color="off",
        delta_arrow="off",
        help=f"{si(after)}; before {exact(before)}. {columns.column(key, plan.before).convention}",
        width=_WIDTH,
    )


def _time(state: State, plan: Plan) -> None:
    """The predicted time of the whole network, before and after, with its interval."""
    timed = Timed(shipped_times(state["clock"]))
    table = network_with_time(Table(("layer",), [{"layer": TOTAL}]), plan.network, timed)
    cells = table.rows[-1]
    if "predicted_ms" not in cells:
        return  # no convolution and no linear layer
    now = _interval(cells, "low_ms", "high_ms")
    if "before_ms" in cells:
        then = _interval(cells, "before_low_ms", "before_high_ms")
        now += f", before {cells['before_ms']:.3g} ms {then}"
    st.metric(
        "Predicted time",
        f"{cells['predicted_ms']:.3g} ms",
        now,
        delta_color="off",
        delta_arrow="off",
        help=" ".join(table.notes),
        width=_WIDTH,
    )


def _interval(cells: Mapping[str, Any], low: str, high: str) -> str:
    return f"[{cells[low]:.3g} – {cells[high]:.3g}]"


def _replaced(plan: Plan, key: str) -> None:
    """What was replaced by what, with the costs before and after."""
    *rows, _ = plan.rows
    done = [
        {**row, "variant": name_of(plan.choices[row["layer"]].variant)}
        for row in rows
        if row["layer"] in plan.choices
    ]
    if done:
        costs = dict.fromkeys((key, "macs", "params"))
        sides = [f"{cost}{side}" for cost in costs for side in ("_before", "", "_ratio")]
        names = ["layer", "variant", "hyper", *sides, *_SIZES]
        known = {column.key: column for column in plan.columns}
        table = Table([known[name] for name in names], done)
        tables.show(table, "What was replaced by what", pinned="layer")


def _left(front: Front, budget: str) -> None:
    """The layers that stay, each with the option that comes nearest."""
    table = left_alone(front, budget)
    if table.rows:
        st.header("Why the others stay", anchor=False)
        tables.show(table, "Layers left as they are, with the nearest option", pinned="layer")
        parts.notes(table.notes)
