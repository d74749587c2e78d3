"""A summary has the least, the middle and the middle half of its samples."""

from __future__ import annotations

from costmodel.timing.summary import Summary


def test_summary() -> None:
    found = Summary.of([5.0, 1.0, 2.0, 4.0, 3.0])
    assert found == Summary(5, 1.0, 3.0, 2.0, 4.0)
    assert Summary.of([2.5]) == Summary(1, 2.5, 2.5, 0.0, 2.5)
