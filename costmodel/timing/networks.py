"""Networks in time: what each layer takes, and what it took before something stood in its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.errors import InputError
from costmodel.network.network import Network
from costmodel.network.operations import Operations
from costmodel.table import Column, Table
from costmodel.timing.case import Case
from costmodel.timing.comparison import Timed, milliseconds
from costmodel.timing.convolution import Convolution, convolutions, of_layer
from costmodel.timing.machine import Machine
from costmodel.timing.machines import MACHINE
from costmodel.timing.measure.protocol import ROUNDS, rounds
from costmodel.timing.measure.sequences import least
from costmodel.timing.model.intervals import Prediction
from costmodel.timing.model.predictor import Predictor

_PREDICTED = ("predicted_ms", "low_ms", "high_ms")
_BEFORE = ("before_ms", "before_low_ms", "before_high_ms", "faster")
_MEASURED = ("measured_ms", "measured_before_ms")
_SPEEDUP = "time_speedup"
#: What is timed of a network, as a part of a sentence.
TIMED = (
    "convolutions and linear layers; normalisation, activations, pooling and products of "
    "activations are not included"
)
_NOTE = (
    f"predicted_ms: {TIMED}; the total has caches that are cold, as in a network, and is more than "
    "the sum of the layers alone."
)
_CHANGED = (
    "faster: how likely it takes less time than before, if the errors of different convolutions "
    "are independent of each other and like those of layers held out; {speedup}: before / now."
)
_REALLY = (
    "measured_ms: the least of {rounds} rounds in which the layers before and now are visited in "
    "random order, on {machine}; the total runs all layers in one go."
)


@dataclass(frozen=True)
class Measured:
    """Seconds that a network took before and after layers were replaced, on a machine.

    layers: (before, after) of those replaced, by name. whole: of all convolutions and linear layers
    in one go.
    """

    machine: Machine
    rounds: int
    layers: Mapping[str, Sequence[float]]
    whole: Sequence[float]


def measured(network: Network, machine: Machine, turns: int = ROUNDS) -> Measured:
    """Time the replaced layers of a network and all of it, each as it is and as it was.

    Layers before and now are visited in random order, round by round; so are the two networks.

    Args:
        turns: rounds; the least time counts.

    Raises:
        InputError: nothing was replaced, or a layer that would not fit in memory.
    """
    sides = [_cases(side) for side in (_earlier(network), network)]
    runs = {op.name: int(op.times) for op in network.ops}
    replaced = [change.before.name for change in network.replaced]
    if not replaced:
        raise InputError(f"nothing was replaced in {network.name}; allowed is a what-if network")
    cases = list(dict.fromkeys(side[name] for name in replaced for side in sides))
    best = dict.fromkeys(cases, math.inf)
    for _, times in rounds(cases, machine, range(turns), 0):
        for place, seconds in times:
            best[cases[place]] = min(best[cases[place]], seconds)
    layers = {name: tuple(runs[name] * best[side[name]] for side in sides) for name in replaced}
    whole = least(
        [[case for name, case in side.items() for _ in range(runs[name])] for side in sides],
        machine,
        turns,
    )
    return Measured(machine, turns, layers, tuple(seconds or math.nan for seconds in whole))


@dataclass(frozen=True)
class Predicted:
    """What a network is predicted to take.

    layers: seconds by name, each alone. whole: of all of them in a row. before: of all of them
    before something was put in their place, None where nothing was. faster: how likely it takes
    less time now, from 0 to 1.
    """

    layers: Mapping[str, Prediction]
    whole: Prediction
    before: Prediction | None = None
    faster: float = 0.5


def predicted(network: Operations, predictor: Predictor) -> Predicted:
    """The times of a network's convolutions and linear layers, cheap enough for every redraw."""
    parts = _parts(network)
    layers = dict(zip(parts, predictor.totals(parts.values()), strict=True))
    now = [conv for own in parts.values() for conv in own]
    if not network.replaced:
        return Predicted(layers, predictor.in_a_row(now))
    before = [conv for own in _parts(_earlier(network)).values() for conv in own]
    return Predicted(
        layers,
        predictor.in_a_row(now),
        predictor.in_a_row(before),
        predictor.chance(now, before, cold=True),
    )


def network_with_time(
    table: Table, network: Network, timed: Timed, really: Measured | None = None
) -> Table:
    """A network's table per layer with columns of time; the last row is of the whole network.

    Where layers were replaced, their times before are there too.

    Args:
        really: what was measured, beside what is predicted.
    """
    parts, earlier = _parts(network), _parts(_earlier(network))
    replaced = {change.before.name for change in network.replaced}
    rows = []
    for row in table.rows[:-1]:
        name = row["layer"]
        cells = _cells(parts.get(name, []), timed)
        if name in replaced:
            cells |= _change(earlier[name], parts[name], timed)
            if really:
                cells |= _real(really.layers[name])
        rows.append({**row, **cells})
    everything, once = ([c for own in side.values() for c in own] for side in (parts, earlier))
    cells = _cells(everything, timed, whole=True)
    if replaced:
        cells |= _change(once, everything, timed, whole=True)
        if really:
            cells |= _real(really.whole)
    rows.append({**table.rows[-1], **cells})
    columns: list[str | Column] = [*_PREDICTED]
    notes = [*table.notes, _NOTE]
    if replaced:
        columns += [*_BEFORE, *(_MEASURED if really else ()), _SPEEDUP]
        notes += [_outcome(cells), _CHANGED.format(speedup=_SPEEDUP)]
    if really:
        notes.append(_REALLY.format(rounds=really.rounds, machine=really.machine))
    columns += ["why", MACHINE]
    return Table((*table.columns, *columns), rows, (*notes, timed.opened.note), table.skipped)


def _outcome(cells: Mapping[str, Any]) -> str:
    """What became of the time of a whole network, in one sentence."""
    now, low, high, before, before_low, before_high = (
        f"{cells[key]:.3g}" for key in (*_PREDICTED, *_BEFORE[:3])
    )
    likely = min(cells["faster"], 0.999)
    sure = f"{'more than ' * (likely < cells['faster'])}{likely:.3g}"
    real = [f"{cells[key]:.3g}" for key in _MEASURED if key in cells]
    return (
        f"predicted {now} ms [{low} – {high}] instead of {before} ms [{before_low} – {before_high}]"
        f", faster with probability {sure}"
        + (f"; measured {real[0]} ms instead of {real[1]} ms." if real else ".")
    )


def _earlier(network: Operations) -> Operations:
    """The network in which nothing was replaced."""
    return network if network.replacement is None else network.replacement.before


def _parts(network: Operations) -> dict[str, list[Convolution]]:
    """What runs in each layer, as often as it does."""
    parts: dict[str, list[Convolution]] = {}
    for op in network.ops:
        if op.bound is not None:
            parts[op.name] = [*convolutions(op.bound)] * int(op.times)
        elif op.layer is not None:
            parts[op.name] = [of_layer(op.layer)] * int(op.times)
    return parts


def _cases(network: Operations) -> dict[str, Case]:
    """Each layer as a case of its own."""
    return {
        op.name: Case(op.layer)
        if op.bound is None
        else Case(op.layer, op.bound.variant.id, tuple(sorted(dict(op.bound.hyper).items())))
        for op in network.ops
        if op.layer is not None
    }


def _cells(parts: list[Convolution], timed: Timed, whole: bool = False) -> dict[str, Any]:
    if not parts:
        return {}
    said = timed.predictor.in_a_row(parts) if whole else timed.predictor.total(parts)
    return {**milliseconds(said), "why": timed.why(parts), MACHINE.key: timed.opened.name}


def _change(
    before: list[Convolution], after: list[Convolution], timed: Timed, whole: bool = False
) -> dict[str, Any]:
    predictor = timed.predictor
    said = predictor.in_a_row if whole else predictor.total
    old, new = said(before), said(after)
    keys = dict(zip(_PREDICTED, _BEFORE, strict=False))
    return {
        **{keys[key]: value for key, value in milliseconds(old).items()},
        "faster": predictor.chance(after, before, cold=whole),
        _SPEEDUP: old.seconds / new.seconds if new.seconds else None,
    }


def _real(seconds: Sequence[float]) -> dict[str, Any]:
    before, after = seconds
    cells = (1e3 * after, 1e3 * before)
    return {**dict(zip(_MEASURED, cells, strict=True)), _SPEEDUP: before / after}
