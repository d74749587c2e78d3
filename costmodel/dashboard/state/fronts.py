"""Fronts: weighed once for a network and what is allowed, elsewhere, and kept for the next drag.

Of a shipped network the front is the same for every visitor; one of a visitor's own file stays in
the visitor's session.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from costmodel.dashboard.state.behind import behind, planners
from costmodel.network.network import Network
from costmodel.network.read.uploads import settled
from costmodel.planning.budgets import stops
from costmodel.planning.front import Front, front
from costmodel.planning.measures import CHANGED

_STOPS = 250  # of the slider: about as many as a drag can tell apart
_SHARED, _OWN = 24, 2  # fronts that are kept, a few MB each


@dataclass(frozen=True)
class Weighed:
    """A front, and the stops of its slider: budgets as text by point."""

    front: Front
    stops: Mapping[int, str]


def weighed(
    key: tuple[Hashable, ...],
    network: Network,
    first: str,
    second: str,
    choices: Mapping[str, Any],
    own: bool,
) -> Weighed:
    """The front of a network in two measures.

    Args:
        key: what says which network it is.
        first, second, choices: as for `front`; of plans that change as few layers, those are meant
            that keep the most parameters.
        own: whether it is of a visitor's own file.

    Raises:
        CostModelError: as `front`, or beyond the bounds of what one page may use.
    """
    kept: OrderedDict[Hashable, Weighed]
    kept = st.session_state.setdefault("_fronts", OrderedDict()) if own else _shared()
    whole = (*key, first, second, *sorted((name, str(value)) for name, value in choices.items()))
    found = kept.get(whole)
    if found is None:
        keeping = "params" if second == CHANGED else None
        what = f"Weighing every option of {network.name}"
        sent = settled(network)
        made = behind(planners(), what, front, sent, first, second, keeping=keeping, **choices)
        made = replace(made, network=network)
        found = kept[whole] = Weighed(made, stops(made, _STOPS))
        while len(kept) > (_OWN if own else _SHARED):
            kept.popitem(last=False)
    return found


@st.cache_resource(show_spinner=False)
def _shared() -> OrderedDict[Hashable, Weighed]:
    """The fronts of shipped networks, for every visitor."""
    return OrderedDict()
