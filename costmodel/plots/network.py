"""Figures of a whole network: where its cost lies, and what a replacement changes.

Each takes a `Network` and a column of its table ("macs", "params", …), shows that column's exact
integers on hover, and colours operations by their kind, or by what stands in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from costmodel.core.numbers import Number
from costmodel.core.readable import exact, ratio_in_words, si
from costmodel.core.variant import VARIANTS
from costmodel.network import columns
from costmodel.network.kinds import KINDS
from costmodel.network.operations import Operations
from costmodel.plots.layer_costs import LayerCost, label, layer_costs, share_text
from costmodel.plots.layout import REFERENCE_LINE, as_text, axis, bars, figure, row_axis
from costmodel.plots.palette import MEANINGS, NEUTRAL, kind_color, style_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW = 22  # pixels of one layer
_FRAME = 84  # axis labels and legend
_ROWS = 40  # bars that a person still reads
_STEPS = 14  # of a waterfall


class Milliseconds(NamedTuple):
    """A predicted time, and the interval that holds it."""

    middle: float
    low: float
    high: float


def layer_bars(
    network: Operations,
    metric: str = "macs",
    times: Mapping[str, Milliseconds] | None = None,
    rows: int = _ROWS,
) -> Figure:
    """One horizontal bar per layer, in the order in which they run.

    Where there are more layers than `rows`, the largest are shown, and all that were replaced; see
    `left_out`.

    Args:
        times: by layer; where they are given, they stand beside the cost.
    """
    kept, _ = _kept(network, metric, rows)
    whole = columns.total(network, metric) or 0
    names = [as_text(cost.name) for cost in kept]
    data = _before(network, metric, kept)
    groups = dict.fromkeys(cost.group for cost in kept)
    for group in groups:
        own = [cost for cost in kept if cost.group == group]
        rows_of = [as_text(cost.name) for cost in own]
        data.append(
            bars(
                group,
                rows_of,
                [float(cost.value) for cost in own],
                customdata=[_hover(cost, whole, metric) for cost in own],
                marker=own[0].marker,
                text=[cost.said for cost in own],
                textposition="outside",
                cliponaxis=False,
                constraintext="none",
                textfont={"size": 12},
                legendgroup=group,
            )
        )
        if times is not None:
            data.append(_time_bars(group, own, times))
    layout: dict[str, Any] = {
        "height": _ROW * len(kept) + _FRAME,
        "barmode": "overlay",  # one bar a row, whatever its kind
        "bargap": 0.25,
        "xaxis": axis(label(metric), tickformat=".3~s", rangemode="tozero"),
        "yaxis": row_axis(categoryorder="array", categoryarray=names, dtick=1),
    }
    if times is not None:
        layout["xaxis"]["domain"] = [0, 0.58]
        layout["xaxis2"] = axis("predicted ms", rangemode="tozero", domain=[0.63, 1], anchor="y")
    return figure(data, **layout)


def left_out(network: Operations, metric: str = "macs", rows: int = _ROWS) -> str:
    """How many layers `layer_bars` does not draw and what they come to; "" for none."""
    _, rest = _kept(network, metric, rows)
    if not rest:
        return ""
    whole = columns.total(network, metric) or 0
    amount = share_text(sum(cost.value for cost in rest), whole, metric)
    return f"Not drawn: {len(rest)} smaller layers with {amount} together."


def _kept(network: Operations, metric: str, rows: int) -> tuple[list[LayerCost], list[LayerCost]]:
    """The layers that are drawn, in their order, and the others."""
    costs = layer_costs(network, metric)
    by_size = sorted(range(len(costs)), key=lambda at: -costs[at].value)
    drawn = {*by_size[:rows], *(at for at, cost in enumerate(costs) if cost.variant)}
    kept = [cost for at, cost in enumerate(costs) if at in drawn]
    return kept, [cost for at, cost in enumerate(costs) if at not in drawn]


def _before(network: Operations, metric: str, kept: Sequence[LayerCost]) -> list[dict[str, Any]]:
    """A bar behind each layer that was replaced: what it cost before."""
    done = network.replacement
    if done is None:
        return []
    earlier = {cost.name: cost.value for cost in layer_costs(done.before, metric)}
    own = [cost for cost in kept if cost.variant and cost.name in earlier]
    return [
        bars(
            "before",
            [as_text(cost.name) for cost in own],
            [float(earlier[cost.name]) for cost in own],
            customdata=[
                f"before: {exact(earlier[cost.name])} ({si(earlier[cost.name])})" for cost in own
            ],
            marker={"color": NEUTRAL, "opacity": 0.35},
        )
    ] * bool(own)


def _time_bars(
    group: str, own: Sequence[LayerCost], times: Mapping[str, Milliseconds]
) -> dict[str, Any]:
    timed = [cost for cost in own if cost.name in times]
    said = [times[cost.name] for cost in timed]
    return bars(
        group,
        [as_text(cost.name) for cost in timed],
        [time.middle for time in said],
        customdata=[
            f"predicted {time.middle:.3g} ms ({time.low:.3g} to {time.high:.3g})" for time in said
        ],
        marker=own[0].marker,
        xaxis="x2",
        legendgroup=group,
        showlegend=False,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [time.high - time.middle for time in said],
            "arrayminus": [time.middle - time.low for time in said],
            "color": REFERENCE_LINE,
            "thickness": 1.5,
            "width": 3,
        },
    )


def _hover(cost: LayerCost, whole: Number, metric: str) -> str:
    share = share_text(cost.value, whole, metric)
    return f"{share}<br>{cost.said} in its place" if cost.said else share


def kind_shares(network: Operations, metrics: Iterable[str] = ("macs", "params")) -> Figure:
    """One bar from 0 to 100 % per metric, divided by the kinds of operation."""
    keys = list(metrics)
    shares: dict[str, dict[str, Number]] = {}
    totals = {key: columns.total(network, key) or 0 for key in keys}
    for key in keys:
        for cost in layer_costs(network, key):
            own = shares.setdefault(cost.kind, {})
            own[key] = own.get(key, 0) + cost.value
    return figure(
        [
            bars(
                KINDS[kind].label,
                [label(key) for key in keys],
                [100 * own.get(key, 0) / (totals[key] or 1) for key in keys],
                customdata=[share_text(own.get(key, 0), totals[key], key) for key in keys],
                marker={"color": kind_color(kind)},
                hovertemplate=f"<b>{KINDS[kind].label}</b><br>%{{customdata}}<extra></extra>",
            )
            for kind, own in shares.items()
        ],
        height=46 * len(keys) + _FRAME,
        barmode="stack",
        bargap=0.35,
        xaxis=axis("share of the total", range=[0, 100], ticksuffix=" %"),
        yaxis=row_axis(),
    )


def before_after(network: Operations, metric: str = "macs") -> Figure:
    """A waterfall from the total before to the total after, a step per replaced layer.

    The largest steps are shown in the order of the network; the others are one step, last.
    """
    done = network.replacement
    assert done is not None
    alone = len(done.variants) == 1
    before, after = (columns.total(n, metric) or 0 for n in (done.before, network))
    old, new = ({c.name: c.value for c in layer_costs(n, metric)} for n in (done.before, network))
    steps = [(name, new.get(name, 0) - old.get(name, 0)) for name in {**old, **new}]
    steps = [step for step in steps if step[1]]
    largest = sorted(steps, key=lambda step: -abs(step[1]))[:_STEPS]
    kept = [step for step in steps if step in largest]
    rest = [step for step in steps if step not in largest]
    if rest:
        kept.append((f"{len(rest)} other layers", sum(delta for _, delta in rest)))
    labels = ["before", *(name for name, _ in kept), "after"]
    values = [before, *(delta for _, delta in kept), after]
    words = [
        exact(before),
        *(f"{exact(delta)} ({si(delta)})" for _, delta in kept),
        f"{exact(after)}<br>{ratio_in_words(after / before if before else None)}",
    ]
    return figure(
        [
            {
                "type": "waterfall",
                "orientation": "h",
                "measure": ["absolute", *["relative"] * len(kept), "total"],
                "y": [as_text(text) for text in labels],
                "x": [float(value) for value in values],
                "text": [si(value) for value in values],
                "textposition": "auto",
                "customdata": words,
                "hovertemplate": "<b>%{y}</b><br>%{customdata}<extra></extra>",
                "decreasing": {
                    "marker": {
                        "color": style_of(done.variants[0]).color if alone else MEANINGS["better"]
                    }
                },
                "increasing": {"marker": {"color": MEANINGS["worse"]}},
                "totals": {"marker": {"color": style_of(VARIANTS.baseline).color}},
                "connector": {"line": {"color": REFERENCE_LINE, "width": 1}},
                "showlegend": False,
            }
        ],
        height=30 * len(labels) + _FRAME,
        xaxis=axis(label(metric), tickformat=".3~s", rangemode="tozero"),
        yaxis=row_axis(),
    )
