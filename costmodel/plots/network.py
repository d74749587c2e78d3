"""Figures of a whole network: where its cost lies, and what a replacement changes.

Each takes a `Network` and a column of its table ("macs", "params", …), shows
that column's exact integers on hover, and colours operations by their kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from costmodel.core.numbers import Number
from costmodel.core.readable import exact, ratio_in_words, si
from costmodel.core.variant import VARIANTS
from costmodel.metrics.metric import METRICS
from costmodel.network import columns
from costmodel.network.kinds import KINDS
from costmodel.network.operations import Operations
from costmodel.plots.layout import REFERENCE_LINE, axis, bars, figure, name_of, row_axis
from costmodel.plots.palette import MEANINGS, kind_color, style_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROW = 22  # pixels of one layer
_FRAME = 84  # axis labels and legend
_ROWS = 40  # bars that a person still reads
_STEPS = 14  # of a waterfall
_DEPTH = 4  # levels of the tree in sight at once; a click goes deeper
_TREE = "rgba(127,139,153,0.18)"


def treemap(network: Operations, metric: str = "macs") -> Figure:
    """Areas are shares of the total, nested as the names of the modules are.

    Raises:
        CostModelError: an unknown metric.
    """
    whole = columns.total(network, metric) or 0
    areas = _Areas(network.name)
    for name, kind, value in _costs(network, metric):
        areas.add(name, kind, value)
    return figure(
        [
            {
                "type": "treemap",
                "ids": areas.ids,
                "labels": areas.labels,
                "parents": areas.parents,
                "values": [float(value) for value in areas.own],
                "branchvalues": "remainder",
                "maxdepth": _DEPTH,
                "marker": {"colors": areas.colors, "pad": {"t": 22, "l": 3, "r": 3, "b": 3}},
                "customdata": [_share(total, whole, metric) for total in areas.totals()],
                "texttemplate": "%{label}<br>%{percentRoot:.1%}",
                "hovertemplate": "<b>%{id}</b><br>%{customdata}<extra></extra>",
                "pathbar": {"thickness": 24},
            }
        ],
        height=460,
    )


def layer_bars(network: Operations, metric: str = "macs", rows: int = _ROWS) -> Figure:
    """One horizontal bar per layer, in the order in which they run, coloured by kind.

    Where there are more layers than `rows`, the largest are shown and the rest is one bar, last.
    """
    whole = columns.total(network, metric) or 0
    costs = _costs(network, metric)
    largest = sorted(range(len(costs)), key=lambda i: -costs[i][2])[: max(rows - 1, 1)]
    kept = costs if len(costs) <= rows else [costs[i] for i in sorted(largest)]
    rest = [cost for i, cost in enumerate(costs) if i not in set(largest)]
    if len(kept) < len(costs):
        kept = [*kept, (f"{len(rest)} smaller ones", "", sum(value for *_, value in rest))]
    names = [escape(name) for name, *_ in kept]
    return figure(
        [
            bars(
                KINDS[kind].label if kind else "the rest",
                [n for n, (_, own, _) in zip(names, kept, strict=True) if own == kind],
                [float(value) for _, own, value in kept if own == kind],
                customdata=[_share(v, whole, metric) for _, own, v in kept if own == kind],
                marker={"color": kind_color(kind)},
            )
            for kind in dict.fromkeys(kind for _, kind, _ in kept)
        ],
        height=_ROW * len(kept) + _FRAME,
        barmode="overlay",  # one bar a row, whatever its kind
        bargap=0.25,
        xaxis=axis(_title(metric), tickformat=".3~s", rangemode="tozero"),
        yaxis=row_axis(categoryorder="array", categoryarray=names, dtick=1),
    )


def kind_shares(network: Operations, metrics: Iterable[str] = ("macs", "params")) -> Figure:
    """One bar from 0 to 100 % per metric, divided by the kinds of operation."""
    keys = list(metrics)
    shares: dict[str, dict[str, Number]] = {}
    totals = {key: columns.total(network, key) or 0 for key in keys}
    for key in keys:
        for _, kind, value in _costs(network, key):
            own = shares.setdefault(kind, {})
            own[key] = own.get(key, 0) + value
    return figure(
        [
            bars(
                KINDS[kind].label,
                [_title(key) for key in keys],
                [100 * own.get(key, 0) / (totals[key] or 1) for key in keys],
                customdata=[_share(own.get(key, 0), totals[key], key) for key in keys],
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
    old, new = dict(_named(done.before, metric)), dict(_named(network, metric))
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
                "y": [escape(label) for label in labels],
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
        xaxis=axis(_title(metric), tickformat=".3~s", rangemode="tozero"),
        yaxis=row_axis(),
    )


def summary(network: Operations, metric: str = "macs") -> str:
    """What the figures show, in words, for readers who do not see them."""
    whole = columns.total(network, metric) or 0
    costs = sorted(_costs(network, metric), key=lambda cost: -cost[2])[:3]
    largest = "; ".join(f"{name}: {_share(value, whole, metric)}" for name, _, value in costs)
    text = f"{network.name}: {exact(whole)} {_title(metric)} in all. Largest: {largest}."
    done = network.replacement
    if done is not None:
        before = columns.total(done.before, metric) or 0
        names = " and ".join(name_of(variant) for variant in done.variants)
        return f"{text} Before {names}: {exact(before)}."
    return text


class _Areas:
    """The sectors of a treemap: one per module and one per operation, by path."""

    def __init__(self, name: str) -> None:
        self.ids, self.labels, self.parents = [escape(name)], [escape(name)], [""]
        self.colors = [_TREE]
        self.own: list[Number] = [0]
        self._places: dict[tuple[str, ...], int] = {(): 0}

    def add(self, name: str, kind: str, value: Number) -> None:
        """Put an operation's cost at its path; its modules appear as they are needed."""
        place = self._place(tuple(name.split(".")))
        self.own[place] += value
        self.colors[place] = kind_color(kind)

    def totals(self) -> list[Number]:
        """Of each sector, with everything inside; children stand after their parents."""
        sums = list(self.own)
        index = {id: place for place, id in enumerate(self.ids)}
        for place in range(len(self.ids) - 1, 0, -1):
            sums[index[self.parents[place]]] += sums[place]
        return sums

    def _place(self, path: tuple[str, ...]) -> int:
        if path not in self._places:
            parent = self._place(path[:-1])
            self._places[path] = len(self.ids)
            self.ids.append(f"{self.ids[0]} / {escape('.'.join(path))}")
            self.labels.append(escape(path[-1]))
            self.parents.append(self.ids[parent])
            self.colors.append(_TREE)
            self.own.append(0)
        return self._places[path]


def _costs(network: Operations, metric: str) -> list[tuple[str, str, Number]]:
    """Name, kind and value of every operation that has any of it, in order."""
    chosen = columns.column(metric, network)
    values = ((op.name, op.kind, chosen.value(op, own)) for op, own in network.parts())
    return [(name, kind, value) for name, kind, value in values if value]


def _named(network: Operations, metric: str) -> list[tuple[str, Number]]:
    return [(name, value) for name, _, value in _costs(network, metric)]


def _share(value: Number, whole: Number, metric: str) -> str:
    share = f", {100 * value / whole:.3g} %" if whole else ""
    return f"{exact(value)} {_title(metric)} ({si(value)}{share})"


def _title(metric: str) -> str:
    return METRICS[metric].label if metric in METRICS else metric
