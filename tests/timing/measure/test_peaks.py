"""The peaks of this machine."""

from __future__ import annotations

import pytest

from costmodel.timing.machine import this_machine
from costmodel.timing.measure.peaks import measure_peaks

pytestmark = pytest.mark.slow


def test_this_machine_has_peaks() -> None:
    peaks = measure_peaks(this_machine())
    assert peaks.rate > 1e8
    assert peaks.bandwidth > 1e8
    assert 0 < peaks.call < 1e-2
