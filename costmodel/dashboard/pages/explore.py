"""Explore: any size or hyper-parameter against any cost, as curves, a map, or a trade-off."""

from __future__ import annotations

import math
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
from costmodel.plots import explore_words as words
from costmodel.plots.curve import ratio_curve
from costmodel.plots.explore import cost_curves, trade_off_scatter
from costmodel.plots.ratio_map import ratio_map
from costmodel.sweeping.axes import LAYER_AXES, Axis, axes, rounded
from costmodel.sweeping.break_evens import boundary
from costmodel.sweeping.grid import Grid, on_grid
from costmodel.sweeping.quality import Quality, RankShare, read_joined
from costmodel.sweeping.trade_off import trade_off

VIEWS = {"curves": "Curves", "map": "Map", "trade-off": "Trade-off"}
SCALES = {"ratio": "Ratio to standard", "cost": "Cost itself"}
LETTERS = {"kept": "As on the layer", "defaults": "Follow the layer"}
SETTINGS = {"400": "400", "4000": "4,000", "20000": "20,000"}
THIRD = {"none": "None", "rank_share": "Share of full rank", "joined": "A column of yours"}
BETTER = {"larger": "Larger is better", "smaller": "Smaller is better"}
_PASTED = 200_000  # characters
_POINTS = 120  # of a curve
_SIDE = 40  # of a map
_HEIGHT = 520  # with room for a legend of many lines, also on a phone
_UNSET = ""
_COUNTED = "Counted exactly by the formulas that follow from the stages"


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
        Choice("held", "kept", "Hyper-parameters", options=tuple(LETTERS)),
        Choice("settings", "400", "Settings of a variant", options=tuple(SETTINGS)),
        Choice("third", "none", "Third axis", options=tuple(THIRD)),
        Choice("better", "larger", "Better", options=tuple(BETTER)),
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
        if not over.letter:
            parts.segments(state, "held", LETTERS)
        with _ranges():
            values = _range(state, over, "x", _POINTS)
    shown = [c for c in counted if not over.variant or c.variant.id == over.variant]
    hyper = _held(state, shown, over)
    swept = on_grid([c.variant for c in shown], layer, {over.key: values}, (metric,), hyper=hyper)
    if state["scale"] == "ratio":
        figure = ratio_curve(swept, over, height=_HEIGHT)
    else:
        figure = cost_curves(swept, over, metric)
    parts.chart(
        figure,
        "curves",
        f"{METRICS[metric].label} over {over.label}, one line per variant.",
        finding=words.over_axis(swept, over, metric),
        source=_source(swept),
    )
    _take_away(state, swept)


def _held(state: State, shown: Sequence[Counts], over: Axis) -> dict[str, Any]:
    """The hyper-parameters that stay as a size varies: all of them, or those that were set."""
    if over.letter or state["held"] == "kept":
        return {f"{c.variant.id}.{name}": v for c in shown for name, v in c.hyper.items()}
    return selection.hyper_values(state, [c.variant for c in shown])


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
    dotted = ", the dotted one its exact break-even" if line else ""
    parts.chart(
        figure,
        "map",
        what,
        finding=words.over_map(swept, across, up, metric),
        source=f"Blue: cheaper than the {VARIANTS.baseline.title}; brown: dearer. The thick line "
        f"is where both cost the same{dotted}; the cross is the layer above. {_source(swept)}",
    )
    _take_away(state, swept)


# -- trade-off -------------------------------------------------------------------------------------


def _trade_off(state: State, counted: Sequence[Counts]) -> None:
    metrics = (state["against"], state["metric"])
    if metrics[0] == metrics[1]:
        st.info("Both costs are the same: choose two different ones.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="trade-off-inputs"):
        parts.segments(state, "third", THIRD)
        if state["third"] != "joined":
            parts.segments(state, "settings", SETTINGS)
    quality = _quality(state)
    if quality is None and state["third"] == "joined":
        return
    variants = [counts.variant for counts in counted]
    hyper = selection.hyper_values(state, variants)
    most, layer = int(state["settings"]), counted[0].layer
    table = trade_off(variants, layer, metrics, most, quality=quality, hyper=hyper)
    labels = " against ".join(METRICS[key].label for key in reversed(metrics))
    parts.chart(
        trade_off_scatter(table, metrics, quality),
        "trade-off",
        f"{labels}, logarithmic.",
        finding=words.over_settings(table, metrics, quality),
        source=f"{_said(quality)} {_COUNTED}, on the layer {layer}.",
    )
    parts.take_away(state, table, "trade-off")
    parts.conventions(table)


def _quality(state: State) -> Quality | None:
    """The third axis; None without one, and where the visitor's own is not there yet."""
    if state["third"] == "rank_share":
        return RankShare()
    if state["third"] == "none":
        return None
    left, right = st.columns([3, 1], gap="medium")
    with left:
        text = st.text_area(
            "Your table in CSV",
            placeholder="variant,r,accuracy\nchannel_svd,16,0.91\nstandard,,0.95",
            help="A column `variant`, columns of hyper-parameters, which may be empty, and one "
            "column of numbers of your own. It is not part of the link.",
            key="pasted",
            max_chars=_PASTED,
        )
    with right:
        parts.segments(state, "better", BETTER)
    if not (text or "").strip():
        st.info("Paste a table, an accuracy of each setting say: its column becomes the colour.")
        return None
    return read_joined(text, larger=state["better"] == "larger")


def _said(quality: Quality | None) -> str:
    """How the figure is read, in a few sentences."""
    if quality is None:
        return (
            "Every variant over all its whole-number hyper-parameters; large marks are the present "
            "ones, the broad grey line is what nobody beats. Two costs say nothing about quality: "
            "the smallest rank is on every such front. A third axis shows what a setting can "
            "express, or what you have measured."
        )
    among = "all variants" if quality.across else "its own variant: shares are of what that can be"
    return (
        f"Coloured by {quality.column.label}. Ringed: no other setting of {among} is better in one "
        "of the three and no worse in the others. Small marks: not known."
    )


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
    values = rounded(low, high, most)
    return tuple(sorted({*values, over.current})) if low <= over.current <= high else values


def _source(swept: Grid) -> str:
    """Where the numbers of a grid come from."""
    points = len(swept.variants) * math.prod(map(len, swept.axes.values()))
    return f"{_COUNTED} at {points:,} points of the layer {swept.layer}."


def _take_away(state: State, swept: Grid) -> None:
    table = swept.to_table()
    parts.take_away(state, table, "sweep")
    parts.conventions(table)
