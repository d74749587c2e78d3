"""Metric: one countable quantity, and the registry of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from costmodel.core.bound import BoundVariant
from costmodel.core.numbers import Number
from costmodel.core.stage import BoundStage
from costmodel.errors import CostModelError, unknown
from costmodel.metrics.combining import Combine, Layers, Rule, total
from costmodel.metrics.lifetimes import AlongSteps
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.registry import Registry
from costmodel.table import Column

#: Groups in the order in which tables list them.
GROUPS = ("parameters", "work", "training", "memory", "quantisation", "view")

#: The value of a stored tensor: its elements, and the bits of each.
TensorRule = Callable[[Number, Number], Number]


@dataclass(frozen=True)
class Metric:
    """One countable quantity.

    key: column name. label: for people. unit: "" for a plain count. convention: one sentence,
    without its full stop, that stands wherever the number does. rule: the value of one stage,
    standing once. combine: the value of a whole variant, or of several layers. group: one of
    `GROUPS`. uses: the settings that it depends on. whole: whether its numbers are integers
    (exact fractions otherwise). shown: whether the comparison shows it without being asked.
    cost: whether less of it is better, other things being equal; what is no cost describes.
    source: where its rule was published, if it is somebody's own.
    tensor: the value of one stored tensor, where a network keeps it once for every kind of
    parameter, however often it is read.
    along: its value along a network's steps, where a list of layers does not give one.
    """

    key: str
    label: str
    unit: str
    convention: str
    rule: Rule
    combine: Combine = total
    group: str = "work"
    uses: tuple[str, ...] = ()
    whole: bool = True
    shown: bool = False
    cost: bool = True
    source: str = ""
    tensor: TensorRule | None = None
    along: AlongSteps | None = None

    def __post_init__(self) -> None:
        if self.group not in GROUPS:
            raise CostModelError(unknown("group of metrics", self.group, GROUPS))
        for name in self.uses:
            if not hasattr(DEFAULTS, name):
                raise CostModelError(unknown("setting", name, sorted(vars(DEFAULTS))))

    def of_stage(self, stage: BoundStage, settings: Settings = DEFAULTS) -> Number:
        """The value of one stage, standing once; `settings` as they are for its variant."""
        return self.rule(stage, settings)

    def of(self, bound: BoundVariant, settings: Settings = DEFAULTS) -> Number:
        """The value of a variant on a layer."""
        return self.combine(self.rule, ((bound, 1),), settings)

    def over(self, layers: Layers, settings: Settings = DEFAULTS) -> Number | None:
        """The value of several layers, each with how often it runs; None where there is none."""
        return self.combine(self.rule, layers, settings)

    def stated(self, settings: Settings = DEFAULTS) -> str:
        """The convention with the values of the settings that it depends on."""
        if not self.uses:
            return self.convention
        values = ", ".join(f"{name} = {getattr(settings, name)}" for name in self.uses)
        return f"{self.convention} ({values})"

    def column(self, settings: Settings = DEFAULTS) -> Column:
        """The column that holds it in a table."""
        return Column(self.key, self.label, self.unit, self.stated(settings))


#: Every declared metric by key.
METRICS = Registry[Metric](
    "metric",
    package="costmodel.metrics",
    order=lambda m: (GROUPS.index(m.group), not m.shown, m.key),
)


def costs() -> tuple[str, ...]:
    """The keys of the metrics that there is something to save of, in the registry's order."""
    return tuple(key for key, metric in METRICS.items() if metric.cost)


def declare(**facts: Any) -> Metric:
    """Declare and register a metric; the arguments are those of `Metric`."""
    metric = Metric(**facts)
    return METRICS.add(metric.key, metric)
