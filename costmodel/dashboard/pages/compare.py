"""Compare: one layer, every variant, and a closer look at one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from costmodel.comparing.compare import Comparison
from costmodel.comparing.explain import explain
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.layer_form import FIELDS, further_form, layer_form, layer_texts
from costmodel.dashboard.sections import closer_look
from costmodel.dashboard.state.shared import drawn
from costmodel.dashboard.state.state import State
from costmodel.documents.spelling import compare_command, compare_directive
from costmodel.fields import Several
from costmodel.metrics.metric import METRICS
from costmodel.plots.comparison import cost_dots, ratio_bars, summary


def page() -> None:
    """Draw the page."""
    what = "Exact parameters and multiplies of each way to factorise one convolution layer."
    with parts.page(_fields(), "What does each convolution cost?", what) as state:
        with st.sidebar:
            chosen = selection.choose_variants(state)
            _further_columns(state)
            further_form(state)
        _show(state, layer_form(state), chosen)


def _further() -> tuple[str, ...]:
    return tuple(key for key, metric in METRICS.items() if not metric.shown)


def _fields() -> list[Any]:
    return [
        *FIELDS,
        *selection.fields(),
        *selection.hyper_fields(),
        *closer_look.fields(),
        Several("columns", (), "Further columns", options=_further(), titles=_label),
    ]


def _label(key: str) -> str:
    return METRICS[key].label


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
    st.info(explain(looked_at), icon=":material/lightbulb:")
    _comparison(state, compared)
    parts.left_out(reasons)
    parts.above_full_rank(counted)
    closer_look.draw(state, counted, looked_at, over)


def _comparison(state: State, compared: Comparison) -> None:
    hyper = selection.hyper_values(state, compared.variants)
    shown = [[v.id for v in compared.variants], [m.key for m in compared.metrics]]
    view = (repr(compared.layer), repr(shown), repr(hyper))
    above, below = st.container(), st.container()
    with below:  # drawn first: a new server shows its first bars before it has loaded pandas
        drawn(("compare figures", *view), lambda: _figures(state, compared))
    with above:
        drawn(("compare table", *view), lambda: tables.cost_table(compared))
        _take_away(state, compared, hyper)


def _take_away(state: State, compared: Comparison, hyper: dict[str, Any]) -> None:
    """The table as a file, as a command and as a block for documents."""
    ids = [variant.id for variant in compared.variants]
    further = [metric.key for metric in compared.metrics] if state["columns"] else ()
    texts = layer_texts(state)
    parts.take_away(
        state,
        compared,
        "comparison",
        command=compare_command(texts, ids, further, hyper),
        directive=compare_directive(texts, ids, further, hyper),
        caption=f"Layer: {compared.layer}.",
    )
    parts.conventions(compared)


def _figures(state: State, compared: Comparison) -> None:
    words = summary(compared)
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("Cost relative to the standard layer", anchor=False)
        parts.chart(ratio_bars(compared), "ratios", f"Bars of ratios. {words}")
    with right:
        st.header("Absolute cost", anchor=False)
        parts.chart(cost_dots(compared), "costs", f"Dots on a logarithmic axis. {words}")
