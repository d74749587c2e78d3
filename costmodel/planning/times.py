"""The predicted time of each option, on a machine that was calibrated."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.core.bind import bind
from costmodel.network.change import Choice
from costmodel.network.operation import NetOp
from costmodel.network.operations import Operations
from costmodel.planning.measures import Rated
from costmodel.timing.comparison import Timed
from costmodel.timing.convolution import Convolution, convolutions, of_layer


def milliseconds(network: Operations, timed: Timed) -> tuple[float, Rated]:
    """The milliseconds of a network's layers, each alone, and what each option adds to them."""
    predictor = timed.predictor

    def of(op: NetOp, choice: Choice | None) -> list[Convolution]:
        assert op.layer is not None  # only layers are timed
        runs = int(op.times)
        if choice is not None:
            return [*convolutions(bind(choice.variant, op.layer, dict(choice.hyper)))] * runs
        return ([*convolutions(op.bound)] if op.bound else [of_layer(op.layer)]) * runs

    def each(parts: Sequence[list[Convolution]]) -> list[float]:
        seconds = iter(predictor.seconds_of([conv for part in parts for conv in part]))
        return [1e3 * sum(next(seconds) for _ in part) for part in parts]

    def rate(ops: Sequence[NetOp], choices: Sequence[Choice | None]) -> list[float | None]:
        times = each([[c for op in ops for c in of(op, choice)] for choice in choices])
        return [time - times[0] for time in times]

    return sum(each([of(op, None) for op in network.ops if op.layer is not None])), rate
