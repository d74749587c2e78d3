"""The page of metrics says what the registry says."""

from __future__ import annotations

from pathlib import Path

import costmodel as cm
from costmodel.documents.pages.metrics import PATH, metric_page
from costmodel.metrics.settings import SETTINGS

ROOT = Path(cm.__file__).parent.parent


def test_the_committed_page_is_what_is_generated() -> None:
    assert (ROOT / PATH).read_bytes() == metric_page()[PATH]


def test_every_metric_stands_there_with_its_convention() -> None:
    text = metric_page()[PATH].decode()
    for metric in cm.METRICS.values():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{metric.key}`")]
        assert metric.label in line
        assert metric.convention in line
        assert ("●" in line) == metric.shown
        assert metric.source in text
    for name in SETTINGS:
        assert f"- `{name}`:" in text
