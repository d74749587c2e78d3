"""Measured: whether fewer multiplies are less time, from stored times and from a measurement."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS, Variant
from costmodel.dashboard import measuring, parts, tables
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.layer_form import FIELDS, further_form, layer_form, layer_texts
from costmodel.dashboard.state.state import State
from costmodel.dashboard.state.timings import available, timings
from costmodel.documents.markdown import literal, sentence
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.fields import Choice, Field
from costmodel.plots.measured import promised_and_kept, time_over_macs
from costmodel.plots.roofline import roofline
from costmodel.plots.timing import measured_against_predicted
from costmodel.table import Column, Table
from costmodel.timing.background import Measurement
from costmodel.timing.overview import Overview
from costmodel.timing.roofline import CASE, CLASS

#: Views of what is there, by name; a view without data is not offered.
VIEWS = {
    "times": "Time over MACs",
    "roofline": "Roofline",
    "predicted": "Measured against predicted",
    "measure": "Measure a layer",
}


def page() -> None:
    """Draw the page."""
    machines = available()
    state = State(_fields(tuple(machines))).begin()
    parts.heading(
        "Are fewer multiplies less time?",
        "Often not: memory, small kernels and library code decide as well. Measure, and see.",
    )
    state.notice_here()
    chosen: Sequence[Variant] = ()
    with st.sidebar:
        if state["times"] == "measure":
            chosen = selection.choose_variants(state)
            st.markdown("**Layer, in detail**")
            further_form(state)
        parts.figure_format(state)
    try:
        _view(state, chosen, list(machines))
    except CostModelError as error:
        parts.refuse(error)
    state.finish()


def _fields(machines: tuple[str, ...]) -> list[Field]:
    offered = tuple(VIEWS) if machines else ("measure",)
    machine = [Choice("machine", machines[0], "Machine", options=machines)] if machines else []
    return [
        *FIELDS,
        *selection.fields(),
        *selection.hyper_fields(),
        *machine,
        Choice("times", offered[0], "Show", options=offered),
        parts.FIGURE_FORMAT,
    ]


def _view(state: State, chosen: Sequence[Variant], machines: list[str]) -> None:
    if not machines:
        _measure(state, chosen)
        st.info(
            "No times are kept on this machine yet. `python -m costmodel calibrate` measures a "
            "designed set of layers, and this page then shows them, the machine's roofline, and "
            "how well times are predicted."
        )
        return
    parts.segments(state, "times", VIEWS)
    if state["times"] == "measure":
        _measure(state, chosen)
        return
    st.selectbox("Machine", machines, machines.index(state["machine"]), key="machine")
    found = timings(state["machine"])
    draw = {"times": _times, "roofline": _roofline, "predicted": _predicted}
    draw[state["times"]](state, found)


# -- a measurement ---------------------------------------------------------------------------------


def _measure(state: State, chosen: Sequence[Variant]) -> None:
    layer = layer_form(state)
    possible = [variant for variant in chosen if not variant.algorithm_of]
    if VARIANTS.baseline not in possible:
        possible = [VARIANTS.baseline, *possible]  # what the others are compared with
    counted, reasons = selection.fitting(layer, possible, selection.hyper_values(state, possible))
    counted = counted[: measuring.MAX_VARIANTS]
    present = measuring.mine()
    running = present is not None and present.running
    st.markdown(
        "On this server, one thread, on the CPU, with random weights: "
        + ", ".join(f"`{counts.variant.id}`" for counts in counted)
        + f". {measuring.ROUNDS} rounds in random order; the least time of each counts."
    )
    if st.button("Measure", icon=":material/timer:", key="measure", disabled=running):
        _start(state, layer, counted)
    parts.left_out(reasons)
    if present is not None and present.running:
        st.fragment(_progress, run_every=1.0)()
    elif present is not None:
        _result(state, present)


def _start(state: State, layer: ConvLayer, counted: Sequence[Counts]) -> None:
    used = selection.hyper_values(state, [counts.variant for counts in counted])
    try:
        measuring.start(layer_texts(state), counted, used)
        st.rerun()  # with the progress, and without a button for another one
    except MissingDependencyError as error:
        st.info(sentence(str(error)))
    except CostModelError as error:
        st.error(sentence(str(error)))


def _progress() -> None:
    """How far it is; once it is finished, the whole page is drawn anew."""
    present = measuring.mine()
    if present is None or not present.running:
        st.rerun()
    assert present is not None
    share = present.progress()
    rounds = f"{round(share * measuring.ROUNDS)} of {measuring.ROUNDS} rounds"
    st.progress(share, text=rounds if share else "Loading torch…")
    if st.button("Stop", icon=":material/stop_circle:", key="stop"):
        present.stop()
        st.rerun()


def _result(state: State, present: Measurement) -> None:
    if present.stopped:
        st.info("Stopped. Nothing was kept.")
    elif present.error:
        st.error(sentence(present.error))
    if present.table is None:
        return
    rows = list(present.table)
    first = rows[0]
    st.success(
        literal(
            f"Measured on {first['processor']}: {first['in_channels']} → {first['out_channels']} "
            f"channels at {first['size']}."
        )
    )
    words = "; ".join(f"{row['variant']} {row['min_ms']:.4g} ms" for row in rows)
    parts.chart(state, promised_and_kept(rows), "measured", f"Bars. {words}")
    st.caption(
        "Where the bar of time is longer than that of multiplies, the variant keeps less than its "
        "multiplies promise. A thin line is the middle half of the rounds."
    )
    shown = ("variant", "hyper", "macs", "min_ms", "median_ms", "iqr_ms", "gmacs_per_s")
    _table(state, present.table, shown, "measurement")


# -- stored times ----------------------------------------------------------------------------------


def _times(state: State, found: Overview) -> None:
    rows = list(found.rows)
    words = f"{len(rows)} layers on {found.machine}: milliseconds over multiplies."
    parts.chart(state, time_over_macs(rows), "times", words)
    st.caption(
        "If multiplies were time, all points would lie on one line. Layers above the others take "
        "more time for the same multiplies."
    )
    _table(state, found.rows, _SHOWN, "times")


_SHOWN = (
    "variant",
    "hyper",
    "kernel",
    "in_channels",
    "out_channels",
    "size",
    "stride",
    "class",
    "macs",
    "min_ms",
    "median_ms",
    "iqr_ms",
    "gmacs_per_s",
)


def _roofline(state: State, found: Overview) -> None:
    if found.peaks is None or found.roofline is None:
        st.info(
            "This machine's peaks were not measured: `python -m costmodel calibrate` does it, and "
            "takes a second for them."
        )
        return
    words = f"Rates of {len(found.roofline)} convolutions below the roof of {found.machine}."
    parts.chart(state, roofline(found.roofline, found.peaks), "roofline", words)
    st.caption(
        "Left of the ridge, moving numbers takes longer than multiplying them; the roof is what "
        "the machine reaches at best. A variant with fewer multiplies often lies further left."
    )
    _table(state, found.roofline, found.roofline.names, "roofline")


def _predicted(state: State, found: Overview) -> None:
    if not found.unseen:
        st.info(
            "This machine is not calibrated: `python -m costmodel calibrate` measures a designed "
            "set of layers that a model of its times is made from."
        )
        return
    real, said, kinds, names = zip(*found.unseen, strict=True)
    figure = measured_against_predicted(real, said, kinds, names)
    parts.chart(state, figure, "predicted", f"{len(real)} layers on {found.machine}.")
    st.caption(
        "Each layer is predicted by a model that has seen neither it nor its neighbours; on the "
        "line, the prediction is right."
    )
    rows = [
        {"case": name, "class": kind, "measured_ms": 1e3 * real, "predicted_ms": 1e3 * said}
        for real, said, kind, name in found.unseen
    ]
    times = (
        Column(f"{key}_ms", f"{key.capitalize()}, ms", "ms") for key in ("measured", "predicted")
    )
    table = Table((CASE, CLASS, *times), rows)
    _table(state, table, table.names, "predicted")


def _table(state: State, table: Table, shown: Sequence[str], name: str) -> None:
    """The rows in view; the file has their machine and protocol as well."""
    tables.show(table.select(shown), name)
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.csv_button(table, name)
        parts.share(state)
    parts.notes(table.notes)
