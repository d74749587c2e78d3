"""Whole networks against the sum of their parts: what the sum over layers is checked by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from costmodel.network.network import Network
from costmodel.table import Table
from costmodel.timing.case import Case
from costmodel.timing.intervals import Prediction
from costmodel.timing.predictor import Predictor
from costmodel.timing.sequences import least

_COLUMNS = ("network", "macs", "measured_ms", "predicted_ms", "low_ms", "high_ms", "error", "holds")


def check(
    networks: Sequence[Network],
    predictor: Predictor,
    rounds: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> Table:
    """Time the convolutions and linear layers of networks, each network in one go, and compare.

    One go is every layer after the other on an input of its own, so that caches are as cold as in
    the network itself; normalisation, activations and pooling are not run.

    Returns:
        A row per network: measured (the least of interleaved rounds), predicted, the interval, the
        relative error, and whether the interval holds the measured time.
    """
    cases = [_cases(network) for network in networks]
    seconds = least(cases, predictor.machine, rounds, progress)
    rows = []
    for network, parts, real in zip(networks, cases, seconds, strict=True):
        said = predictor.in_a_row(conv for case in parts for conv in case.convolutions)
        rows.append(_row(network, real, said))
    note = "Convolutions and linear layers, all of them in one go; the least of interleaved rounds."
    return Table(_COLUMNS, rows, (note,))


def _cases(network: Network) -> list[Case]:
    return [Case(op.layer) for op in network.ops if op.layer for _ in range(int(op.times))]


def _row(network: Network, real: float, said: Prediction) -> dict[str, Any]:
    values = (
        network.name,
        network.macs,
        1e3 * real,
        1e3 * said.seconds,
        1e3 * said.low,
        1e3 * said.high,
        said.seconds / real - 1,
        said.low <= real <= said.high,
    )
    return dict(zip(_COLUMNS, values, strict=True))
