"""Network: what a whole network costs, where the cost lies, and what a replacement changes."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from costmodel.dashboard import parts
from costmodel.dashboard.forms import network_form, what_if_form
from costmodel.dashboard.sections import beside
from costmodel.dashboard.sections.network_figures import PICTURES, figures_section
from costmodel.dashboard.sections.network_formula import formula_section
from costmodel.dashboard.sections.network_table import TABLES, table_section
from costmodel.dashboard.sections.network_totals import times_of, totals_section
from costmodel.dashboard.sections.trained_weights import weights_section
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import sentence
from costmodel.errors import CostModelError
from costmodel.fields import Choice, Field, Several
from costmodel.metrics.combining import total as added
from costmodel.metrics.metric import METRICS
from costmodel.network import columns
from costmodel.network.kinds import KINDS
from costmodel.network.network import Network
from costmodel.network.read.library import available
from costmodel.network.replace import above_full_rank_in


def page() -> None:
    """Draw the page."""
    what = "Exact parameters and multiplies of every layer, and what changes if some are replaced."
    with parts.page(_fields(), "A whole network", what) as state:
        with st.container(horizontal=True, vertical_alignment="bottom", key="network-source"):
            parts.segments(state, "source", network_form.SOURCES)
            weights = state["source"] == "weights"
            chosen = None if weights else _chosen(state)
            if chosen is not None:
                label = "Cost in figures and shares"
                parts.choice(
                    state, "cost", label, costs(), lambda key: columns.column(key).label, width=230
                )
        if weights:
            weights_section(state)
        elif chosen is not None:
            _show(state, chosen)


def _chosen(state: State) -> Network | None:
    """The network that is looked at; None where there is none yet."""
    try:
        chosen = network_form.choose_network(state)
    except CostModelError as error:
        parts.refuse(error)
        return None
    if chosen is None:
        network_form.upload_hint()
    return chosen


def _fields() -> list[Field]:
    return [
        *network_form.fields(),
        *what_if_form.fields(),
        *beside.fields(),
        Choice("cost", "macs", "Cost", options=tuple(costs())),
        Choice("picture", "treemap", "Figure", options=tuple(PICTURES)),
        Choice("table", "layers", "Table", options=tuple(TABLES)),
        Several("letters", (), "Letters of the formula", options=tuple(_letters())),
    ]


def costs() -> list[str]:
    """The columns whose values add up to the network's."""
    metrics = [key for key, m in METRICS.items() if m.combine is added]
    return list(dict.fromkeys([*columns.default(), *KINDS.columns, *metrics]))


def _letters() -> Iterable[str]:
    """Every letter that any shipped network can leave open, and none of an uploaded one."""
    rebuilds = (network_form.shipped(name).rebuild() for name in available())
    return dict.fromkeys(letter for rebuild in rebuilds if rebuild for letter in rebuild.defaults)


def _show(state: State, chosen: Network) -> None:
    network = network_form.choose_sizes(state, chosen)
    replaced = what_if_form.choose_replacement(state, network)
    result: Network = replaced or network
    if said := above_full_rank_in(result):
        st.warning(sentence(said), icon=":material/vertical_align_top:")
    times = times_of(result)
    totals_section(network, replaced, times)
    beside.choose_beside(state)
    beside.beside_section(state, network, result)
    figures_section(state, network, replaced, times[0] if times else None)
    table_section(state, network, result)
    formula_section(state, result)
