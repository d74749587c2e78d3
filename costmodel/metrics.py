"""Metrics: what is counted, in which unit and by which convention. One entry each.

A metric is a rule for one bound stage and a way to combine the stages. The rules are plain
arithmetic on axis sizes and grids, so the same entry gives exact ints, sweeps and formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from costmodel.arith import Number, is_exact
from costmodel.errors import CostModelError, unknown
from costmodel.stage import BoundStage


@dataclass(frozen=True)
class Metric:
    """One countable quantity.

    key: column name. label: for people. unit: "" for a plain count. convention: one sentence that
    stands wherever the number does. rule: the value of one stage (standing once). combine: the
    total of (value, times) pairs. shown: whether the comparison shows it without being asked.
    """

    key: str
    label: str
    unit: str
    convention: str
    rule: Callable[[BoundStage], Number]
    combine: Callable[[Iterable[tuple[Number, Number]]], Number]
    shown: bool = False


class MetricRegistry(Mapping[str, Metric]):
    """The metrics by key, in order of declaration."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def add(self, metric: Metric) -> Metric:
        """Register a metric; a key can be taken once."""
        if metric.key in self._metrics:
            raise CostModelError(f"metric {metric.key!r} is declared twice; allowed is a new key")
        self._metrics[metric.key] = metric
        return metric

    def __getitem__(self, key: str) -> Metric:
        try:
            return self._metrics[key]
        except KeyError:
            raise CostModelError(unknown("metric", key, self._metrics)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._metrics

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)


def total(parts: Iterable[tuple[Number, Number]]) -> Number:
    """The sum over the stages, each as often as it stands in the variant."""
    result: Number = 0
    for value, times in parts:
        result = result + value * times
    return result


def largest(parts: Iterable[tuple[Number, Number]]) -> Number:
    """The largest stage; how often it stands does not matter."""
    values = [value for value, _ in parts]
    if all(map(is_exact, values)):
        return max(values, default=0)
    import functools

    if any(hasattr(v, "free_symbols") for v in values):
        from sympy import Max

        return Max(*values)
    import numpy

    return functools.reduce(numpy.maximum, values)


#: Every declared metric by key.
METRICS = MetricRegistry()

METRICS.add(
    Metric(
        key="params",
        label="Parameters",
        unit="",
        convention="trainable weights, plus one bias per output channel where the layer has a bias",
        rule=lambda stage: stage.weights + stage.biases,
        combine=total,
        shown=True,
    )
)

METRICS.add(
    Metric(
        key="macs",
        label="MACs",
        unit="MAC",
        convention="multiply–accumulates of one forward pass of the whole batch, products with "
        "padding zeros included; a bias costs none (1 MAC is 2 FLOPs in the usual convention)",
        rule=lambda stage: stage.macs,
        combine=total,
        shown=True,
    )
)
