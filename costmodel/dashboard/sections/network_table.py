"""A network in numbers: the table that is chosen, as the command line prints it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from costmodel.comparing.compare import HYPER, VARIANT
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import USUAL, write_layer
from costmodel.core.readable import exact
from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts, tables
from costmodel.dashboard.forms import network_form, what_if_form
from costmodel.dashboard.forms.file_form import kept_file
from costmodel.dashboard.forms.layer_form import FIELDS
from costmodel.dashboard.sections.sending import page_to_send
from costmodel.dashboard.state.behind import behind, readers
from costmodel.dashboard.state.state import State
from costmodel.documents.spelling import network_command
from costmodel.errors import CostModelError
from costmodel.network import columns
from costmodel.network import what_if as whatif
from costmodel.network.alone import alone
from costmodel.network.kinds import KINDS
from costmodel.network.network import Network
from costmodel.network.read.uploads import label
from costmodel.network.views import TOTAL, VIEWS
from costmodel.plots.layout import name_of
from costmodel.table import Column, Table
from costmodel.typed import write_pairs

#: The tables by name, as the command line's `--view` has them, and one row per variant.
TABLES = {**{name: view.label for name, view in VIEWS.items()}, "compare": "Every variant"}
_LINK = Column("open", "In Compare", tables.LINK, "the layer on its own, with every variant")


def table_section(state: State, network: Network, result: Network) -> None:
    """Draw the table, and take it away as a file, a link or a command."""
    st.header("In numbers", anchor=False)
    parts.segments(state, "table", TABLES)
    metrics = _metrics(state)
    table = _table(state, network, result, metrics)
    shown, whole = _without_total(_linked(_titled(table), result))
    tables.show(shown, f"{network.name}: {TABLES[state['table']]}")
    if whole:
        st.markdown(whole)
    own = state["source"] == "upload"
    page = page_to_send(
        result,
        own=own,
        same_as=_command(state, (), "layers", {}),
        stated=dict(state["at"]),
    )
    parts.take_away(
        state,
        table,
        "network",
        command=_command(state, metrics or []),
        caption="The file itself is not part of the link." if own else "",
        report=page,
    )
    parts.notes([*table.notes, f"Source: {network.source}"])
    parts.left_out([reason for _, reason in table.skipped], "said in the table")


def _metrics(state: State) -> list[str] | None:
    """The columns asked for besides the usual ones; None for these alone."""
    cost = state["cost"]
    if state["table"] == "shares":
        return [cost]
    return None if cost in columns.default() else [*columns.default(), cost]


def _table(state: State, network: Network, result: Network, metrics: list[str] | None) -> Table:
    if state["table"] == "compare":
        return _every_variant(state, network)
    return VIEWS[state["table"]].table(result, metrics)


def _every_variant(state: State, network: Network) -> Table:
    """All variants in turn; of a visitor's own file elsewhere, for it may have many layers."""
    where, hyper = state["where"].strip() or None, _settings(state)
    if state["source"] == "shipped":
        try:
            return whatif.compare(network, None, where, hyper=hyper)
        except CostModelError:  # what was typed fits nothing, which is said where it was typed
            return whatif.compare(network)
    what = "Counting every variant"
    return behind(readers(), what, whatif.compare, network, None, where, hyper=hyper)


# -- as people read it -----------------------------------------------------------------------------


def _titled(table: Table) -> Table:
    """The same with names for people instead of ids."""
    rows = [{**row, **_named(row)} for row in table.rows]
    return replace(table, rows=rows)


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    if row.get("kind") in KINDS:
        cells["kind"] = KINDS[row["kind"]].label
    if row.get(VARIANT.key) in VARIANTS:
        cells[VARIANT.key] = name_of(VARIANTS[row[VARIANT.key]])
    if isinstance(row.get(HYPER.key), Mapping):
        cells[HYPER.key] = write_pairs(row[HYPER.key], ", ")
    return cells


def _linked(table: Table, network: Network) -> Table:
    """The same with a link for each layer that the page Compare can look at."""
    if "layer" not in table.names or "input" not in table.names:
        return table
    address = (st.context.url or "").split("?")[0].rpartition("/")[0]
    done = network.replacement
    layers = {op.name: alone(op) for op in (done.before if done else network).ops}
    links = {
        name: compare_address(address, layer) for name, layer in layers.items() if layer is not None
    }
    rows = [{**row, _LINK.key: links.get(row["layer"], "")} for row in table.rows]
    return replace(table, columns=(*table.columns, _LINK), rows=rows)


def compare_address(address: str, layer: ConvLayer) -> str:
    """The address of a layer on the page Compare; "" for one that its inputs cannot say."""
    texts = write_layer(layer)
    names = [field.name for field in FIELDS]
    if any(USUAL.get(name) != text for name, text in texts.items() if name not in names):
        return ""
    try:
        for field in FIELDS:
            field.read(texts[field.name])
    except CostModelError:  # beyond the page's limits
        return ""
    return f"{address}/?{urlencode({name: texts[name] for name in names})}"


def _without_total(table: Table) -> tuple[Table, str]:
    """The rows that can be sorted, and the last one, of the whole network, as a sentence."""
    first = table.columns[0].key
    if not table.rows or table.rows[-1].get(first) != TOTAL:
        return table, ""
    *rows, whole = table.rows
    cells = [
        f"{exact(whole[column.key])} {column.label}"
        for column in table.columns
        if column.key in columns.names()
        and isinstance(whole.get(column.key), int)
        and whole[column.key]
    ]
    return replace(table, rows=rows), f"**In all:** {' · '.join(cells)}"


# -- to take away ----------------------------------------------------------------------------------


def _command(
    state: State,
    metrics: Iterable[str],
    view: str | None = None,
    sizes: Mapping[str, str] | None = None,
) -> str:
    """The command that prints the same table; another view, or sizes, where they are given."""
    file = kept_file(network_form.UPLOAD) if state["source"] == "upload" else None
    return network_command(
        label(file.name) if file else state["network"],
        state["at"] if sizes is None else sizes,
        view or state["table"],
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
