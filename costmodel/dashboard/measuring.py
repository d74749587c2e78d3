"""A measurement that a visitor starts: one at a time on a server, bounded, and nobody else's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.documents.spelling import measure_command
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.timing.background import Measurement

#: What one measurement may ask for.
MAX_VARIANTS = 8
MAX_MACS = 2_000_000_000
MAX_PARAMS = 20_000_000
ROUNDS = 12
#: Seconds after which it is ended.
LIMIT = 120.0


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
