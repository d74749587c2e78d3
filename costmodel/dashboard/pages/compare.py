"""Compare: one layer, every variant, and a closer look at one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import streamlit as st

from costmodel.comparing.compare import Comparison
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.layer_form import FIELDS, further_form, layer_form, layer_texts
from costmodel.dashboard.sections import closer_look, counters
from costmodel.dashboard.state.behind import readers
from costmodel.dashboard.state.state import State
from costmodel.dashboard.state.timings import timed
from costmodel.documents.markdown import literal
from costmodel.documents.spelling import compare_command, compare_directive, report_command
from costmodel.fields import Choice, Several
from costmodel.metrics.metric import METRICS
from costmodel.plots.against_time import against_time, row_of, summary
from costmodel.timing.answer import Answer
from costmodel.walled.wall import Wall

_TIME = "time"
_LISTED = ""
#: What the rows can be sorted by: as the catalogue has them, by time, or by any metric shown.
_ORDERS = (_LISTED, _TIME)
_CHART = "ratios"
#: As many answers and figures of them are kept as visitors are likely to come back to.
_ANSWERS = 100
_figure = lru_cache(maxsize=_ANSWERS)(against_time)


def page() -> None:
    """Draw the page."""
    what = "Exact multiplies and parameters of each way to factorise one layer, and their times."
    with parts.page(_fields(), "What does each convolution cost?", what) as state:
        with st.sidebar:
            chosen = selection.choose_variants(state)
            _further_columns(state)
            further_form(state)
        _show(state, layer_form(state), chosen)


def _further() -> tuple[str, ...]:
    return tuple(key for key, metric in METRICS.items() if not metric.shown)


def _orders() -> tuple[str, ...]:
    return (*_ORDERS, *(key for key, metric in METRICS.items() if metric.shown))


def _fields() -> list[Any]:
    return [
        *FIELDS,
        *selection.fields(),
        *selection.hyper_fields(),
        *closer_look.fields(),
        Several("columns", (), "Further columns", options=_further(), titles=_label),
        Choice("sort", _LISTED, "Sorted by", options=_orders()),
    ]


def _label(key: str) -> str:
    return METRICS[key].label


def _order_title(key: str) -> str:
    return {_LISTED: "Family", _TIME: "Time"}.get(key) or METRICS[key].label


def _further_columns(state: State) -> None:
    if _further():
        st.multiselect(
            "Further columns",
            _further(),
            list(state["columns"]),
            key="columns",
            format_func=_label,
            placeholder="none",
        )


def _show(state: State, layer: ConvLayer, chosen: Sequence[Variant]) -> None:
    compared = selection.fitting(state, layer, chosen, state["columns"])
    reasons = [reason for _, reason in compared.skipped]
    if not compared.variants:
        st.info("No variant that fits this layer is chosen: choose a family in the sidebar.")
        parts.left_out(reasons)
        return
    counted = list(compared.counts.values())
    looked_at = closer_look.chosen(state, counted)
    over = closer_look.axis(state, looked_at)
    answer = timed(compared)
    _answers(answer, looked_at.variant.id)
    _comparison(state, answer)
    parts.left_out(reasons)
    parts.above_full_rank(counted)
    closer_look.draw(state, counted, looked_at, over)


def _answers(answer: Answer, looked_at: str) -> None:
    """What the comparison comes to, a line each; the page's first lines."""
    lines = [f"**{found.asked}:** {literal(found.text)}" for found in answer.findings(looked_at)]
    st.info("  \n".join(lines), icon=":material/lightbulb:")


@lru_cache(maxsize=_ANSWERS)
def _sorted(answer: Answer, by: str) -> Answer:
    """The same comparison in another order of its rows; what has no such value comes last."""
    if by == _LISTED:
        return answer
    compared = answer.comparison

    def place(variant: Variant) -> tuple[bool, Any]:
        time = answer.time_ratio(variant.id)
        value = time if by == _TIME else compared.counts[variant.id][by]
        return value is None, value or 0

    variants = tuple(sorted(compared.variants, key=place))
    return Answer(replace(compared, variants=variants), answer.estimates)


def _comparison(state: State, answer: Answer) -> None:
    """The figure, what it can be taken away as, and the table: one order, one choice for both."""
    compared, ordered = answer.comparison, _sorted(answer, state["sort"])
    ids = [variant.id for variant in ordered.comparison.variants]

    def look(place: int) -> None:
        if 0 <= place < len(ids):
            state.put("look", ids[place])

    def clicked() -> None:
        points = st.session_state[f"chart-{_CHART}"].selection.points
        if points:
            look(row_of(points[0]))

    source = ordered.estimates.opened.note if ordered.estimates else "No times are stored."
    parts.chart(
        _figure(ordered, state["look"]),
        _CHART,
        f"Bars of multiplies and dots of time. {summary(ordered)}",
        finding=ordered.lesson(),
        source=f"Bars are exact counts, dots are predictions with nine-in-ten intervals. {source}",
        on_select=clicked,
        selection_mode="points",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="order"):
        parts.choice(state, "sort", "Sorted by", _orders(), _order_title, width=150)
        _take_away(state, compared)
        counters.button(compared)
    tables.cost_table(ordered, counters.said(compared), counters.HELP, state["look"], look)
    parts.notes([f"Layer: {compared.layer}.", counters.note(compared)])
    parts.conventions(compared)


def _take_away(state: State, compared: Comparison) -> None:
    """The table as a file, as a command and as a block for documents."""
    ids = [variant.id for variant in compared.variants]
    hyper = selection.hyper_values(state, compared.variants)
    further = [metric.key for metric in compared.metrics] if state["columns"] else ()
    texts, wall = layer_texts(state), readers()
    parts.take_away(
        state,
        compared,
        "comparison",
        command=compare_command(texts, ids, further, hyper),
        directive=compare_directive(texts, ids, further, hyper),
        report=lambda: _report(wall, compared.layer, texts, ids, hyper),
    )


def _report(
    wall: Wall,
    layer: ConvLayer,
    texts: Mapping[str, str],
    ids: Sequence[str],
    hyper: Mapping[str, Any],
) -> str:
    """The page to send, made elsewhere: it takes seconds, which other visitors do not notice."""
    from costmodel.documents.report.report import report

    made_by = report_command(texts, ids, hyper)
    return wall.call(report, layer, ids, hyper=hyper, made_by=made_by)
