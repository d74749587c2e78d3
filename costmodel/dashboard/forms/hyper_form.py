"""Sliders for the hyper-parameters of one variant, with values that fit the layer only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.core.layer import ConvLayer
from costmodel.dashboard.state.state import State
from costmodel.errors import CostModelError
from costmodel.sweeping.axes import Axis, hyper_axes
from costmodel.sweeping.grid import fitting_values

_MOST_STOPS = 240  # of a slider whose values are not simply consecutive
_WIDTH = 300


def sliders(state: State, counts: Counts) -> None:
    """One slider per hyper-parameter, set to the value that is counted with."""
    variant, layer = counts.variant, counts.layer
    for axis in hyper_axes(layer, variant, counts.hyper):
        axis = _reaching(axis, layer)
        _integer(state, axis, fitting_values(variant, layer, axis, _MOST_STOPS, counts.hyper))
    for letter, declared in variant.hyper.items():
        if declared.real:
            decimal(
                state,
                f"{variant.id}.{letter}",
                f"{letter}: {declared.meaning}",
                str(counts.hyper[letter]),
            )


def decimal(state: State, name: str, label: str, shown: str) -> None:
    """An input for a decimal; empty, it follows the variant's default, and `shown` stands there."""
    key = f"input {name}"
    state.shows(key, state[name] or "")

    def typed() -> None:
        try:
            state.put(name, state.fields[name].read(st.session_state[key]))
        except CostModelError:
            state.put(name, None)

    st.text_input(
        label,
        state[name] or "",
        key=key,
        on_change=typed,
        placeholder=shown,
        help=f"Empty: {shown}",
        width=_WIDTH,
    )


def _reaching(axis: Axis, layer: ConvLayer) -> Axis:
    """The axis up to the furthest value that the slider has had on this layer.

    A slider that became shorter while it is moved would be another slider: one without focus.
    """
    key = f"reach {axis.key}"
    before, far = st.session_state.get(key, (None, 0))
    far = max(axis.high, axis.current, far if before == layer else 0)
    st.session_state[key] = (layer, far)
    return replace(axis, high=far)


def _integer(state: State, axis: Axis, values: tuple[int, ...]) -> None:
    """A slider that writes the hyper-parameter when it is moved.

    It has a key of its own: untouched, the hyper-parameter keeps following the layer.
    """
    key = f"slider {axis.key}"
    state.shows(key, axis.current)

    def moved() -> None:
        state.put(axis.key, st.session_state[key])

    look: Any = {"key": key, "on_change": moved, "help": _HELP, "width": _WIDTH}
    if values == tuple(range(axis.low, axis.high + 1)):
        st.slider(axis.label, axis.low, axis.high, axis.current, **look)
    else:
        st.select_slider(axis.label, values, axis.current, **look)


_HELP = "Only values that fit the layer are offered"
