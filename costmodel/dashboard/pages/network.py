"""Network: what a whole network costs, where the cost lies, and what a replacement changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from costmodel.core.readable import exact, ratio_in_words, si
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms import network_form, what_if_form
from costmodel.dashboard.forms.file_form import kept_file
from costmodel.dashboard.sections.network_formula import formula_section
from costmodel.dashboard.sections.trained_weights import weights_section
from costmodel.dashboard.state.behind import behind, readers
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import sentence
from costmodel.documents.spelling import network_command
from costmodel.errors import CostModelError
from costmodel.fields import Choice, Field, Several
from costmodel.metrics.combining import total as added
from costmodel.metrics.metric import METRICS
from costmodel.network import columns
from costmodel.network import what_if as whatif
from costmodel.network.kinds import KINDS
from costmodel.network.network import Network
from costmodel.network.read import uploads
from costmodel.network.read.library import available
from costmodel.network.replace import above_full_rank_in
from costmodel.network.views import VIEWS
from costmodel.plots import network as figures
from costmodel.plots.layout import name_of
from costmodel.table import Table

#: The tables by name, as the command line's `--view` has them, and one row per variant.
TABLES = {**{name: view.label for name, view in VIEWS.items()}, "compare": "Every variant"}
PICTURES = {"treemap": "Nested", "bars": "Layer by layer"}


def page() -> None:
    """Draw the page."""
    what = "Exact parameters and multiplies of every layer, and what changes if some are replaced."
    with parts.page(_fields(), "A whole network", what) as state:
        with st.sidebar:
            if state["source"] != "weights":
                _further(state)
        with st.container(horizontal=True, vertical_alignment="bottom", key="network-source"):
            parts.segments(state, "source", network_form.SOURCES)
            weights = state["source"] == "weights"
            chosen = None if weights else _chosen(state)
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


def _further(state: State) -> None:
    label = "Cost in figures and shares"
    parts.choice(state, "cost", label, costs(), lambda key: columns.column(key).label)


# -- what is shown ---------------------------------------------------------------------------------


def _show(state: State, chosen: Network) -> None:
    network = network_form.choose_sizes(state, chosen)
    replaced = what_if_form.choose_replacement(state, network)
    result: Network = replaced or network
    if said := above_full_rank_in(result):
        st.warning(sentence(said), icon=":material/vertical_align_top:")
    _totals(network, replaced)
    _figures(state, network, replaced)
    _table(state, network, result)
    formula_section(state, result)


def _totals(network: Network, replaced: Network | None) -> None:
    """The totals in full, and what a replacement makes of them."""
    with st.container(horizontal=True, key="network-totals"):
        for key in ("params", "macs"):
            before = columns.total(network, key) or 0
            after = columns.total(replaced, key) or 0 if replaced else before
            st.metric(
                columns.column(key).label,
                exact(after),
                f"{ratio_in_words(after / before)} than before" if replaced and before else None,
                delta_color="off",
                delta_arrow="off",
                help=f"{si(after)}; {columns.column(key).convention}",
                width=330,
            )
    if replaced and replaced.replacement:
        count = f"{len(replaced.replaced)} of {len(replaced.changes)} selected layers"
        names = " and ".join(name_of(variant) for variant in replaced.replacement.variants)
        st.markdown(f"**{names}** in place of {count}.")
        parts.left_out(
            [change.said for change in replaced.left_alone],
            "left as they are",
        )


def _figures(state: State, network: Network, replaced: Network | None) -> None:
    result, cost = replaced or network, state["cost"]
    words = figures.summary(result, cost)
    parts.segments(state, "picture", PICTURES)
    if state["picture"] == "treemap":
        parts.chart(figures.treemap(result, cost), "treemap", f"Areas. {words}")
    else:
        parts.chart(figures.layer_bars(result, cost), "layers", f"Bars. {words}")
    st.header("Share by kind of operation", anchor=False)
    shown = tuple(dict.fromkeys((cost, "macs", "params")))
    parts.chart(figures.kind_shares(result, shown), "kinds", f"Shares of kinds. {words}")
    if replaced and replaced.replaced:
        st.header("Before and after", anchor=False)
        parts.chart(figures.before_after(replaced, cost), "before-after", words)


def _table(state: State, network: Network, result: Network) -> None:
    st.header("In numbers", anchor=False)
    parts.segments(state, "table", TABLES)
    cost = state["cost"]
    metrics = None if cost in columns.default() else [*columns.default(), cost]
    if state["table"] == "shares":
        metrics = [cost]
    if state["table"] == "compare":
        where = state["where"].strip() or None
        table = _every_variant(state, network, where)
    else:
        table = VIEWS[state["table"]].table(result, metrics)
    tables.show(table, f"{network.name}: {TABLES[state['table']]}")
    upload = "The file itself is not part of the link." if state["source"] == "upload" else ""
    command = _command(state, metrics or [])
    parts.take_away(state, table, "network", command=command, caption=upload)
    parts.notes([*table.notes, f"Source: {network.source}"])
    parts.left_out([reason for _, reason in table.skipped], "said in the table")


def _every_variant(state: State, network: Network, where: str | None) -> Table:
    """All variants in turn; of a visitor's own file elsewhere, for it may have many layers."""
    hyper = _settings(state)
    if state["source"] == "shipped":
        return whatif.compare(network, None, where, hyper=hyper)
    what = "Counting every variant"
    return behind(readers(), what, whatif.compare, network, None, where, hyper=hyper)


def _command(state: State, metrics: Iterable[str]) -> str:
    """The command that prints the same table."""
    file = kept_file(network_form.UPLOAD) if state["source"] == "upload" else None
    return network_command(
        uploads.label(file.name) if file else state["network"],
        state["at"],
        state["table"],
        metrics,
        what_if_form.replacements(state),
        state["pays"],
        what_if_form.judged(state),
        state["where"].strip(),
        _settings(state),
    )


def _settings(state: State) -> dict[str, Any]:
    """The hyper-parameters that were set, by `variant.letter`."""
    return {f"{state['replace']}.{k}": v for k, v in what_if_form.settings(state).items()}
