"""Figures of plans: where one lies on the front, and what it does to each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costmodel.core.numbers import Number
from costmodel.core.readable import exact, ratio_in_words, si
from costmodel.core.variant import VARIANTS
from costmodel.network import columns
from costmodel.network.network import Network
from costmodel.network.operation import NetOp
from costmodel.planning.front import Front
from costmodel.planning.plan import Plan
from costmodel.plots.layout import as_text, axis, bars, figure, name_of, row_axis
from costmodel.plots.palette import MEANINGS, NEUTRAL, style_of
from costmodel.typed import write_pairs

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_POINTS = 1_000  # of a front: more than a screen has room for
_MARKED = 60  # points up to which each has a mark of its own
_ROWS = 40  # layers that a person still reads
_ROW = 24  # pixels of one layer
_FRAME = 84
_BEFORE = "rgba(127,139,153,0.25)"


def front_figure(front: Front, index: int) -> Figure:
    """All trade-offs as a staircase: the least of the second measure within each budget.

    Args:
        index: of the point that is chosen.
    """
    (x, y), columns_ = front.totals(index), front.columns
    titles = [column.label for column in columns_]
    drawn = [front.totals(at) for at in _drawn(front, index)]
    whole = tuple(front.measures.totals[key] for key in (front.first, front.second))
    color = NEUTRAL
    line = {
        "type": "scatter",
        "mode": "lines+markers" if len(drawn) <= _MARKED else "lines",
        "name": "the best plans",
        "x": [float(a) for a, _ in drawn],
        "y": [float(b) for _, b in drawn],
        "line": {"shape": "hv", "color": color, "width": 2},
        "marker": {"size": 6, "color": color},
        "customdata": [_words(front, point) for point in drawn],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    marks = [
        _mark("the network as it is", whole, "circle-open", 13, NEUTRAL, _words(front, whole)),
        _mark("this plan", (x, y), "star", 17, MEANINGS["better"], _words(front, (x, y))),
    ]
    zero = {"rangemode": "tozero"} if min(float(b) for _, b in drawn) == 0 else {}
    return figure(
        [line, *marks],
        height=360,
        xaxis=axis(titles[0], tickformat=".3~s", rangemode="tozero"),
        yaxis=axis(titles[1], tickformat=".3~s", **zero),
        hovermode="closest",
    )


def front_summary(front: Front, index: int) -> str:
    """The same in words, for readers who do not see it."""
    low, high = front.totals(0), front.totals(len(front) - 1)
    return (
        f"The best plans of {front.network.name}, from {_plain(front, low)} to "
        f"{_plain(front, high)}. This plan: {_plain(front, front.totals(index))}."
    )


def layer_changes(plan: Plan, key: str, rows: int = _ROWS) -> Figure:
    """Each layer before and after, in the order in which they run, what replaces it beside its bar.

    Where there are more layers than `rows`, the largest are shown and the rest is one bar, last.
    """
    before, after = _values(plan.before, key), _values(plan.network, key)
    names = list(before)
    largest = sorted(names, key=lambda name: -before[name])[: max(rows - 1, 1)]
    kept = names if len(names) <= rows else [name for name in names if name in set(largest)]
    rest = [name for name in names if name not in set(kept)]
    labels = [as_text(name) for name in kept] + [f"{len(rest)} smaller ones"] * bool(rest)
    then = [*map(before.__getitem__, kept), *[sum(map(before.__getitem__, rest))] * bool(rest)]
    now = [*map(after.__getitem__, kept), *[sum(map(after.__getitem__, rest))] * bool(rest)]
    data = [
        bars(
            "before",
            labels,
            [float(value) for value in then],
            customdata=[f"before: {exact(value)} ({si(value)})" for value in then],
            marker={"color": _BEFORE},
            width=0.86,
        )
    ]
    data += [
        _after(id, plan, kept, labels, then, now)
        for id in dict.fromkeys(_placed(plan, name) for name in [*kept, *([""] * bool(rest))])
    ]
    return figure(
        data,
        height=_ROW * len(labels) + _FRAME,
        barmode="overlay",
        xaxis=axis(columns.column(key, plan.before).label, tickformat=".3~s", rangemode="tozero"),
        yaxis=row_axis(categoryorder="array", categoryarray=labels, dtick=1),
    )


def changes_summary(plan: Plan, key: str) -> str:
    """The same in words."""
    before, after = (columns.total(network, key) or 0 for network in (plan.before, plan.network))
    replaced = "; ".join(f"{name}: {_said(plan, name)}" for name in plan.choices) or "nothing"
    return (
        f"{plan.before.name} layer by layer, {columns.column(key).label} {exact(before)} before "
        f"and {exact(after)} after. Replaced: {replaced}."
    )


def _after(
    id: str,
    plan: Plan,
    kept: Sequence[str],
    labels: Sequence[str],
    then: Sequence[Number],
    now: Sequence[Number],
) -> dict[str, Any]:
    """The bars of the layers that one variant stands in place of, or that stay ("")."""
    own = [at for at in range(len(labels)) if _placed(plan, [*kept, ""][at]) == id]
    texts = [_values_of(plan, kept[at]) if id else "" for at in own]
    return bars(
        name_of(VARIANTS[id]) if id else "left as it is",
        [labels[at] for at in own],
        [float(now[at]) for at in own],
        customdata=[
            f"{_said(plan, kept[at]) if id else 'left as it is'}<br>{exact(now[at])} of "
            f"{exact(then[at])}<br>{ratio_in_words(now[at] / then[at] if then[at] else None)}"
            for at in own
        ],
        marker={"color": style_of(VARIANTS[id]).color if id else NEUTRAL},
        width=0.5,
        text=[f"{name_of(VARIANTS[id])} {text}".strip() if id else "" for text in texts],
        textposition="outside",
        cliponaxis=False,
        constraintext="none",
        textfont={"size": 12},
    )


def _placed(plan: Plan, name: str) -> str:
    """The id of what stands in place of a layer, "" for nothing."""
    return plan.choices[name].variant.id if name in plan.choices else ""


def _values_of(plan: Plan, name: str) -> str:
    return as_text(write_pairs(dict(plan.choices[name].hyper), ", "))


def _said(plan: Plan, name: str) -> str:
    return f"{name_of(plan.choices[name].variant)} {_values_of(plan, name)}".strip()


def _values(network: Network, key: str) -> dict[str, Number]:
    """What each layer costs, by its name."""
    column = columns.column(key, network)
    values = ((op, column.value(op, own)) for op, own in network.parts() if _is_layer(op))
    return {op.name: value or 0 for op, value in values}


def _is_layer(op: NetOp) -> bool:
    return op.layer is not None


def _drawn(front: Front, index: int) -> list[int]:
    """Points at which the second measure falls, and the chosen one; thinned evenly where many."""
    corners = front.corners
    return sorted({*corners[:: -(-len(corners) // _POINTS)], corners[-1], len(front) - 1, index})


def _mark(
    name: str, point: Sequence[Number], symbol: str, size: int, color: str, words: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [float(point[0])],
        "y": [float(point[1])],
        "marker": {
            "symbol": symbol,
            "size": size,
            "color": color,
            "line": {"width": 2, "color": color if symbol.endswith("-open") else "white"},
        },
        "customdata": [words],
        "hovertemplate": "%{customdata}<extra></extra>",
        "cliponaxis": False,
    }


def _words(front: Front, point: Sequence[Number]) -> str:
    whole = (front.measures.totals[key] for key in (front.first, front.second))
    return "<br>".join(
        f"{column.label}: {exact(value)}" + (f"<br>{ratio_in_words(value / all_)}" if all_ else "")
        for column, value, all_ in zip(front.columns, point, whole, strict=True)
    )


def _plain(front: Front, point: Sequence[Number]) -> str:
    said = (f"{c.label} {exact(v)}" for c, v in zip(front.columns, point, strict=True))
    return " and ".join(said)
