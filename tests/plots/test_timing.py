"""Figures of time show every measured layer, at its numbers."""

from __future__ import annotations

import pytest

from costmodel import ConvLayer
from costmodel.plots import roofline as roofline_module
from costmodel.plots import timing as timing_module
from costmodel.plots.layout import class_dots
from costmodel.plots.roofline import roofline
from costmodel.plots.timing import measured_against_predicted
from costmodel.timing.case import Case
from costmodel.timing.convolution import CLASSES
from costmodel.timing.roofline import Peaks, points
from costmodel.timing.summary import Summary

PEAKS = Peaks(rate=40e9, bandwidth=8e9, call=2e-6)
MEASURED = {
    Case(ConvLayer(3, 64, 96, (29, 31))): Summary(1, 2e-3, 2e-3, 0.0, 2e-3),
    Case(ConvLayer(3, 64, 64, (29, 31), groups=64)): Summary(1, 1e-3, 1e-3, 0.0, 1e-3),
    Case(ConvLayer(3, 32, 48, (29, 31))): Summary(1, 1e-3, 1e-3, 0.0, 1e-3),
}


@pytest.fixture(autouse=True)
def both_validated(monkeypatch: pytest.MonkeyPatch, validated: None) -> None:
    from costmodel.plots import network

    for module in (roofline_module, timing_module):
        monkeypatch.setattr(module, "figure", network.figure)  # the checking one


def test_roofline() -> None:
    table = points(MEASURED, PEAKS)
    figure = roofline(table, PEAKS)
    roof, *classes = figure.data
    assert list(roof.y) == [PEAKS.roof(x) / 1e9 for x in roof.x]
    assert PEAKS.ridge in roof.x
    shown = {(x, y) for trace in classes for x, y in zip(trace.x, trace.y, strict=True)}
    assert shown == {(row["intensity"], row["gmacs_per_s"]) for row in table.rows}
    assert [trace.name for trace in classes] == ["dense", "depthwise"]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert "49,711,104 MACs" in classes[0].customdata[0]


def test_measured_against_predicted() -> None:
    figure = measured_against_predicted(
        [1e-3, 4e-3, 2e-3], [2e-3, 4e-3, 1e-3], ["dense", "dense", "vector"], ["a", "b", "c"]
    )
    line, dense, vector = figure.data
    assert list(line.x) == list(line.y) == [1.0, 4.0]
    assert list(dense.x) == [2.0, 4.0]
    assert list(dense.y) == [1.0, 4.0]
    assert "measured 1.00 ms, predicted 2.00 ms (+100%)" in dense.customdata[0]
    assert vector.marker.symbol != dense.marker.symbol
    assert vector.marker.color != dense.marker.color


def test_classes_never_share_a_colour() -> None:
    kinds = [*CLASSES, "several stages"]
    markers = {kind: class_dots(kind, [], [])["marker"] for kind in kinds}
    assert len({marker["color"] for marker in markers.values()}) == len(kinds)
    for background in ("#FFFFFF", "#0E1117"):
        for marker in markers.values():
            assert contrast(marker["color"], background) >= 3


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG."""

    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    low, high = sorted((luminance(one), luminance(other)))
    return high / low


def test_a_class_looks_the_same_in_every_figure() -> None:
    said = measured_against_predicted([1e-3] * 2, [2e-3] * 2, ["vector", "dense"], ["a", "b"])
    dense = roofline(points(MEASURED, PEAKS), PEAKS).data[1]
    assert dense.name == said.data[2].name == "dense"
    assert dense.marker.color == said.data[2].marker.color
