"""Time in a comparison: what MACs promise, what is predicted, what was measured, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.comparing.compare import Comparison
from costmodel.core.bound import BoundVariant
from costmodel.network.network import Network
from costmodel.table import Table
from costmodel.timing.calibration import calibrated
from costmodel.timing.case import Case
from costmodel.timing.convolution import Convolution, convolutions, of_layer
from costmodel.timing.model.intervals import Prediction
from costmodel.timing.model.predictor import Predictor
from costmodel.timing.roofline import Peaks
from costmodel.timing.store.database import Store
from costmodel.timing.summary import Summary

#: What is added to the rows of a comparison.
COLUMNS = (
    "measured_ms",
    "predicted_ms",
    "low_ms",
    "high_ms",
    "macs_speedup",
    "time_speedup",
    "why",
)
#: What is added to the rows of a network.
NETWORK_COLUMNS = ("predicted_ms", "low_ms", "high_ms", "why")
_NOTE = (
    "low_ms, high_ms: an interval that holds the time in {level:.0%} of all layers like those "
    "measured; macs_speedup: what the multiplies promise against the standard layer; time_speedup: "
    "the same of measured times where both were measured, else of predicted ones."
)


class Timed:
    """Times of variants and layers on one machine: predicted, and measured where they were.

    measured: summaries by case, as a store has them. peaks: of the machine, for the reasons.
    """

    def __init__(
        self, predictor: Predictor, measured: Mapping[Case, Summary], peaks: Peaks | None
    ) -> None:
        self.predictor, self.peaks = predictor, peaks
        self.measured = {_meaning(case): summary.minimum for case, summary in measured.items()}

    def of(self, bound: BoundVariant) -> dict[str, Any]:
        """Measured and predicted milliseconds of a variant on a layer, and why it takes them."""
        real = self.measured.get((bound.variant.id, bound.layer, _hyper(bound)))
        said = self.predictor.variant(bound)
        return {
            "measured_ms": None if real is None else 1e3 * real,
            **_milliseconds(said),
            "why": self.why(convolutions(bound)),
        }

    def why(self, parts: Sequence[Convolution]) -> str:
        """One sentence on the convolution that takes longest."""
        seconds = self.predictor.seconds_of(parts)
        if not seconds or not sum(seconds):
            return ""
        place = max(range(len(parts)), key=seconds.__getitem__)
        conv, slowest = parts[place], seconds[place]
        share = f", {slowest / sum(seconds):.0%} of the time" if len(parts) > 1 else ""
        dtype = self.predictor.machine.dtype
        bound = f", {self.peaks.bound(conv, slowest, dtype)}" if self.peaks else ""
        return f"{conv.kind} at {conv.macs / slowest / 1e9:.3g} GMAC/s{bound}{share}"


def with_time(comparison: Comparison, timed: Timed) -> Table:
    """A comparison with columns of time."""
    base = timed.of(comparison.baseline.bound)
    rows: list[dict[str, Any]] = []
    for variant, row in zip(comparison.variants, comparison.rows, strict=True):
        if variant.algorithm_of:
            rows.append({**row, "why": "an algorithm of the library's own choice"})
            continue
        bound = comparison.counts[variant.id].bound
        times = timed.of(bound)
        both = times["measured_ms"] and base["measured_ms"]
        key = "measured_ms" if both else "predicted_ms"
        times["macs_speedup"] = _quotient(_macs(comparison.baseline.bound), _macs(bound))
        times["time_speedup"] = _quotient(base[key], times[key])
        rows.append({**row, **times})
    level = timed.predictor.intervals.around("", 1.0).level
    notes = (
        *comparison.notes,
        _NOTE.format(level=level),
        f"Times on {timed.predictor.machine}.",
    )
    return Table((*comparison.columns, *COLUMNS), rows, notes, comparison.skipped)


def network_with_time(table: Table, network: Network, timed: Timed) -> Table:
    """A network's table per layer with columns of time; the last row is of the whole network."""
    parts: dict[str, list[Convolution]] = {}
    for op in network.ops:
        if op.bound is not None:
            parts[op.name] = [*convolutions(op.bound)] * int(op.times)
        elif op.layer is not None:
            parts[op.name] = [of_layer(op.layer)] * int(op.times)
    rows = []
    for row in table.rows:
        own = parts.get(row["layer"], [])
        rows.append({**row, **_network_cells(own, timed)})
    everything = [conv for own in parts.values() for conv in own]
    rows[-1] = {**table.rows[-1], **_network_cells(everything, timed, whole=True)}
    note = (
        "predicted_ms: convolutions and linear layers; normalisation, activations, pooling and "
        "products of activations are not included; the total has caches that are cold, as in a "
        "network, and is more than the sum of the layers alone."
    )
    notes = (*table.notes, note, f"Times on {timed.predictor.machine}.")
    return Table((*table.columns, *NETWORK_COLUMNS), rows, notes, table.skipped)


def _network_cells(parts: list[Convolution], timed: Timed, whole: bool = False) -> dict[str, Any]:
    if not parts:
        return {}
    said = timed.predictor.in_a_row(parts) if whole else timed.predictor.total(parts)
    return {**_milliseconds(said), "why": timed.why(parts)}


def _milliseconds(said: Prediction) -> dict[str, float]:
    cells = (said.seconds, said.low, said.high)
    return {key: 1e3 * cell for key, cell in zip(NETWORK_COLUMNS, cells, strict=False)}


def _meaning(case: Case) -> tuple[Any, ...]:
    bound = case.bound
    return bound.variant.id, bound.layer, _hyper(bound)


def _hyper(bound: BoundVariant) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(dict(bound.hyper).items()))


def _macs(bound: BoundVariant) -> int:
    return sum(conv.macs for conv in convolutions(bound))


def _quotient(above: float, below: float) -> float | None:
    return above / below if below else None


def open_timed(path: str | None = None) -> Timed:
    """The times of the machine that was calibrated last, from a store.

    Raises:
        InputError: there is no store, or no calibrated machine in it.
    """
    with Store(path, create=False) as store:
        predictor = calibrated(store)
        machine = predictor.machine
        return Timed(predictor, store.measured(machine), store.peaks(machine))
