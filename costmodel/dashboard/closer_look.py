"""A closer look at one variant: its hyper-parameters, ratio curve, derivation and stages."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from costmodel.counting import Counts
from costmodel.dashboard import hyper_form, parts, selection
from costmodel.dashboard.fields import Choice, Field
from costmodel.dashboard.state import State
from costmodel.explain import explain_break_even
from costmodel.layer import ConvLayer
from costmodel.plots.curve import ratio_curve
from costmodel.plots.diagram import stage_diagram
from costmodel.plots.layout import name_of
from costmodel.sweep import LAYER_AXES, Axis, Crossing, axes, crossing, spaced, sweep
from costmodel.variant import VARIANTS

_METRICS = ("macs", "params")
_POINTS = 160
# Shown first: the first variant of a family that is all about one number and its break-even.
_FIRST_FAMILY = "basis"


def fields() -> list[Field]:
    """Which variant, and over which axis."""
    ids = list(VARIANTS)
    first = next((id for id in ids if VARIANTS[id].family == _FIRST_FAMILY), ids[0])
    every = [f"{v.id}.{name}" for v in VARIANTS.values() for name in v.hyper]
    return [
        Choice("look", first, "Variant", options=ids),
        Choice("over", "", "Curve over", options=("", *every, *LAYER_AXES)),
    ]


def chosen(state: State, counted: Sequence[Counts]) -> Counts:
    """The counts of the variant looked at; where it is not shown, of the first one that is."""
    found = {counts.variant.id: counts for counts in counted}
    preferred = fields()[0].default
    default = preferred if preferred in found else next(iter(found))
    return found[state.limit(Choice("look", default, "Variant", options=tuple(found)))]


def draw(state: State, layer: ConvLayer, counted: Sequence[Counts], looked_at: Counts) -> None:
    """Draw the section."""
    variant, hyper = looked_at.variant, selection.hyper_values(state)
    st.header("Closer look", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="look-inputs"):
        st.selectbox(
            "Variant",
            [counts.variant.id for counts in counted],
            key="look",
            format_func=lambda id: name_of(VARIANTS[id]),
            width=260,
        )
        hyper_form.sliders(state, looked_at)
    st.markdown(variant.summary + (f"  \n**When:** {variant.wins}" if variant.wins else ""))
    if variant.note:
        st.caption(variant.note)
    curve, derivation = st.columns(2, gap="medium")
    with curve:
        _curve(state, layer, looked_at, hyper)
    with derivation:
        st.subheader("Stages and shapes", anchor=False)
        st.html(stage_diagram(looked_at))


def _curve(state: State, layer: ConvLayer, looked_at: Counts, hyper: dict[str, object]) -> None:
    """The ratio over one of the variant's hyper-parameters or of the layer's sizes."""
    variant = looked_at.variant
    found = {axis.key: axis for axis in axes(layer, [variant], **hyper)}
    own = [key for key in found if "." in key]
    options = [*own, *(key for key in found if "." not in key)]
    over = state.limit(Choice("over", options[0], "Curve over", options=options))
    st.selectbox(
        "Ratio to the standard layer over",
        options,
        key="over",
        format_func=lambda key: found[key].label,
    )
    axis = found[over]
    swept = sweep([variant], layer, {over: _values(axis)}, _METRICS, **hyper)
    even = _break_evens(looked_at, axis, hyper)
    parts.chart(state, ratio_curve(swept, axis, even), f"{variant.id}-over-{axis.key}", "Curve")
    st.caption(explain_break_even(looked_at, axis, even))


def _values(axis: Axis) -> tuple[int, ...]:
    """The axis' range, and its present value wherever that lies."""
    return tuple(sorted({*spaced(axis.low, axis.high, _POINTS), axis.current}))


def _break_evens(looked_at: Counts, axis: Axis, hyper: dict[str, object]) -> list[Crossing]:
    if not axis.letter or looked_at.variant.baseline:
        return []
    found = (
        crossing(looked_at.variant, looked_at.layer, axis.letter, metric, **hyper)
        for metric in _METRICS
    )
    return [even for even in found if even is not None]
