"""Where a network's cost lies: figures whose titles say what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from costmodel.dashboard import parts
from costmodel.dashboard.forms import what_if_form
from costmodel.dashboard.state.behind import behind, readers
from costmodel.dashboard.state.state import State
from costmodel.documents.markdown import literal
from costmodel.network.network import Network
from costmodel.network.savings import savings
from costmodel.network.selection import only
from costmodel.network.views import VIEWS
from costmodel.plots import network as figures
from costmodel.plots import network_words as words
from costmodel.plots import savings as maps
from costmodel.plots.network import Milliseconds
from costmodel.plots.treemap import treemap
from costmodel.table import Table
from costmodel.timing.networks import Predicted

#: The pictures by name.
PICTURES = {
    "treemap": "Nested",
    "bars": "Layer by layer",
    "savings": "What would save",
}
_MAP = "chart-savings"
_LAYERS = 40  # of a map that is still read
# On a narrow screen the map keeps the width at which its names can be read, and scrolls. Where the
# pointer reads a cell a click is taken, and it is a hand; elsewhere it is none.
_MAP_STYLE = (
    "<style>.st-key-savings-map{overflow-x:auto}"
    ".st-key-savings-map [data-testid=stPlotlyChart]{min-width:46rem}"
    ".st-key-savings-map .nsewdrag{cursor:default!important}"
    ".st-key-savings-map .js-plotly-plot:has(.hovertext) .nsewdrag{cursor:pointer!important}"
    "</style>"
)


def figures_section(
    state: State, network: Network, replaced: Network | None, times: Predicted | None
) -> None:
    """Draw the picture that is chosen, the kinds of operation, and before and after."""
    result, cost = replaced or network, state["cost"]
    said = words.summary(result, cost)
    place = st.container()
    parts.segments(state, "picture", PICTURES)
    match state["picture"]:
        case "treemap":
            _finding(place, words.by_module(result, cost))
            parts.chart(treemap(result, cost), "treemap", f"Areas. {said}")
            _below(result, "tree", cost, "A click opens a module; the bar above leads back.")
        case "bars":
            _finding(place, words.where_it_lies(result, cost))
            shown = None if times is None else _milliseconds(times)
            parts.chart(figures.layer_bars(result, cost, shown), "layers", f"Bars. {said}")
            _below(result, "layers", cost, figures.left_out(result, cost))
        case _:
            _savings(state, place, network, result)
    _finding(st, words.by_kind(result, cost))
    shares = tuple(dict.fromkeys((cost, "macs", "params")))
    parts.chart(figures.kind_shares(result, shares), "kinds", f"Shares of kinds. {said}")
    if replaced and replaced.replaced:
        _finding(st, words.by_replacing(replaced, cost))
        parts.chart(figures.before_after(replaced, cost), "before-after", said)


def _finding(place: Any, text: str) -> None:
    """A figure's title, which says what it shows."""
    place.header(literal(text), anchor=False)


def _below(network: Network, view: str, cost: str, said: str) -> None:
    """Below a figure: its numbers as a file, where they come from, and what it leaves out."""
    _numbers(VIEWS[view].table(network, [cost]), view, f"{said} Counted from: {network.source}.")


def _numbers(table: Table, name: str, said: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.csv_button(table, f"figure-{name}", "Figure as CSV")
        st.caption(literal(said.strip()))


def _milliseconds(times: Predicted) -> Mapping[str, Milliseconds]:
    return {
        name: Milliseconds(1e3 * said.seconds, 1e3 * said.low, 1e3 * said.high)
        for name, said in times.layers.items()
        if said.seconds
    }


# -- what would save -------------------------------------------------------------------------------


def _savings(state: State, place: Any, network: Network, result: Network) -> None:
    """The map of what each variant would save in each layer; a click puts it in place."""
    (cost,) = what_if_form.judged(state)
    table = _table(state, network, cost)
    _finding(place, maps.best_saving(table, cost))
    standing = {name: bound.variant.id for name, bound in result.plan.items()}
    st.html(_MAP_STYLE)
    with st.container(key="savings-map"):
        st.plotly_chart(
            maps.savings_map(table, cost, standing),
            # a new key where something was put in place: what was chosen is chosen no more
            key=f"{_MAP} {len(state['also'])}",
            on_select=_chosen(state),
            selection_mode="points",
            config={"displayModeBar": False},
            alt=f"A map of layers by variants. {maps.best_saving(table, cost)}.",
        )
    said = "A click puts a variant in a layer's place, and a second one takes it back."
    if not_shown := maps.left_out(table):
        said += f" {not_shown}"
    _numbers(table, "savings", f"{said} {table.notes[0]}")


def _chosen(state: State) -> Callable[[], None]:
    """What a click on a cell does."""
    key = f"{_MAP} {len(state['also'])}"

    def chosen() -> None:
        points = st.session_state[key].selection.points
        if points:
            layer, variant, *_ = points[0]["customdata"]
            toggle(state, layer, variant)

    return chosen


def toggle(state: State, layer: str, variant: str) -> None:
    """Put a variant in place of one layer, or take it back where that was done before."""
    text = f"{only(layer)}={variant}"
    if text in state["also"]:
        state.put("also", tuple(one for one in state["also"] if one != text))
    else:
        what_if_form.put_also(state, text)


def _table(state: State, network: Network, cost: str) -> Table:
    """The savings: of a shipped network worked out once, of a visitor's own file elsewhere."""
    if state["source"] == "shipped":
        return _of_shipped(network.name, tuple(state["at"].items()), cost, network)
    what = "Trying every variant in every layer"
    return behind(readers(), what, savings, network, cost, None, _LAYERS)


@st.cache_resource(max_entries=200, show_spinner=False)
def _of_shipped(
    name: str, sizes: tuple[tuple[str, str], ...], cost: str, _network: Network
) -> Table:
    return savings(_network, cost, None, _LAYERS)
