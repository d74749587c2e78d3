"""What a visitor says about a network: which one, and at which sizes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

import streamlit as st

from costmodel.dashboard import parts
from costmodel.dashboard.forms.accepted import accepted
from costmodel.dashboard.forms.file_form import Kept, choose_file
from costmodel.dashboard.state.behind import READING, behind, readers
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal
from costmodel.errors import InputError
from costmodel.fields import Choice, Field, NamedSizes
from costmodel.network.network import Network
from costmodel.network.read.library import available, load
from costmodel.network.read.uploads import (
    MAX_BYTES,
    MAX_WITH_WEIGHTS,
    asked_sizes,
    kind_of,
    label,
    read_upload,
    without_weights,
)
from costmodel.network.sizes import working
from costmodel.typed import read_value, write_pairs

SOURCES = {
    "shipped": "A well-known one",
    "upload": "Your own file",
    "weights": "Your trained weights",
}
#: The uploader of a network's file.
UPLOAD = "upload"
_FIRST = "resnet18"
_MEGA = 10**6
_MOST = 10**6  # of a size that is typed
# Stops of the sliders: sides as networks take them, images per call, and multipliers.
_SIDES = tuple(range(32, 1025, 32))
_BATCHES = tuple(2**power for power in range(11))
_MULTIPLIERS = ("0.25", "0.5", "4/7", "5/7", "0.75", "6/7", "1", "1.25", "1.5", "2")


def fields() -> list[Field]:
    """The state of the form."""
    return [
        Choice("source", next(iter(SOURCES)), "Network from", options=tuple(SOURCES)),
        Choice("network", _FIRST, "Network", options=available()),
        NamedSizes("at", help="Other sizes than the network was read with"),
    ]


# -- which network ---------------------------------------------------------------------------------


def choose_network(state: State) -> Network | None:
    """Draw the choice; the network at the sizes it was described with, None where none is there."""
    if state["source"] == "shipped":
        parts.choice(state, "network", "Network", available(), width=240)
        return shipped(state["network"])
    file = choose_file(
        UPLOAD,
        "An ONNX file, or a CSV table of layers",
        list(MAX_BYTES),
        MAX_WITH_WEIGHTS,
        f".csv up to {MAX_BYTES['csv'] // _MEGA} MB, .onnx up to {MAX_WITH_WEIGHTS // _MEGA} MB, "
        f"of which the weights are left out; it is read within {READING.seconds:g} seconds",
        _taken,
    )
    return None if file is None else _at_asked_sizes(state, file)


def _taken(uploaded: Any) -> Kept:
    """What is kept of a network's file: its description, and which sizes it leaves open."""
    name, size, data = uploaded.name, uploaded.size, b""
    if kind_of(name) == "onnx" and size > MAX_BYTES["onnx"]:
        with tempfile.TemporaryDirectory(prefix="costmodel-") as folder:
            path = os.path.join(folder, "model.onnx")
            with open(path, "wb") as file:
                file.write(uploaded.getbuffer())
            what = "Leaving out the weights"
            data = behind(readers(), what, without_weights, name, path)
    elif size <= MAX_BYTES[kind_of(name)]:
        data = uploaded.getvalue()
    else:
        raise InputError(
            f"{label(name)!r} has {size:,} bytes; allowed are {MAX_BYTES[kind_of(name)]:,}"
        )
    open_sizes = behind(readers(), "Reading the file", asked_sizes, name, data)
    kept = Kept(uploaded.file_id, name, data, size, open_sizes)
    if None not in open_sizes.values():
        _uploaded(kept, {})  # a file that is no network is refused where it is chosen
    return kept


def _at_asked_sizes(state: State, file: Kept) -> Network | None:
    """The network in a file at the sizes given for those it leaves open; None where one lacks."""
    _forget_others(state, label(file.name), file.facts)
    if file.facts:
        with st.container(horizontal=True, key="network-open-sizes"):
            for name, usual in file.facts.items():
                _size(state, name, usual)
    missing = [name for name, usual in file.facts.items() if not (usual or state["at"].get(name))]
    if missing:
        said = ", ".join(missing)
        st.info(f"{literal(label(file.name))} leaves {literal(said)} open: give a size above.")
        return None
    found = accepted("open sizes", file.id, dict(state["at"]), lambda at: _uploaded(file, at))
    if found is None:
        return None
    if found[1] != state["at"]:
        st.caption(f"Still shown: {_said(found[1])}.")
    return found[0]


def _size(state: State, name: str, usual: int | None) -> None:
    """A field for a size that a file leaves open."""
    key = f"size at {name}"
    text = state["at"].get(name)
    value = int(text) if text and text.isdigit() else None
    st.session_state[key] = value

    def typed() -> None:
        others = {other: size for other, size in state["at"].items() if other != name}
        given = st.session_state[key]
        state.put("at", others if given is None else {**others, name: str(given)})

    st.number_input(
        f"Size {name}",
        1,
        _MOST,
        value,
        key=key,
        on_change=typed,
        placeholder="needed" if usual is None else str(usual),
        width=190,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def shipped(name: str) -> Network:
    """A shipped network; frozen, and so the same one for every visitor."""
    return load(name)


def _uploaded(file: Kept, sizes: Mapping[str, str]) -> Network:
    """A visitor's network, read once per file and sizes; it stays in the visitor's own session."""
    key = (file.id, tuple(sizes.items()))
    kept = st.session_state.setdefault("_uploaded", {})
    if key not in kept:
        what, data = "Reading the file", file.data
        network = behind(readers(), what, read_upload, file.name, data, _numbers(sizes))
        for other in [old for old in kept if old[0] != file.id or old[1]]:
            del kept[other]  # at most the file as it is, and at one choice of other sizes
        kept[key] = network
    found: Network = kept[key]
    return found


# -- at which sizes --------------------------------------------------------------------------------


def choose_sizes(state: State, network: Network) -> Network:
    """Draw a slider per size, with the sizes that work; the network at these sizes.

    Sizes that are refused, as those of a link can be, are said here, and the last ones that were
    not are shown.
    """
    rebuild = network.rebuild()
    if rebuild is None or state["source"] != "shipped":
        return network  # a table of layers at fixed sizes, or a file that was asked before
    _forget_others(state, network.name, rebuild.defaults)
    with st.container(horizontal=True, key="network-sizes"):
        for name, usual in rebuild.defaults.items():
            _slider(state, name, str(usual), stops(state, network, name))
    wanted = dict(state["at"])
    found = accepted("sizes", network.name, wanted, lambda sizes: at(network, sizes))
    if found is None:
        return network
    result, shown = found
    if shown != wanted:
        st.caption(f"Still shown: {_said(shown)}.")
    return result


def _forget_others(state: State, network: str, known: Mapping[str, Any]) -> None:
    """Leave out sizes that a network does not have, and say so."""
    wanted = {name: text for name, text in state["at"].items() if name in known}
    if wanted != state["at"]:
        unknown = ", ".join(name for name in state["at"] if name not in wanted)
        state.problems.append(f"{network} has no size {unknown}")
        state.put("at", wanted)


def _said(sizes: Mapping[str, str]) -> str:
    return write_pairs(sizes, ", ") or "the usual sizes"


def at(network: Network, sizes: Mapping[str, str]) -> Network:
    """The network at other sizes."""
    return network.at(**_numbers(sizes)) if sizes else network


def stops(state: State, network: Network, name: str) -> list[str]:
    """What a slider of one size offers: what works beside the other sizes."""
    others = {other: text for other, text in state["at"].items() if other != name}
    return _working(network.name, name, tuple(others.items()))


@st.cache_data(max_entries=2000, show_spinner=False)
def _working(network: str, name: str, others: tuple[tuple[str, str], ...]) -> list[str]:
    """The stops of a shipped network's size that work beside the others."""
    known = shipped(network)
    rebuild = known.rebuild()
    assert rebuild is not None
    texts = every_stop(str(rebuild.defaults[name]), name in rebuild.ratios)
    found = working(known, name, list(map(read_value, texts)), _numbers(dict(others)))
    return [text for text in texts if read_value(text) in found]


def _slider(state: State, name: str, usual: str, offered: list[str]) -> None:
    """A slider that writes one of the sizes when it is moved, and takes it out at the usual one."""
    key = f"slider at {name}"
    present = state["at"].get(name, usual)
    stops = offered if present in offered else _sorted([*offered, present])
    state.shows(key, present)

    def moved() -> None:
        sizes = {**state["at"], name: st.session_state[key]}
        state.put("at", {n: text for n, text in sizes.items() if n != name or text != usual})

    st.select_slider(_label(name), stops, present, key=key, on_change=moved, width=190)


def every_stop(usual: str, ratio: bool) -> list[str]:
    """What a slider may offer, whether it works or not."""
    if ratio:
        return _sorted([*_MULTIPLIERS, usual])
    return _sorted([*map(str, _BATCHES if int(usual) < 16 else _SIDES), usual])


def _sorted(texts: list[str]) -> list[str]:
    from fractions import Fraction

    return sorted(set(texts), key=Fraction)


def _label(name: str) -> str:
    meanings = {"N": "batch", "H": "input rows", "W": "input columns"}
    return f"{name}: {meanings[name]}" if name in meanings else name


def _numbers(sizes: Mapping[str, str]) -> dict[str, Any]:
    return {name: read_value(text) for name, text in sizes.items()}


def upload_hint() -> None:
    """What to do where no file is there yet."""
    st.info(
        "Choose a file: an ONNX model (weights may be left out), or a CSV with the columns "
        "name, kind, in_channels, out_channels, kernel, height, width. "
        "A file is not part of a link: whoever opens this one is asked for a file of their own."
    )
