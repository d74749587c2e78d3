"""The layer's inputs: the ones that everybody sets in the page, the others in the sidebar."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import EXAMPLE, read_layer, write_layer
from costmodel.dashboard.state.state import State
from costmodel.fields import Field, Flag, Integer, Sizes
from costmodel.network.read.presets import preset_of, presets
from costmodel.typed import PADDINGS, read_flag

#: Channels and sizes up to here are counted; all of it stays exact, but a page is no place to wait.
MAX_SIZE = 10**6

_MAX_SIDE = 1023  # of a window, of a step
_FIRST = write_layer(EXAMPLE)


def _sizes(name: str, label: str, help: str, **limits: Any) -> Sizes:
    return Sizes(name, _FIRST[name], label, help, **{"high": _MAX_SIDE, **limits})


def _integer(name: str, label: str, help: str) -> Integer:
    return Integer(name, int(_FIRST[name]), label, help, high=MAX_SIZE)


def _flag(name: str, label: str, help: str) -> Flag:
    return Flag(name, read_flag(_FIRST[name]), label, help)


#: The names are those of `LAYER_OPTIONS`: documents, pages and links say the same.
PRIMARY: tuple[Field, ...] = (
    _sizes("k", "Kernel", "k: window size, 3, or 3x5 for rows × columns"),
    _integer("m", "Channels in", "m: input channels"),
    _integer("n", "Channels out", "n: output channels"),
    _sizes("size", "Input size", "INPUT rows × columns: 56x56; 56 is the same", high=MAX_SIZE),
    _sizes("stride", "Stride", "Step of the window: 2, or 2x1"),
)
FURTHER: tuple[Field, ...] = (
    _sizes(
        "padding",
        "Padding",
        "same, valid, or zeros on both sides: 1, or 1x2",
        low=0,
        words=PADDINGS,
    ),
    _sizes("dilation", "Dilation", "Distance between the taps of the window"),
    _integer("groups", "Groups", "The layer itself consists of this many groups"),
    _integer("batch", "Batch", "Images per call; multiplies count all of them"),
    _flag("bias", "Bias", "One bias per output channel"),
    _flag("transposed", "Transposed", "A transposed convolution: the stride multiplies"),
)
FIELDS = (*PRIMARY, *FURTHER)
_WIDTHS = {"k": 96, "m": 138, "n": 138, "size": 116, "stride": 92}
_OWN = ""


def layer_form(state: State) -> ConvLayer:
    """Draw the inputs and return the layer that they describe.

    Raises `InputError` or `LayerError` for inputs that describe none.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="layer"):
        _preset(state)
        for field in PRIMARY:
            _input(state, field, _WIDTHS[field.name])
    return read_layer(layer_texts(state))


def further_form(state: State) -> None:
    """Draw the inputs that most visitors leave as they are, below a title."""
    st.markdown("**Layer, in detail**")
    for field in FURTHER:
        _input(state, field, None)


def layer_texts(state: State) -> dict[str, str]:
    """The inputs as the texts that stand in the URL."""
    return {field.name: str(field.write(state[field.name])) for field in FIELDS}


def _input(state: State, field: Field, width: int | None) -> None:
    where: int | Literal["stretch"] = width or "stretch"
    if isinstance(field, Flag):
        st.toggle(field.label, state[field.name], key=field.name, help=field.help)
    elif isinstance(field, Integer):
        st.number_input(
            field.label,
            min_value=field.low,
            max_value=field.high,
            value=state[field.name],
            step=1,
            key=field.name,
            help=field.help,
            width=where,
        )
    else:
        st.text_input(
            field.label,
            state[field.name],
            key=field.name,
            help=field.help,
            max_chars=24,
            width=where,
        )


def _preset(state: State) -> None:
    """A choice that fills in the inputs, and shows when they are nobody's but the visitor's."""
    current = preset_of(layer_texts(state))
    shown = state.shows("preset", current.title if current else _OWN)
    titles = {preset.title: preset for preset in presets()}

    def fill() -> None:
        chosen = titles.get(st.session_state["preset"])
        if chosen is not None:
            for field in FIELDS:
                state.put(field.name, field.read(chosen.texts[field.name]))

    st.selectbox(
        "Layer",
        [_OWN, *titles],
        [_OWN, *titles].index(shown),
        key="preset",
        on_change=fill,
        format_func=lambda title: title or "your own",
        help="Layers of well-known networks; every number can be changed afterwards",
        width=278,
    )
