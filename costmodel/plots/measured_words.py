"""What the figures of measured times show, each as a sentence: the title above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from typing import Any

from costmodel.core.readable import percent, ratio
from costmodel.core.variant import VARIANTS
from costmodel.plots.layout import name_of
from costmodel.table import Table
from costmodel.timing.rates import MIDDLE


def apart(table: Table) -> str:
    """How far the rates of the fastest and of the slowest class lie apart.

    Args:
        table: of `timing.rates.rates`, at least one row.
    """
    fast, slow = table.rows[0], table.rows[-1]
    if fast is slow:
        return f"Half of the {fast['class']} layers run at {fast[MIDDLE.key]:.3g} GMAC/s or more"
    times = fast[MIDDLE.key] / slow[MIDDLE.key]
    return (
        f"With {times:.3g} times fewer multiplies a {slow['class']} layer takes as long as a "
        f"{fast['class']} one"
    )


def spread(rows: Sequence[Mapping[str, Any]]) -> str:
    """How much longer the same multiplies take in slow layers than in fast ones.

    Args:
        rows: of `timing.report.table`, at least one.
    """
    found = [row["gmacs_per_s"] for row in rows]
    if len(found) == 1:
        return f"One layer was measured: {found[0]:.3g} GMAC/s"
    tenths = quantiles(found, n=10, method="inclusive")
    return (
        "Per multiply, the slowest tenth of the layers take at least "
        f"{tenths[-1] / tenths[0]:.3g} times as long as the fastest tenth"
    )


def reached(points: Table) -> str:
    """What share of a large job's rate half of the layers reach.

    Args:
        points: of `timing.roofline.points`, at least one row.
    """
    half = percent(median(points.column("share")))
    return f"Half of the layers reach at most {half} of what a large product or copy reaches"


def missed(measured: Sequence[float], predicted: Sequence[float]) -> str:
    """How far predictions of half of the layers are off, at most.

    Args:
        measured, predicted: seconds of each layer, at least of one.
    """
    off = median(abs(said / real - 1) for real, said in zip(measured, predicted, strict=True))
    return f"Half of the layers are predicted to within {percent(off)} of their time"


def kept(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many variants save less time than multiplies, and which one is the fastest.

    Args:
        rows: of `timing.report.table`, one per variant on one layer, the baseline among them.
    """
    base = next(row for row in rows if VARIANTS[row["variant"]].baseline)
    others = [row for row in rows if row is not base]
    if not others:
        return f"{base['min_ms']:.3g} ms: nothing but the {VARIANTS.baseline.title} was measured"
    time = {row["variant"]: row["min_ms"] / base["min_ms"] for row in others}
    short = [row for row in others if time[row["variant"]] > row["macs"] / base["macs"]]
    best = min(time, key=time.__getitem__)
    return (
        f"{len(short)} of {len(others)} variants save less time than multiplies; the fastest, "
        f"{name_of(VARIANTS[best])}, takes {ratio(time[best])} of the standard layer's time"
    )
