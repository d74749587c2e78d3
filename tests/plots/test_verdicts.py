"""Bars of verdicts: every case of every counter is in one of them."""

import pytest

from costmodel.plots.verdicts import verdict_bars

COUNTS = {"a": {"wrong": 3, "right": 2}, "b": {"right": 4, "wrong": 1}, "c": {"double": 5}}
TITLES = {"right": "right", "double": "twice", "wrong": "another number", "fails": "fails"}


def test_bars_add_up_to_the_cases():
    data = verdict_bars(COUNTS, TITLES, good=2).data
    sums = dict.fromkeys(COUNTS, 0)
    for trace in data:
        for tool, value in zip(trace.y, trace.x, strict=True):
            sums[tool] += value
    assert set(sums.values()) == {5}
    assert [trace.name for trace in data] == list(TITLES.values())


def test_the_best_counter_comes_first():
    assert list(verdict_bars(COUNTS, TITLES, good=2).data[0].y) == ["b", "a", "c"]


@pytest.mark.parametrize("good", [1, 2, 3])
def test_no_distinction_rests_on_colour_alone(good):
    titles = {str(key): f"verdict {key}" for key in range(good + 2)}
    markers = [trace.marker for trace in verdict_bars(COUNTS, titles, good=good).data]
    assert len(markers) == len(titles)
    assert len({marker.color for marker in markers}) == len(markers)
    assert len({marker.pattern.shape for marker in markers}) == len(markers)
