"""Trained weights: a visitor's file, and what every rank of a variant leaves of each layer."""

from __future__ import annotations

import shlex
from typing import Any

import streamlit as st

from costmodel.core.readable import exact, ratio_in_words
from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms.file_form import Kept, choose_file
from costmodel.dashboard.state.behind import CHECKING, behind, checkers
from costmodel.dashboard.state.state import State
from costmodel.factors.curves import COSTS, Curve, Curves, uploaded_curves
from costmodel.factors.read.sources import ENDINGS
from costmodel.factors.read.uploads import MAX_BYTES, UploadedLayer, uploaded_layers
from costmodel.metrics.metric import METRICS
from costmodel.network.read.uploads import label
from costmodel.plots import rank_errors
from costmodel.plots.layout import name_of

_MEGA = 10**6
_FILE = "weights file"


def weights_section(state: State) -> None:
    """Draw the uploader, and the errors of one layer where a file is there.

    Raises:
        CostModelError: a file that holds no weights, or is beyond the bounds.
    """
    file = choose_file(
        _FILE,
        "Trained weights",
        [ending.removeprefix(".") for ending in ENDINGS],
        MAX_BYTES,
        f"up to {MAX_BYTES // _MEGA} MB; nothing in it is executed, it is read within "
        f"{CHECKING.seconds:g} seconds",
        _taken,
    )
    if file is None:
        st.info(
            "A state dict or a module saved by PyTorch, .safetensors, .onnx, or a kernel as .npy: "
            "for each layer, the error of its kernel at every rank beside what that rank costs."
        )
        return
    layers, notes = _layers(file)
    with st.container(horizontal=True, key="weights-choice"):
        by_name = {layer.name: layer for layer in layers}
        name = st.selectbox(
            "Layer",
            list(by_name),
            format_func=lambda name: by_name[name].title,
            key="weights layer",
            width=320,
        )
        layer = by_name[name]
        found = _curves(file, layer)
        ids = [curve.variant for curve in found.curves]
        id = st.selectbox(
            "Variant",
            ids,
            format_func=lambda id: name_of(VARIANTS[id]),
            key="weights variant",
            width=260,
        )
        cost = st.segmented_control(
            "Cost",
            COSTS,
            default=COSTS[0],
            format_func=lambda key: METRICS[key].label,
            key="weights cost",
            required=True,
        )
    look = found.curves[ids.index(id)]
    _show(state, found, look, layer, cost or COSTS[0])
    parts.notes([*look.notes, *notes])
    st.code(_command(file.name, layer, look), language="bash")


def _show(state: State, found: Curves, look: Curve, layer: UploadedLayer, cost: str) -> None:
    texts = [point.text for point in look.points]
    middle = texts[len(texts) // 3]
    text = (
        st.select_slider("Ranks", texts, middle, key="weights ranks") if len(texts) > 1 else middle
    )
    point = look.points[texts.index(text)]
    with st.container(horizontal=True, key="weights-totals"):
        st.metric("Relative error", f"{point.error:.4f}", help="of the kernel, in Frobenius norm")
        for key in COSTS:
            ratio = ratio_in_words(point.costs[key] / found.dense[key])
            st.metric(
                METRICS[key].label,
                exact(point.costs[key]),
                f"{ratio} than the layer",
                delta_color="off",
                delta_arrow="off",
            )
    figure = rank_errors.error_curves(found, look, point, cost)
    parts.chart(figure, "rank-errors", rank_errors.summary(found, look, point, cost))
    st.header("What methods choose", anchor=False)
    tables.show(look.to_picks(), f"Ranks that methods choose for {name_of(VARIANTS[look.variant])}")
    st.header("Every rank", anchor=False)
    every = look.to_points()
    tables.show(every, "Error and cost of every rank")
    parts.csv_button(every, "rank-errors")


def _taken(uploaded: Any) -> Kept:
    """The whole file, whose layers can be listed."""
    kept = Kept(uploaded.file_id, uploaded.name, uploaded.getvalue(), uploaded.size)
    _layers(kept)
    return kept


def _layers(file: Kept) -> tuple[tuple[UploadedLayer, ...], tuple[str, ...]]:
    """The file's layers, listed once; they stay in the visitor's own session."""
    kept = st.session_state.setdefault("_weights", {})
    if file.id not in kept:
        found = behind(checkers(), "Reading the file", uploaded_layers, file.name, file.data)
        kept.clear()
        kept[file.id] = found
    layers: tuple[tuple[UploadedLayer, ...], tuple[str, ...]] = kept[file.id]
    return layers


def _curves(file: Kept, layer: UploadedLayer) -> Curves:
    """The curves of one layer, worked out once; those of a few layers are kept."""
    kept = st.session_state.setdefault("_weights_curves", {})
    key = (file.id, layer.name)
    if key not in kept:
        for old in [old for old in kept if old[0] != file.id]:
            del kept[old]
        what = "Decomposing the kernel"
        kept[key] = behind(checkers(), what, uploaded_curves, file.name, file.data, layer.name)
    found: Curves = kept[key]
    return found


def _command(name: str, layer: UploadedLayer, look: Curve) -> str:
    """The command that writes these factors."""
    words = ["factorize", label(name), "--variants", look.variant, "--where", layer.name]
    return f"python -m costmodel {shlex.join(words)}"
