"""Checks that a visitor starts: against torch, fvcore and an independent einsum, within bounds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import streamlit as st

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.dashboard.state.startup import freeze
from costmodel.dashboard.wording import sentence
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.table import Table

#: What a check may cost, in weights and in multiplies: it holds tensors of that size.
MAX_PARAMS = 2_000_000
MAX_MACS = 400_000_000
_SECONDS = 20.0  # to wait for somebody else's check


@st.cache_resource(show_spinner=False)
def _one_at_a_time() -> threading.Lock:
    """Checks of different visitors would only slow each other down."""
    return threading.Lock()


def check_button(variant: Variant, layer: ConvLayer) -> None:
    """A button that checks one variant, and what came of it."""
    st.markdown(
        "Count it with other people's counters, fvcore and torch's, and compare its output with an "
        "einsum that uses no convolution:"
    )
    if not st.button("Check", icon=":material/fact_check:", key="check"):
        return
    try:
        with st.spinner("Loading torch and checking… the first check takes a few seconds"):
            table, module = checked(variant, layer)
    except MissingDependencyError as error:
        st.info(sentence(str(error)))
        return
    except CostModelError as error:
        st.error(sentence(str(error)))
        return
    _report(table, module)


def checked(variant: Variant, layer: ConvLayer) -> tuple[Table, str]:
    """The checks of a variant on a layer and on small ones of all shapes; and its module.

    Raises `CostModelError` where the layer is too large to be built here, or somebody else's check
    takes too long; `MissingDependencyError` without torch or fvcore.
    """
    for package in ("torch", "fvcore"):
        if find_spec(package) is None:
            raise MissingDependencyError(package, "checking", "torch")
    lock = _one_at_a_time()
    if not lock.acquire(timeout=_SECONDS):
        raise CostModelError("somebody else's check is still running; allowed is one at a time")
    try:
        return _checked(variant, layer)
    finally:
        lock.release()


def _checked(variant: Variant, layer: ConvLayer) -> tuple[Table, str]:
    from costmodel.checks.verify import prepare

    prepare()
    from costmodel.checks.verify.suite import LAYERS, verify
    from costmodel.torch.modules import build

    freeze()
    layers = [one for one in (layer, *LAYERS) if affordable(variant, one)]
    if layer not in layers:
        raise CostModelError(
            f"{variant.id} on this layer is too large to be built here; allowed are "
            f"{MAX_PARAMS:,} weights and {MAX_MACS:,} multiplies"
        )
    return verify([variant], layers=layers), str(build(variant, layer))


def affordable(variant: Variant, layer: ConvLayer) -> bool:
    """Whether a check stays within the bounds; a layer that does not fit costs nothing."""
    try:
        counts = count(variant, layer)
    except CostModelError:
        return True
    return bool(counts.params <= MAX_PARAMS and counts.macs <= MAX_MACS)


def _report(table: Table, module: str) -> None:
    done = [row for row in table if row.get("ok") is not None]
    wrong = [row for row in done if not row["ok"]]
    layers = len({row["layer"] for row in done})
    if wrong:
        st.error(f"{len(wrong)} of {len(done)} checks on {layers} layers disagree.")
        _rows(wrong)
    elif done:
        st.success(f"All {len(done)} checks on {layers} layers agree to the last digit.")
    else:
        st.info("None of the layers to check on fits this variant.")
    with st.expander("Every check"):
        _rows(list(table))
    st.markdown("Its torch module on this layer:")
    st.code(module, language="python")


def _rows(rows: Sequence[Any]) -> None:
    from costmodel.dashboard import tables

    names = ("layer", "oracle", "expected", "got", "ok", "note")
    columns = {
        name: ["" if row.get(name) is None else str(row[name]) for row in rows] for name in names
    }
    tables.show(columns, {}, "Checks")
