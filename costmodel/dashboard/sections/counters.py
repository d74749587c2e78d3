"""What others' counters say of the variants shown: proved and kept, or counted on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from costmodel.checks.coverage import CONDITIONS, proved_by
from costmodel.checks.verify.live import COUNTERS, counted
from costmodel.comparing.compare import Comparison
from costmodel.core.readable import exact
from costmodel.dashboard.state.behind import behind, checkers
from costmodel.documents.markdown import sentence
from costmodel.errors import CostModelError, MissingDependencyError

#: What the columns hold, for their headers.
HELP = "multiplies as this counter has them; ✓: the same as the formula's, below the table is how"
_LIVE = "_counted"
_NOTHING = ""

_Said = dict[str, dict[str, int | str]]


def said(compared: Comparison) -> dict[str, dict[str, str]]:
    """By counter and variant, a cell: what it counted just now, or what a certificate proves."""
    live = _live(compared) or {}
    cells: dict[str, dict[str, str]] = {counter: {} for counter in COUNTERS}
    for id, counts in compared.counts.items():
        proved = proved_by(counts.bound, "macs")
        for counter in COUNTERS:
            got = live.get(id, {}).get(counter)
            if isinstance(got, int):
                cells[counter][id] = f"{exact(got)} {'✓' if got == counts.macs else '✗'}"
            else:
                cells[counter][id] = f"{exact(counts.macs)} ✓" if counter in proved else _NOTHING
    return cells


def button(compared: Comparison) -> None:
    """A button that has every variant shown counted here and now, on this very layer."""
    st.button(
        "Count with fvcore and torch",
        icon=":material/fact_check:",
        key="count",
        on_click=_ask,
        help="Builds every module shown and runs both counters on it: some seconds",
    )
    if st.session_state.pop("_count asked", False):
        _count(compared)


def note(compared: Comparison) -> str:
    """What the ticks rest on, as a sentence."""
    versions: dict[str, str] = {}
    for counts in compared.counts.values():
        versions.update(proved_by(counts.bound, "macs"))
    proved = " and ".join(f"{name} {versions[name]}" for name in COUNTERS if name in versions)
    live = _live(compared)
    if live is not None:
        missing = [text for own in live.values() for text in own.values() if isinstance(text, str)]
        reasons = f"; {'; '.join(dict.fromkeys(missing))}" if missing else ""
        return f"✓ fvcore and torch: counted just now on this layer{reasons}."
    if not proved:
        return f"No kept certificate is about this layer (they are about: {CONDITIONS})."
    return (
        f"✓ {proved}: proved equal to the formula on all layers of this kind, by kept certificates "
        f"({CONDITIONS}); the page Verified has them."
    )


def _ask() -> None:
    st.session_state["_count asked"] = True


def _count(compared: Comparison) -> None:
    wanted = [(counts.variant, dict(counts.hyper)) for counts in compared.counts.values()]
    try:
        with st.spinner("Loading torch and counting… the first count takes a few seconds"):
            found = behind(checkers(), "Counting", counted, wanted, compared.layer)
    except MissingDependencyError as error:
        st.info(sentence(str(error)))
        return
    except CostModelError as error:
        st.error(sentence(str(error)))
        return
    st.session_state[_LIVE] = (_key(compared), found)
    st.rerun()


def _live(compared: Comparison) -> Mapping[str, Mapping[str, int | str]] | None:
    """What was counted last, where it was of the variants and the layer shown."""
    kept: tuple[Any, _Said] | None = st.session_state.get(_LIVE)
    return kept[1] if kept is not None and kept[0] == _key(compared) else None


def _key(compared: Comparison) -> Any:
    return (compared.layer, {id: dict(c.hyper) for id, c in compared.counts.items()})
