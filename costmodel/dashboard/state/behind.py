"""Behind the wall: what a visitor's own file or formula needs is worked out in another process.

Within bounds of time and memory, and ended when the visitor leaves, changes something or the server
stops; the page says how long it may take. One process waits warm for readers and formulas, another
one, which starts with the first check, has imported torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

from costmodel.dashboard.state.turns import give_up
from costmodel.errors import LimitError
from costmodel.walled.bounds import Bounds
from costmodel.walled.wall import Wall

_P = ParamSpec("_P")
_T = TypeVar("_T")
_GIBI = 1 << 30
#: What reading a file or expanding a formula may use.
READING = Bounds(seconds=15, memory=_GIBI)
#: What a check may use.
CHECKING = Bounds(seconds=60, memory=3 * _GIBI)
#: What the exact front of a network's plans may use.
PLANNING = Bounds(seconds=60, memory=2 * _GIBI)
_SOON = 0.5  # seconds within which nothing need be said


@st.cache_resource(show_spinner=False)
def readers() -> Wall:
    """Where files are read and formulas expanded."""
    modules = (
        "costmodel.formulas.essentials:warm",
        "costmodel.network.read.uploads",
        "costmodel.network.read.csv.reader",
        "costmodel.network.read.onnx.graph",
        "costmodel.network.architectures.build",
        "costmodel.network.formula",
        "costmodel.network.what_if",
        "onnx.reference",
        "onnx.shape_inference",
    )
    return Wall(modules, READING)


@st.cache_resource(show_spinner=False)
def checkers() -> Wall:
    """Where torch is; one at a time, because two would only slow each other down."""
    modules = ("costmodel.checks.verify.bounded:ready", "costmodel.checks.verify.suite")
    return Wall(modules, CHECKING, at_once=1)


@st.cache_resource(show_spinner=False)
def planners() -> Wall:
    """Where the options of plans are weighed."""
    return Wall(("costmodel.planning.front", "costmodel.planning.times"), PLANNING)


def behind(
    wall: Wall, what: str, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> _T:
    """`function(*args, **kwargs)` behind a wall; where it takes a while, the page says so.

    Args:
        wall: which one.
        what: what is being done, as the beginning of a sentence: "Reading the file".
        function: a function of a module, by which the other process finds it.
        args, kwargs: its arguments, copied to the other process.

    Raises:
        LimitError: beyond the bounds.
        CostModelError: what the function raised.
    """
    place = st.empty()
    give_up()

    def tick(seconds: float) -> None:
        # Streamlit ends a page whose visitor has left, or changed something, when it draws
        if seconds > _SOON:
            place.caption(f"{what}: {seconds:.0f} s of at most {wall.bounds.seconds:g} s")

    try:
        result = wall.watched(tick, function, *args, **kwargs)
    except LimitError as error:
        raise LimitError(f"{what}: {error}") from None
    place.empty()
    return result
