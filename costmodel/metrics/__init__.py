"""Metrics: what is counted, in which unit and by which convention; declaring is registering.

One file per idea; a new file is found by itself, and nobody outside a metric's own file names it.
The rules are plain arithmetic on axis sizes and grids, so the same entry gives exact ints, sweeps
and formulas.
"""

from __future__ import annotations

import os
from importlib import import_module

from costmodel.metrics.base import GROUPS, METRICS, Metric, MetricRegistry
from costmodel.metrics.combining import (
    Combine,
    Layers,
    Rule,
    Whole,
    alone,
    largest,
    peak,
    quotient,
    stored,
    summed,
    total,
)
from costmodel.metrics.settings import DEFAULTS, Settings

__all__ = [
    "DEFAULTS",
    "GROUPS",
    "METRICS",
    "Combine",
    "Layers",
    "Metric",
    "MetricRegistry",
    "Rule",
    "Settings",
    "Whole",
    "alone",
    "largest",
    "peak",
    "quotient",
    "stored",
    "summed",
    "total",
]

for _file in sorted(os.listdir(os.path.dirname(__file__))):
    if _file.endswith(".py") and not _file.startswith("_"):
        import_module(f"{__name__}.{_file[:-3]}")
