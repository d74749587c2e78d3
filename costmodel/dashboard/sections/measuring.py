"""A measurement that a visitor starts: one at a time on a server, bounded, and nobody else's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.core.variant import VARIANTS, Variant
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.layer_form import layer_form, layer_texts
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import sentence
from costmodel.documents.spelling import measure_command
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.plots import measured_words
from costmodel.plots.measured import promised_and_kept
from costmodel.timing.background import Measurement

#: What one measurement may ask for: of each variant, and of all together.
MAX_VARIANTS = 48
MAX_MACS, MAX_MACS_TOGETHER = 2_000_000_000, 16_000_000_000
MAX_PARAMS = 20_000_000
ROUNDS = 12
#: Seconds after which it is ended.
LIMIT = 120.0


def section(state: State, chosen: Sequence[Variant]) -> None:
    """Draw the button, the progress and what came of it."""
    layer = layer_form(state)
    possible = [variant for variant in chosen if not variant.algorithm_of]
    if VARIANTS.baseline not in possible:
        possible = [VARIANTS.baseline, *possible]  # what the others are compared with
    found = selection.fitting(state, layer, possible)
    counted = list(found.counts.values())
    present = mine()
    running = present is not None and present.running
    st.markdown(
        "On this server, one thread, on the CPU, with random weights: "
        + ", ".join(f"`{counts.variant.id}`" for counts in counted)
        + f". {ROUNDS} rounds in random order; the least time of each counts."
    )
    if st.button("Measure", icon=":material/timer:", key="measure", disabled=running):
        _start(state, counted)
    parts.left_out([reason for _, reason in found.skipped])
    if present is not None and present.running:
        st.fragment(_progress, run_every=1.0)()
    elif present is not None:
        _result(state, present)


def _start(state: State, counted: Sequence[Counts]) -> None:
    used = selection.hyper_values(state, [counts.variant for counts in counted])
    try:
        start(layer_texts(state), counted, used)
        st.rerun()  # with the progress, and without a button for another one
    except MissingDependencyError as error:
        st.info(sentence(str(error)))
    except CostModelError as error:
        st.error(sentence(str(error)))


def _progress() -> None:
    """How far it is; once it is finished, the whole page is drawn anew."""
    present = mine()
    if present is None or not present.running:
        st.rerun()
    assert present is not None
    share = present.progress()
    text = f"{round(share * ROUNDS)} of {ROUNDS} rounds"
    st.progress(share, text=text if share else "Loading torch…")
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
    each = "; ".join(f"{row['variant']} {row['min_ms']:.4g} ms" for row in rows)
    parts.chart(
        promised_and_kept(rows),
        "measured",
        f"Bars. {each}",
        finding=measured_words.kept(rows),
        source=f"Measured on {first['processor']}, just now: {first['in_channels']} → "
        f"{first['out_channels']} channels at {first['size']}; multiplies are exact counts. A bar "
        "of time is the least of the rounds; its thin line ends where three quarters of them do: "
        "in between lies what else this machine did.",
    )
    shown = ("variant", "hyper", "macs", "min_ms", "median_ms", "upper_ms", "gmacs_per_s")
    tables.show(present.table.select(shown), "measurement")
    parts.take_away(state, present.table, "measurement")
    parts.notes(present.table.notes)


@st.cache_resource(show_spinner=False)
def slot() -> threading.Lock:
    """Held by whoever measures: two measurements at once would measure each other."""
    return threading.Lock()


def start(layer: Mapping[str, str], counted: Sequence[Counts], used: Mapping[str, Any]) -> None:
    """Begin to measure variants on a layer, for this visitor.

    Args:
        layer: texts by the names of `LAYER_OPTIONS`.
        counted: the variants' counts on it, for the bounds.
        used: hyper-parameters that were set, by `variant.letter`.

    Raises:
        CostModelError: too large, or somebody else measures now. MissingDependencyError: no torch.
    """
    check(counted)
    if not slot().acquire(blocking=False):
        raise CostModelError("somebody else measures on this server; allowed is one at a time")
    try:
        words = measure_command(layer, [counts.variant.id for counts in counted], used, ROUNDS)
        command = [sys.executable, *words[1:]]
        st.session_state["_measurement"] = Measurement(command, LIMIT, slot().release)
    except BaseException:
        slot().release()
        raise


def check(counted: Sequence[Counts]) -> None:
    """Raise `CostModelError` where a measurement would be too large, or cannot be made."""
    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "measuring", "torch")
    if not 1 <= len(counted) <= MAX_VARIANTS:
        raise CostModelError(
            f"{len(counted)} variants; allowed to be measured from this page are 1 to "
            f"{MAX_VARIANTS}: choose some in the sidebar"
        )
    together = sum(counts.macs for counts in counted)
    if together > MAX_MACS_TOGETHER:
        raise CostModelError(
            f"these {len(counted)} variants have {together:,} multiplies together; allowed from "
            f"this page are {MAX_MACS_TOGETHER:,}: choose fewer in the sidebar, or a smaller layer"
        )
    for counts in counted:
        if counts.macs > MAX_MACS or counts.params > MAX_PARAMS:
            raise CostModelError(
                f"{counts.variant.id} has {counts.macs:,} multiplies and {counts.params:,} "
                f"parameters; allowed from this page are {MAX_MACS:,} and {MAX_PARAMS:,}, and any "
                "number on the command line"
            )


def mine() -> Measurement | None:
    """This visitor's measurement, running or finished."""
    found: Measurement | None = st.session_state.get("_measurement")
    return found
