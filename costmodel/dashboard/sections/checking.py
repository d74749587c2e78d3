"""Checks that a visitor starts: against torch, fvcore and an independent einsum, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from costmodel.checks.verify.bounded import checked
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import Variant
from costmodel.dashboard.state.behind import behind, checkers
from costmodel.documents.markdown import sentence
from costmodel.errors import CostModelError, MissingDependencyError
from costmodel.table import Table


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
            table, module = behind(checkers(), "Checking", checked, variant, layer)
    except MissingDependencyError as error:
        st.info(sentence(str(error)))
        return
    except CostModelError as error:
        st.error(sentence(str(error)))
        return
    _report(table, module)


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
    texts = [
        {name: "" if row.get(name) is None else str(row[name]) for name in names} for row in rows
    ]
    tables.show(Table(names, texts), "Checks")
