"""What a visitor says about a network: which one, at which sizes, and what to put in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.hyper_form import decimal
from costmodel.dashboard.state.behind import READING, behind, readers
from costmodel.dashboard.state.state import State
from costmodel.fields import Choice, Field, Flag, NamedSizes, Text
from costmodel.network import columns
from costmodel.network.network import Network
from costmodel.network.read.library import available, load
from costmodel.network.read.uploads import MAX_BYTES, read_upload
from costmodel.network.replace import put
from costmodel.plots.layout import name_of
from costmodel.typed import read_value

SOURCES = {
    "shipped": "A well-known one",
    "upload": "Your own file",
    "weights": "Your trained weights",
}
_FIRST = "resnet18"
_NONE = ""
_MEGA = 10**6
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
        Choice("replace", _NONE, "Put in place", options=_replacements()),
        Text("where", "", "Which layers", most=200),
        Flag("pays", True, "Only where it saves MACs"),
        *selection.hyper_fields(),
    ]


def _replacements() -> tuple[str, ...]:
    return (_NONE, *(id for id in VARIANTS if id != VARIANTS.baseline.id))


# -- which network ---------------------------------------------------------------------------------


def choose_network(state: State) -> Network | None:
    """Draw the choice; the network at the sizes it was described with, None where none is there."""
    if state["source"] == "shipped":
        parts.choice(state, "network", "Network", available(), width=240)
        return shipped(state["network"])
    limits = ", ".join(f".{end} up to {most // _MEGA} MB" for end, most in MAX_BYTES.items())
    file = st.file_uploader(
        "An ONNX file, or a CSV table of layers",
        type=list(MAX_BYTES),
        key="upload",
        max_upload_size=max(MAX_BYTES.values()) // _MEGA,
        help=f"{limits}; it is read within {READING.seconds:g} seconds, for this visit only, and "
        "kept nowhere",
        width="stretch",
    )
    return None if file is None else _uploaded(file.file_id, file.name, file.getvalue(), {})


@st.cache_resource(max_entries=64, show_spinner=False)
def shipped(name: str) -> Network:
    """A shipped network; frozen, and so the same one for every visitor."""
    return load(name)


def _uploaded(id: str, name: str, data: bytes, sizes: Mapping[str, str]) -> Network:
    """A visitor's network, read once per file and sizes; it stays in the visitor's own session."""
    key = (id, tuple(sizes.items()))
    kept = st.session_state.setdefault("_uploaded", {})
    if key not in kept:
        network = behind(readers(), "Reading the file", read_upload, name, data, _numbers(sizes))
        for other in [old for old in kept if old[0] != id or old[1]]:
            del kept[other]  # at most the file as it is, and at one choice of other sizes
        kept[key] = network
    found: Network = kept[key]
    return found


# -- at which sizes --------------------------------------------------------------------------------


def choose_sizes(state: State, network: Network) -> Network:
    """Draw a slider per size; the network at these sizes."""
    rebuild = network.rebuild()
    if rebuild is None:
        return network  # a table of layers at fixed sizes
    wanted = {name: text for name, text in state["at"].items() if name in rebuild.defaults}
    if wanted != state["at"]:
        unknown = ", ".join(name for name in state["at"] if name not in wanted)
        state.problems.append(f"{network.name} has no size {unknown}")
        state.put("at", wanted)
    with st.container(horizontal=True, key="network-sizes"):
        for name, usual in rebuild.defaults.items():
            _slider(state, name, str(usual), name in rebuild.ratios)
    return at(network, state["at"], state)


def at(network: Network, sizes: Mapping[str, str], state: State) -> Network:
    """The network at other sizes; an uploaded one may have to be read again for that."""
    if not sizes:
        return network
    if state["source"] == "upload" and network.source.startswith("ONNX"):
        file = st.session_state["upload"]
        return _uploaded(file.file_id, file.name, file.getvalue(), sizes)
    return network.at(**_numbers(sizes))


def _slider(state: State, name: str, usual: str, ratio: bool) -> None:
    """A slider that writes one of the sizes when it is moved, and takes it out at the usual one."""
    key = f"slider at {name}"
    present = state["at"].get(name, usual)
    stops = _stops(usual, ratio)
    if present not in stops:
        stops = _sorted([*stops, present])
    st.session_state[key] = present

    def moved() -> None:
        sizes = {**state["at"], name: st.session_state[key]}
        state.put("at", {n: text for n, text in sizes.items() if n != name or text != usual})

    st.select_slider(_label(name), stops, present, key=key, on_change=moved, width=190)


def _stops(usual: str, ratio: bool) -> list[str]:
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


# -- what if ---------------------------------------------------------------------------------------


def choose_replacement(state: State, network: Network) -> Network | None:
    """Draw the choice of a variant to put in place; the network with it, None for none.

    Raises:
        CostModelError: a selection or a setting that means nothing here.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="network-what-if"):
        parts.choice(
            state,
            "replace",
            "Put in place of layers",
            _replacements(),
            lambda id: name_of(VARIANTS[id]) if id else "nothing",
            width=240,
        )
        if not state["replace"]:
            return None
        st.text_input(
            "Which layers",
            state["where"],
            key="where",
            max_chars=200,
            placeholder="windows larger than 1, not depthwise",
            help="`layer3.*`, `kernel=3`, `kind=linear`, `share=2%`; with commas, all of them hold",
            width=300,
        )
        variant = VARIANTS[state["replace"]]
        for letter, hyper in variant.hyper.items():
            name = f"{variant.id}.{letter}"
            if hyper.real:
                decimal(state, name, letter, "each layer's own")
            else:
                parts.number_or_nothing(state, name, "each layer's own", 180)
        (judge,) = judged(state)
        st.toggle(
            f"Only where it saves {columns.column(judge).label}",
            state["pays"],
            key="pays",
            help="Otherwise wherever the variant fits",
        )
    return put(
        network,
        variant,
        state["where"].strip() or None,
        pays=state["pays"],
        by=judged(state),
        hyper=settings(state),
    )


def judged(state: State) -> list[str]:
    """The metric in which a replacement has to pay: the cost shown, or multiplies."""
    return columns.of_layers([state["cost"]]) or ["macs"]


def settings(state: State) -> dict[str, Any]:
    """The hyper-parameters that were set for the variant put in place, by letter."""
    id = state["replace"]
    if not id:
        return {}
    named = {letter: state[f"{id}.{letter}"] for letter in VARIANTS[id].hyper}
    return {letter: value for letter, value in named.items() if value is not None}


def upload_hint() -> None:
    """What to do where no file is there yet."""
    st.info(
        "Choose a file: an ONNX model (weights may be left out), or a CSV with the columns "
        "name, kind, in_channels, out_channels, kernel, height, width. "
        "A file is not part of a link: whoever opens this one is asked for a file of their own."
    )
