"""What a visitor says about a network: which one, and at which sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from costmodel.dashboard import parts
from costmodel.dashboard.forms.accepted import accepted
from costmodel.dashboard.state.behind import READING, behind, readers
from costmodel.dashboard.state.state import State
from costmodel.fields import Choice, Field, NamedSizes
from costmodel.network.network import Network
from costmodel.network.read.library import available, load
from costmodel.network.read.uploads import MAX_BYTES, read_upload
from costmodel.network.sizes import working
from costmodel.typed import read_value, write_pairs

SOURCES = {
    "shipped": "A well-known one",
    "upload": "Your own file",
    "weights": "Your trained weights",
}
_FIRST = "resnet18"
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
    ]


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
    """Draw a slider per size, with the sizes that work; the network at these sizes.

    Sizes that are refused, as those of a link can be, are said here, and the last ones that were
    not are shown.
    """
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
            _slider(state, name, str(usual), stops(state, network, name))
    found = accepted("sizes", network.name, wanted, lambda sizes: at(network, sizes, state))
    if found is None:
        return network
    result, shown = found
    if shown != wanted:
        st.caption(f"Still shown: {write_pairs(shown, ', ') or 'the usual sizes'}.")
    return result


def at(network: Network, sizes: Mapping[str, str], state: State) -> Network:
    """The network at other sizes; an uploaded one may have to be read again for that."""
    if not sizes:
        return network
    if state["source"] == "upload" and network.source.startswith("ONNX"):
        file = st.session_state["upload"]
        return _uploaded(file.file_id, file.name, file.getvalue(), sizes)
    return network.at(**_numbers(sizes))


def stops(state: State, network: Network, name: str) -> list[str]:
    """What a slider of one size offers: what works beside the other sizes."""
    others = {other: text for other, text in state["at"].items() if other != name}
    if state["source"] == "shipped":
        return _working(network.name, name, tuple(others.items()))
    rebuild = network.rebuild()
    assert rebuild is not None
    return every_stop(str(rebuild.defaults[name]), name in rebuild.ratios)


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
    st.session_state[key] = present

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
