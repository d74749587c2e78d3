"""A closer look at one variant: its hyper-parameters, ratio curve, derivation and stages."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.comparing.explain import explain
from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts
from costmodel.dashboard.forms import hyper_form, selection
from costmodel.dashboard.sections import budget
from costmodel.dashboard.state.shared import drawn
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal
from costmodel.fields import Choice, Field
from costmodel.plots.curve import ratio_curve
from costmodel.plots.diagram import stage_diagram
from costmodel.solving.solution import Solution
from costmodel.sweeping.axes import LAYER_AXES, Axis, axes, spaced
from costmodel.sweeping.break_evens import break_evens, explain_break_even
from costmodel.sweeping.grid import on_grid

_METRICS = ("macs", "params")
_POINTS = 160


def fields() -> list[Field]:
    """Which variant, and over which axis."""
    every = [f"{v.id}.{name}" for v in VARIANTS.values() for name in v.hyper]
    return [
        selection.look_field(),
        Choice("over", "", "Curve over", options=("", *every, *LAYER_AXES)),
        *budget.fields(),
    ]


def chosen(state: State, counted: Sequence[Counts]) -> Counts:
    """The counts of the variant looked at; where it is not shown, of the first one that is."""
    by_id = {counts.variant.id: counts for counts in counted}
    return by_id[state.limit(selection.look_field(by_id))]


def axis(state: State, looked_at: Counts) -> Axis:
    """What the curve goes over: by choice one of the variant's own letters or the layer's sizes."""
    over = _axes(looked_at)
    names = list(over)
    return over[state.limit(Choice("over", names[0], "Curve over", options=names))]


def draw(state: State, counted: Sequence[Counts], looked_at: Counts, over: Axis) -> None:
    """Draw the section."""
    variant = looked_at.variant
    view = (variant.id, repr(looked_at.layer), repr(looked_at.hyper))
    st.header("Closer look", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="look-inputs"):
        parts.variant_choice(state, [counts.variant.id for counts in counted])
        hyper_form.sliders(state, looked_at)
    within = budget.ask(state, counted, looked_at, over)
    st.markdown(literal(explain(looked_at)))
    facts = (("", variant.summary), ("**When:** ", variant.wins), ("**But:** ", variant.gives_up))
    st.markdown("  \n".join(f"{label}{text}" for label, text in facts if text))
    if variant.note:
        st.caption(variant.note)
    left, right = st.columns(2, gap="medium")
    with left:
        titles = _axes(looked_at)
        label = f"Ratio to the {VARIANTS.baseline.title} over"
        parts.choice(state, "over", label, titles, lambda key: titles[key].label)
        asked = (state["budget"], state["of"], state["than"], within and within.to_text())
        drawn(
            ("curve", over.key, *view, *asked),
            lambda: _curve(state, looked_at, over, within),
        )
    with right:
        drawn(("derivations", *view), lambda: _derivations(looked_at))
    st.subheader("Stages and shapes", anchor=False)
    drawn(("stages", *view), lambda: st.html(stage_diagram(looked_at)))


def _derivations(looked_at: Counts) -> None:
    """Formula = numbers substituted = result, for the metrics that the curve shows."""
    # half a second of SymPy, after the first figures
    from costmodel.formulas.derivation import derivation

    st.markdown("**Where the numbers come from**")
    derivations = [derivation(looked_at, metric=metric) for metric in _METRICS]
    for one in derivations:
        st.markdown(f"{one.metric.label}:")
        st.latex(one.latex())
    with st.popover("Copy", icon=":material/content_copy:"):
        st.markdown("**LaTeX**")
        st.code("\n\n".join(one.latex() for one in derivations), language="latex", wrap_lines=True)
        st.markdown("**Text**")
        st.code("\n".join(one.text() for one in derivations), language=None, wrap_lines=True)


def _axes(looked_at: Counts) -> dict[str, Axis]:
    """What can vary, the variant's own letters first."""
    varying = axes(looked_at.layer, [looked_at.variant], looked_at.hyper)
    return {axis.key: axis for axis in sorted(varying, key=lambda axis: not axis.letter)}


def _curve(state: State, looked_at: Counts, over: Axis, within: Solution | None) -> None:
    """The ratio over one axis, everything else as it is, and what a budget allows."""
    variant, layer, hyper = looked_at.variant, looked_at.layer, looked_at.hyper
    metrics = dict.fromkeys((*_METRICS, *([within.metric] if within else ())))
    swept = on_grid([variant], layer, {over.key: _values(over)}, metrics, hyper=hyper)
    even = break_evens(looked_at, over, _METRICS)
    sentence = explain_break_even(looked_at, over, even)
    name = f"{variant.id}-over-{over.key}"
    figure = ratio_curve(swept, over, even, within)
    said = f"{sentence} {within.to_text()}" if within else sentence
    parts.chart(figure, name, f"Curve. {said}")
    st.caption(sentence)


def _values(axis: Axis) -> tuple[int, ...]:
    """The axis' range, and its present value wherever that lies."""
    return tuple(sorted({*spaced(axis.low, axis.high, _POINTS), axis.current}))
