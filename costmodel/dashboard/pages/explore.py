"""Explore: any size or hyper-parameter against any cost, as curves, a map, or a trade-off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from costmodel.comparing.count import Counts
from costmodel.core.variant import VARIANTS
from costmodel.dashboard import parts
from costmodel.dashboard.forms import selection
from costmodel.dashboard.forms.layer_form import FIELDS, MAX_SIZE, further_form, layer_form
from costmodel.dashboard.state.state import State
from costmodel.errors import CostModelError
from costmodel.fields import Choice, Field, OptionalInteger
from costmodel.metrics.metric import METRICS, costs
from costmodel.plots.curve import ratio_curve
from costmodel.plots.explore import cost_curves, trade_off_scatter
from costmodel.plots.ratio_map import ratio_map
from costmodel.sweeping.axes import LAYER_AXES, Axis, axes, rounded
from costmodel.sweeping.break_evens import boundary
from costmodel.sweeping.grid import Grid, on_grid
from costmodel.sweeping.trade_off import trade_off

VIEWS = {"curves": "Curves", "map": "Map", "trade-off": "Trade-off"}
SCALES = {"ratio": "Ratio to standard", "cost": "Cost itself"}
_POINTS = 120  # of a curve
_SIDE = 40  # of a map
_HEIGHT = 520  # with room for a legend of many lines, also on a phone
_UNSET = ""


def page() -> None:
    """Draw the page."""
    what = "Any size or hyper-parameter against any cost; every point is counted exactly."
    with parts.page(_fields(), "Explore the design space", what) as state:
        with st.sidebar:
            chosen = selection.choose_variants(state)
            further_form(state)
        compared = selection.fitting(state, layer_form(state), chosen)
        if compared.variants:
            _view(state, list(compared.counts.values()))
        else:
            st.info("No variant that fits this layer is chosen: choose a family in the sidebar.")
        parts.left_out([reason for _, reason in compared.skipped])
        parts.above_full_rank(compared.counts.values())


def _fields() -> list[Field]:
    every = [f"{v.id}.{name}" for v in VARIANTS.values() for name in v.hyper]
    over = (_UNSET, *LAYER_AXES, *every)
    ends = [
        OptionalInteger(f"{axis}_{end}", None, f"{axis} {end}", low=1, high=MAX_SIZE)
        for axis in "xy"
        for end in ("from", "to")
    ]
    return [
        *FIELDS,
        *selection.fields(),
        *selection.hyper_fields(),
        selection.look_field(),
        Choice("view", "curves", "View", options=tuple(VIEWS)),
        Choice("scale", "ratio", "Scale", options=tuple(SCALES)),
        Choice("x", _UNSET, "x", options=over),
        Choice("y", _UNSET, "y", options=over),
        Choice("metric", "macs", "Cost", options=costs()),
        Choice("against", "activations", "Against", options=costs()),
        *ends,
    ]


def _view(state: State, counted: Sequence[Counts]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="explore-inputs"):
        parts.segments(state, "view", VIEWS)
        parts.metric_choice(state, "metric", "Cost")
        if state["view"] == "trade-off":
            parts.metric_choice(state, "against", "Against")
    if state["view"] == "curves":
        _curves(state, counted)
    elif state["view"] == "map":
        _map(state, counted)
    else:
        _trade_off(state, counted)


# -- curves ----------------------------------------------------------------------------------------


def _curves(state: State, counted: Sequence[Counts]) -> None:
    layer, metric = counted[0].layer, state["metric"]
    variants = [counts.variant for counts in counted]
    possible = {
        axis.key: axis for axis in axes(layer, variants, selection.hyper_values(state, variants))
    }
    with st.container(horizontal=True, vertical_alignment="bottom", key="curve-inputs"):
        over = _axis(state, "x", "Over", possible, "out_channels")
        parts.segments(state, "scale", SCALES)
        with _ranges():
            values = _range(state, over, "x", _POINTS)
    shown = [v for v in variants if not over.variant or v.id == over.variant]
    hyper = selection.hyper_values(state, shown)
    swept = on_grid(shown, layer, {over.key: values}, (metric,), hyper=hyper)
    if state["scale"] == "ratio":
        figure = ratio_curve(swept, over, height=_HEIGHT)
    else:
        figure = cost_curves(swept, over, metric)
    what = f"{METRICS[metric].label} over {over.label}, one line per variant."
    parts.chart(figure, "curves", what)
    _take_away(state, swept)


# -- map -------------------------------------------------------------------------------------------


def _map(state: State, counted: Sequence[Counts]) -> None:
    layer, metric = counted[0].layer, state["metric"]
    by_id = {counts.variant.id: counts for counts in counted}
    looked_at = by_id[state.limit(selection.look_field(by_id))]
    variant = looked_at.variant
    over = {axis.key: axis for axis in axes(layer, [variant], looked_at.hyper)}
    letters = [key for key in over if "." in key]
    with st.container(horizontal=True, vertical_alignment="bottom", key="map-inputs"):
        parts.variant_choice(state, list(by_id))
        across = _axis(state, "x", "Across", over, "out_channels")
        first = next((key for key in letters if key != across.key), "in_channels")
        rest = {key: axis for key, axis in over.items() if key != across.key}
        up = _axis(state, "y", "Up", rest, first if first in rest else next(iter(rest)))
        with _ranges():
            xs, ys = _range(state, across, "x", _SIDE), _range(state, up, "y", _SIDE)
    swept = on_grid(
        [variant], layer, {across.key: xs, up.key: ys}, (metric,), hyper=looked_at.hyper
    )
    line = boundary(looked_at, across, up, xs, metric)
    figure = ratio_map(swept, across, up, metric, line)
    what = (
        f"Map of the ratio of {METRICS[metric].label} to the {VARIANTS.baseline.title} over "
        f"{across.label} and {up.label}; blue is cheaper, brown dearer, the thick line is 1."
    )
    parts.chart(figure, "map", what)
    st.caption(
        "Blue: cheaper than the standard convolution; brown: dearer. The thick line is where both "
        "cost the same"
        + (", the dotted one its exact break-even" if line else "")
        + "; the cross is the layer above."
    )
    _take_away(state, swept)


# -- trade-off -------------------------------------------------------------------------------------


def _trade_off(state: State, counted: Sequence[Counts]) -> None:
    metrics = (state["against"], state["metric"])
    if metrics[0] == metrics[1]:
        st.info("Both costs are the same: choose two different ones.")
        return
    variants = [counts.variant for counts in counted]
    hyper = selection.hyper_values(state, variants)
    table = trade_off(variants, counted[0].layer, metrics, hyper=hyper)
    labels = " against ".join(METRICS[key].label for key in reversed(metrics))
    parts.chart(trade_off_scatter(table, metrics), "trade-off", f"{labels}, logarithmic.")
    st.caption(
        f"{len(table):,} settings: every variant over all its whole-number hyper-parameters, large "
        "marks are the present ones. Nothing costs less than the broad grey line in both ways at "
        "once. Two costs say nothing about quality: the smallest rank is on every such front. What "
        "a setting can express, or loses, is a third axis that costs do not have."
    )
    parts.take_away(state, table, "trade-off")
    parts.conventions(table)


# -- what they share -------------------------------------------------------------------------------


def _axis(state: State, name: str, label: str, offered: dict[str, Axis], usual: str) -> Axis:
    """A choice of what varies."""
    keys = list(offered)
    key = state.limit(Choice(name, usual if usual in keys else keys[0], label, options=keys))
    parts.choice(state, name, label, keys, lambda key: parts.axis_title(offered[key]), width=290)
    return offered[key]


def _ranges() -> Any:
    """Where the ends of the axes are set; most visitors leave them as they are."""
    return st.popover("Range", icon=":material/width:", help="From where to where the axes go")


def _range(state: State, over: Axis, name: str, most: int) -> tuple[int, ...]:
    """From where to where; left empty, the axis' own range."""
    low = parts.optional_number(state, f"{name}_from", over.low)
    high = parts.optional_number(state, f"{name}_to", max(over.high, over.current))
    if low > high:
        raise CostModelError(f"{over.label} from {low} to {high}; allowed is from small to large")
    return rounded(low, high, most)


def _take_away(state: State, swept: Grid) -> None:
    table = swept.to_table()
    caption = f"Layer: {swept.layer}. {len(table):,} points."
    parts.take_away(state, table, "sweep", caption=caption)
    parts.conventions(table)
