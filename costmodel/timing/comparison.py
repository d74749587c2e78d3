"""Time in a comparison: what MACs promise, what is predicted, what was measured, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.comparing.compare import Comparison
from costmodel.core.bound import BoundVariant
from costmodel.table import Table
from costmodel.timing.convolution import Convolution, convolutions
from costmodel.timing.machines import MACHINE
from costmodel.timing.model.intervals import Prediction
from costmodel.timing.opened import Opened

#: What is added to the rows of a comparison.
COLUMNS = (
    "measured_ms",
    "predicted_ms",
    "low_ms",
    "high_ms",
    "macs_speedup",
    "time_speedup",
    "why",
    MACHINE,
)
_MILLISECONDS = ("predicted_ms", "low_ms", "high_ms")
_NOTE = (
    "low_ms, high_ms: an interval that holds the time in {level:.0%} of all layers like those "
    "measured; macs_speedup: what the multiplies promise against the standard layer; time_speedup: "
    "the same of measured times where both were measured, else of predicted ones."
)


class Timed:
    """Times of variants and layers on one machine: predicted, and measured where they were."""

    def __init__(self, opened: Opened) -> None:
        self.opened, self.predictor = opened, opened.predictor

    def of(self, bounds: Sequence[BoundVariant]) -> list[dict[str, Any]]:
        """Measured and predicted milliseconds of variants on a layer, and why they take them."""
        real = self.opened.measured(bounds)
        parts = list(map(convolutions, bounds))
        said = self.predictor.totals(parts)
        return [
            {
                "measured_ms": None if seconds is None else 1e3 * seconds,
                **milliseconds(prediction),
                "why": self.why(own),
                MACHINE.key: self.opened.name,
            }
            for seconds, prediction, own in zip(real, said, parts, strict=True)
        ]

    def why(self, parts: Sequence[Convolution]) -> str:
        """One sentence on the convolution that takes longest."""
        seconds = self.predictor.seconds_of(parts)
        if not seconds or not sum(seconds):
            return ""
        place = max(range(len(parts)), key=seconds.__getitem__)
        conv, slowest = parts[place], seconds[place]
        share = f", {slowest / sum(seconds):.0%} of the time" if len(parts) > 1 else ""
        peaks, dtype = self.predictor.peaks, self.predictor.machine.dtype
        bound = f", {peaks.bound(conv, slowest, dtype)}" if peaks else ""
        return f"{conv.kind} at {conv.macs / slowest / 1e9:.3g} GMAC/s{bound}{share}"


def with_time(comparison: Comparison, timed: Timed) -> Table:
    """A comparison with columns of time."""
    baseline = comparison.baseline.bound
    run = [v.id for v in comparison.variants if not v.algorithm_of]
    base, *rest = timed.of([baseline, *(comparison.counts[id].bound for id in run)])
    times_of = dict(zip(run, rest, strict=True))
    rows: list[dict[str, Any]] = []
    for variant, row in zip(comparison.variants, comparison.rows, strict=True):
        if variant.id not in times_of:
            why = "an algorithm of the library's own choice"
            rows.append({**row, "why": why, MACHINE.key: timed.opened.name})
            continue
        times = times_of[variant.id]
        both = times["measured_ms"] and base["measured_ms"]
        key = "measured_ms" if both else "predicted_ms"
        bound = comparison.counts[variant.id].bound
        times["macs_speedup"] = _quotient(_macs(baseline), _macs(bound))
        times["time_speedup"] = _quotient(base[key], times[key])
        rows.append({**row, **times})
    level = timed.predictor.intervals.around("", 1.0).level
    notes = (
        *comparison.notes,
        _NOTE.format(level=level),
        timed.opened.note,
    )
    return Table((*comparison.columns, *COLUMNS), rows, notes, comparison.skipped)


def milliseconds(said: Prediction) -> dict[str, float]:
    """A prediction as cells of a table."""
    cells = (said.seconds, said.low, said.high)
    return {key: 1e3 * cell for key, cell in zip(_MILLISECONDS, cells, strict=True)}


def _macs(bound: BoundVariant) -> int:
    return sum(conv.macs for conv in convolutions(bound))


def _quotient(above: float, below: float) -> float | None:
    return above / below if below else None
