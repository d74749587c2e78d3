"""Error over cost: the figure shows the points it is given."""

from __future__ import annotations

import pytest
from plotly.graph_objects import Figure

from costmodel.factors.curves import Curve, Curves, Point
from costmodel.plots.rank_errors import error_curves, summary

POINTS = tuple(
    Point({"r": r}, 1 / (r + 1), {"params": 30 * r, "macs": 500 * r}) for r in (1, 2, 3, 4)
)
PICKS = {"gap": POINTS[1], "evbmf": POINTS[1], "error=0.2": POINTS[3]}
LOOK = Curve("channel_svd", POINTS, PICKS, ())
HALVED = tuple(Point({"b": p.ranks["r"]}, p.error / 2, p.costs) for p in POINTS)
OTHER = Curve("basis", HALVED, {}, ())
FOUND = Curves((LOOK, OTHER), {"params": 100, "macs": 4000})


@pytest.mark.parametrize(
    ("cost", "shares"),
    [("params", [0.3, 0.6, 0.9, 1.2]), ("macs", [0.125, 0.25, 0.375, 0.5])],
)
def test_lines_are_errors_over_shares_of_the_layers_cost(cost: str, shares: list[float]) -> None:
    figure = error_curves(FOUND, LOOK, POINTS[2], cost)
    Figure(figure.to_dict())  # Plotly's own validation
    first, second, picks, chosen = figure.data
    assert list(first.x) == pytest.approx(shares)
    assert list(first.y) == [point.error for point in POINTS]
    assert list(second.y) == [point.error / 2 for point in POINTS]
    assert (first.line.dash, first.marker.symbol) != (second.line.dash, second.marker.symbol)
    assert list(picks.text) == ["gap, evbmf", "error=0.2"]
    assert list(picks.x) == pytest.approx([shares[1], shares[3]])
    assert (list(chosen.x), list(chosen.y)) == ([pytest.approx(shares[2])], [0.25])


def test_the_sentence_has_the_same_numbers() -> None:
    said = summary(FOUND, LOOK, POINTS[2])
    assert "channel SVD" in said
    assert "r = 3: a relative error of 0.250 at 90% of the layer's Parameters" in said
