"""A visitor's file: taken in once, and there until the visitor takes it away or leaves.

What the browser sends is dropped as soon as it is taken in: what is kept is what the page needs of
it, in the visitor's own session, where other pages and a way back find it. A file that is refused
says so at the button, and the one that was there before stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from costmodel.core.readable import exact
from costmodel.dashboard import parts
from costmodel.documents.markdown import literal
from costmodel.errors import CostModelError
from costmodel.network.read.uploads import label

_FILES = "_files"


@dataclass(frozen=True)
class Kept:
    """What is kept of a file.

    id: differs for every file. name: what its owner calls it. data: what the page needs of it.
    size: bytes of the file itself. facts: what else was found out when it was taken in.
    """

    id: str
    name: str
    data: bytes
    size: int
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Place:
    """One uploader of a session: its file, why another was refused, and how many came."""

    kept: Kept | None = None
    refused: CostModelError | None = None
    count: int = 0


def choose_file(
    name: str, title: str, kinds: list[str], most: int, help: str, take: Callable[[Any], Kept]
) -> Kept | None:
    """Draw the uploader; the visitor's file, None where there is none yet.

    Args:
        name: of the uploader. title: over it. kinds: endings. most: bytes of a file, at most.
        take: what is kept of an uploaded file; refuses with a `CostModelError`.
    """
    place = _place(name)
    uploaded = st.file_uploader(
        title,
        type=kinds,
        key=f"{name} {place.count}",
        max_upload_size=-(-most // 2**20),
        help=f"{help}, for this visit only, and kept nowhere",
        width="stretch",
    )
    if uploaded is not None:
        try:
            place.kept, place.refused = take(uploaded), None
        except CostModelError as error:
            place.refused = error
        place.count += 1  # a new uploader, which is empty
        _drop(uploaded)
        st.rerun()
    if place.refused is not None:
        parts.refuse(place.refused)
    if place.kept is not None:
        _show(name, place.kept)
    return place.kept


def kept_file(name: str) -> Kept | None:
    """The visitor's file in one uploader."""
    return _place(name).kept


def _place(name: str) -> _Place:
    places: dict[str, _Place] = st.session_state.setdefault(_FILES, {})
    return places.setdefault(name, _Place())


def _show(name: str, kept: Kept) -> None:
    """Which file is there, and a way to take it away."""

    def take_away() -> None:
        _place(name).kept = _place(name).refused = None

    with st.container(horizontal=True, vertical_alignment="center", key=f"file {name}"):
        left = "" if kept.size == len(kept.data) else ", its weights left out"
        st.markdown(f"**{literal(label(kept.name))}**, {exact(kept.size)} bytes{left}")
        st.button("Take away", icon=":material/close:", on_click=take_away, key=f"drop {name}")


def _drop(uploaded: Any) -> None:
    """What the server holds of an upload goes now, and not when the visitor leaves."""
    context = get_script_run_ctx()
    manager: Any = getattr(context, "uploaded_file_mgr", None)
    if context is not None and hasattr(manager, "remove_file"):
        manager.remove_file(session_id=context.session_id, file_id=uploaded.file_id)
