"""Honest cross-validation: no layer, and no near-duplicate of it, on both sides."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from costmodel.table import Table
from costmodel.timing.convolution import Convolution
from costmodel.timing.model.baselines import ConstantRate, Linear, PerClass, Roofline
from costmodel.timing.model.trees import Trees, boosting

FOLDS = 5
#: What is compared, by title: from what a FLOP count implies to what is used.
CANDIDATES: tuple[Callable[[], Any], ...] = (
    ConstantRate,
    Roofline,
    lambda: PerClass(Roofline),
    lambda: PerClass(Linear),
    lambda: Trees(boosting, "gradient boosting"),
    Trees,
)
_COLUMNS = ("model", "layers", "median_error", "within_10", "within_20", "bias")


@dataclass(frozen=True)
class Fold:
    """Places to learn from, and places to predict."""

    train: list[int]
    test: list[int]


def neighbourhood(conv: Convolution) -> tuple[Any, ...]:
    """Layers with the same one are near-duplicates: sizes within a factor of √2, the rest equal."""
    sizes = (conv.in_channels, conv.out_channels, conv.groups, *conv.out_grid, conv.batch)
    shape = (conv.kind, conv.kernel, conv.stride, conv.dilation)
    return (*shape, *(round(2 * log2(size)) for size in sizes))


def folds(convolutions: Sequence[Convolution], count: int = FOLDS, seed: int = 0) -> Iterator[Fold]:
    """Divisions in which every layer is predicted once, near-duplicates always together."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, conv in enumerate(convolutions):
        groups.setdefault(neighbourhood(conv), []).append(place)
    order = list(groups.values())
    random.Random(seed).shuffle(order)
    for fold in range(count):
        test = sorted(place for group in order[fold::count] for place in group)
        held = set(test)
        yield Fold([i for i in range(len(convolutions)) if i not in held], test)


def held_out(
    make: Callable[[], Any],
    convolutions: Sequence[Convolution],
    seconds: Sequence[float],
) -> Any:
    """What a model says of every layer when it has not seen it, nor one like it: seconds.

    A layer without seconds (NaN) is predicted, and not learnt from.
    """
    import numpy

    result, times = numpy.zeros(len(convolutions)), numpy.asarray(seconds, dtype=float)
    for fold in folds(convolutions):
        train = [i for i in fold.train if times[i] == times[i]]  # not NaN
        model = make().fit([convolutions[i] for i in train], times[train])
        result[fold.test] = model.predict([convolutions[i] for i in fold.test])
    return result


def compare_models(
    convolutions: Sequence[Convolution],
    seconds: Sequence[float],
    candidates: Sequence[Callable[[], Any]] = CANDIDATES,
) -> Table:
    """The models against each other on the same held-out layers.

    Returns:
        A row per model: median relative error, shares of layers within 10 and 20 percent, and the
        median of predicted / measured − 1.
    """
    import numpy

    rows = []
    for make in candidates:
        ratio = held_out(make, convolutions, seconds) / numpy.asarray(seconds)
        error = numpy.abs(ratio - 1)
        rows.append(
            {
                "model": make().title,
                "layers": len(convolutions),
                "median_error": float(numpy.median(error)),
                "within_10": float((error <= 0.1).mean()),
                "within_20": float((error <= 0.2).mean()),
                "bias": float(numpy.median(ratio) - 1),
            }
        )
    note = f"{FOLDS}-fold cross-validation; near-duplicates are never on both sides."
    return Table(_COLUMNS, rows, (note,))
