"""Measured: whether fewer multiplies are less time, from stored times and from a measurement."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from costmodel.core.variant import Variant
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.layer_form import FIELDS, further_form
from costmodel.dashboard.sections import measuring
from costmodel.dashboard.state.state import State
from costmodel.dashboard.state.timings import available, timings
from costmodel.fields import Choice, Field
from costmodel.plots import measured_words as words
from costmodel.plots.measured import rates_by_class, time_over_macs
from costmodel.plots.roofline import roofline
from costmodel.plots.timing import measured_against_predicted
from costmodel.table import Column, Table
from costmodel.timing.overview import Overview
from costmodel.timing.rates import rates
from costmodel.timing.roofline import CASE, CLASS

#: Views of what is there, by name; a view without data is not offered.
VIEWS = {
    "rates": "Rates by class",
    "times": "Time over MACs",
    "roofline": "Roofline",
    "predicted": "Measured against predicted",
    "measure": "Measure a layer",
}


def page() -> None:
    """Draw the page."""
    machines = available()
    what = "Often not: memory, small kernels and library code decide as well. Measure, and see."
    with parts.page(_fields(tuple(machines)), "Are fewer multiplies less time?", what) as state:
        chosen: Sequence[Variant] = ()
        with st.sidebar:
            if state["times"] == "measure":
                chosen = selection.choose_variants(state)
                further_form(state)
        _view(state, chosen, list(machines))


def _fields(machines: tuple[str, ...]) -> list[Field]:
    offered = tuple(VIEWS) if machines else ("measure",)
    machine = [Choice("machine", machines[0], "Machine", options=machines)] if machines else []
    return [
        *FIELDS,
        *selection.fields(),
        *selection.hyper_fields(),
        *machine,
        Choice("times", offered[0], "Show", options=offered),
    ]


def _view(state: State, chosen: Sequence[Variant], machines: list[str]) -> None:
    if not machines:
        measuring.section(state, chosen)
        st.info(
            "No times are kept on this machine yet. `python -m costmodel calibrate` measures a "
            "designed set of layers, and this page then shows them, the machine's roofline, and "
            "how well times are predicted."
        )
        return
    parts.segments(state, "times", VIEWS)
    if state["times"] == "measure":
        measuring.section(state, chosen)
        return
    parts.choice(state, "machine", "Machine", machines)
    overview = timings(state["machine"])
    draw = {"rates": _rates, "times": _times, "roofline": _roofline, "predicted": _predicted}
    draw[state["times"]](state, overview)


def _rates(state: State, overview: Overview) -> None:
    table = rates(overview.rows)
    if not table.rows:
        st.info("Only variants of several stages were measured: no rate is one class's own.")
        return
    each = "; ".join(f"{row['class']} {row['gmacs_per_s']:.3g} GMAC/s" for row in table)
    parts.chart(
        rates_by_class(table),
        "rates",
        f"Rates on {overview.machine}. {each}",
        finding=words.apart(table),
        source="If fewer multiplies were less time, all classes would run at one rate. A dot is "
        "the median of a class, which the title compares; a line holds eight of ten layers. "
        + _source(overview, sum(table.column("layers"))),
    )
    _table(state, table, table.names, "rates")


def _times(state: State, overview: Overview) -> None:
    rows = list(overview.rows)
    parts.chart(
        time_over_macs(rows),
        "times",
        f"{len(rows)} layers on {overview.machine}: milliseconds over multiplies.",
        finding=words.spread(rows),
        source="If multiplies were time, all points would lie on one line. "
        + _source(overview, len(rows)),
    )
    _table(state, overview.rows, _SHOWN, "times")


_SHOWN = (
    *("variant", "hyper", "kernel", "in_channels", "out_channels", "size", "stride", "class"),
    *("macs", "min_ms", "median_ms", "upper_ms", "gmacs_per_s"),
)


def _roofline(state: State, overview: Overview) -> None:
    if overview.peaks is None or overview.roofline is None:
        st.info(
            "This machine's peaks were not measured: `python -m costmodel calibrate` does it, and "
            "takes a second for them."
        )
        return
    parts.chart(
        roofline(overview.roofline, overview.peaks),
        "roofline",
        f"Rates of {len(overview.roofline)} convolutions on {overview.machine}.",
        finding=words.reached(overview.roofline),
        source="Left of the ridge, moving numbers takes longer than multiplying them. The dashed "
        "line is what a large matrix product and a large copy reach here, no upper limit: "
        + _beyond(overview.roofline.column("share"))
        + " A variant with fewer multiplies often lies further left. "
        + _source(overview, len(overview.roofline)),
    )
    _table(state, overview.roofline, overview.roofline.names, "roofline")


def _beyond(shares: Sequence[float]) -> str:
    """How many rates are above the line, and why they can be."""
    above = [share for share in shares if share > 1]
    if not above:
        return "nothing measured lies above it."
    return (
        f"{len(above):,} of {len(shares):,} layers lie above it, up to {max(above):.3g} times, "
        "because a cache is faster than a large copy, and because some kernels (Winograd) need "
        "fewer products than the nominal ones that are counted here."
    )


def _predicted(state: State, overview: Overview) -> None:
    if not overview.unseen:
        st.info(
            "This machine is not calibrated: `python -m costmodel calibrate` measures a designed "
            "set of layers that a model of its times is made from."
        )
        return
    real, said, kinds, names = zip(*overview.unseen, strict=True)
    parts.chart(
        measured_against_predicted(real, said, kinds, names),
        "predicted",
        f"{len(real)} layers on {overview.machine}.",
        finding=words.missed(real, said),
        source="Each layer is predicted by a model that has seen neither it nor its neighbours; on "
        "the line, the prediction is right. " + _source(overview, len(real)),
    )
    rows = [
        {"case": name, "class": kind, "measured_ms": 1e3 * real, "predicted_ms": 1e3 * said}
        for real, said, kind, name in overview.unseen
    ]
    times = (
        Column(f"{key}_ms", f"{key.capitalize()}, ms", "ms") for key in ("measured", "predicted")
    )
    table = Table((CASE, CLASS, *times), rows)
    _table(state, table, table.names, "predicted")


def _source(overview: Overview, layers: int) -> str:
    """Where the times come from."""
    return f"Times of {layers:,} layers, measured on {overview.machine}."


def _table(state: State, table: Table, shown: Sequence[str], name: str) -> None:
    """The rows in view; the file has their machine and protocol as well."""
    tables.show(table.select(shown), name)
    parts.take_away(state, table, name)
    parts.notes(table.notes)
