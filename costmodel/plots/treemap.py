"""A network as areas: shares of its total, nested as the names of the modules are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.core.numbers import Number
from costmodel.network import columns
from costmodel.network.operations import Operations
from costmodel.plots.layer_costs import LayerCost, layer_costs, share_text
from costmodel.plots.layout import as_text, figure
from costmodel.plots.palette import NEUTRAL, text_on

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_DEPTH = 4  # levels of the tree in sight at once; a click goes deeper
_PATH = 24  # pixels of the bar above, which leads back from wherever a click has led


def treemap(network: Operations, metric: str = "macs") -> Figure:
    """Areas are shares of the total, nested as the names of the modules are.

    What stands in place of a layer has the variant's colour and name.

    Raises:
        CostModelError: an unknown metric.
    """
    whole = columns.total(network, metric) or 0
    areas = _Areas(network.name)
    for cost in layer_costs(network, metric):
        areas.add(cost)
    text = {"color": [text_on(color) for color in areas.colors]}
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
                "marker": {
                    "colors": areas.colors,
                    "pad": {"t": 22, "l": 3, "r": 3, "b": 3},
                    "line": {"color": "rgba(255,255,255,0.55)", "width": 1},
                },
                "textfont": text,
                "customdata": [share_text(total, whole, metric) for total in areas.totals()],
                "texttemplate": "%{label}<br>%{percentRoot:.1%}",
                "hovertemplate": "<b>%{id}</b><br>%{customdata}<extra></extra>",
                "pathbar": {"thickness": _PATH, "textfont": text},
            }
        ],
        height=470,
        margin={"l": 8, "r": 12, "t": _PATH + 12, "b": 8},
    )


class _Areas:
    """The sectors of a treemap: one per module and one per operation, by path."""

    def __init__(self, name: str) -> None:
        self.ids, self.labels, self.parents = [as_text(name)], [as_text(name)], [""]
        self.colors = [NEUTRAL]
        self.own: list[Number] = [0]
        self._places: dict[tuple[str, ...], int] = {(): 0}

    def add(self, cost: LayerCost) -> None:
        """Put an operation's cost at its path; its modules appear as they are needed."""
        place = self._place(tuple(cost.name.split(".")))
        self.own[place] += cost.value
        self.colors[place] = cost.color
        if cost.said:
            self.labels[place] += f" → {cost.said}"

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
            self.ids.append(f"{self.ids[0]} / {as_text('.'.join(path))}")
            self.labels.append(as_text(path[-1]))
            self.parents.append(self.ids[parent])
            self.colors.append(NEUTRAL)
            self.own.append(0)
        return self._places[path]
