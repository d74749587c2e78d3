"""count(): the exact numbers of one variant on one layer, per stage and in total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.full_rank import warn_above_full_rank
from costmodel.core.hyper import together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.stage import BoundStage
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import unknown
from costmodel.metrics.metric import METRICS
from costmodel.metrics.settings import DEFAULTS, Settings


@dataclass(frozen=True)
class StageCount:
    """The counts of one stage; every metric's key is an attribute (`.params`, `.macs`, …)."""

    stage: BoundStage
    settings: Settings = DEFAULTS

    @property
    def text(self) -> str:
        """The stage in the notation."""
        return self.stage.line.text

    @property
    def kind(self) -> str:
        """What kind of stage it is, in the field's words."""
        return self.stage.kind

    def __getitem__(self, key: str) -> Number:
        return METRICS[key].of_stage(self.stage, self.settings)

    def __getattr__(self, name: str) -> Number:
        return _metric(self, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *METRICS]


@dataclass(frozen=True)
class Counts:
    """The counts of a variant on a layer; every metric's key is an attribute, and a key."""

    bound: BoundVariant
    settings: Settings = DEFAULTS

    @property
    def variant(self) -> Variant:
        """The variant counted."""
        return self.bound.variant

    @property
    def layer(self) -> ConvLayer:
        """The layer it stands in for."""
        return self.bound.layer

    @property
    def hyper(self) -> Mapping[str, Number]:
        """The hyper-parameters' values, defaults included."""
        return self.bound.hyper

    @property
    def stages(self) -> tuple[StageCount, ...]:
        """The counts of each stage, standing once, in order."""
        settings = self.settings.on(self.bound)
        return tuple(StageCount(stage, settings) for stage in self.bound.stages)

    def __getitem__(self, key: str) -> Number:
        if key not in self._known:
            self._known[key] = METRICS[key].of(self.bound, self.settings)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[str, Number]:
        return {}  # a table, a figure and sentences ask for the same metrics

    def __getattr__(self, name: str) -> Number:
        return _metric(self, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *METRICS]

    def __repr__(self) -> str:
        shown = ", ".join(f"{m.key}={self[m.key]}" for m in METRICS.values() if m.shown)
        values = "".join(f", {name}={value}" for name, value in self.hyper.items())
        return f"<{self.variant.id}{values}: {shown}>"


def _metric(counts: Counts | StageCount, name: str) -> Number:
    if name.startswith("_") or name not in METRICS:
        raise AttributeError(unknown("metric", name, METRICS))
    return counts[name]


def count(
    variant: Variant | str,
    layer: ConvLayer,
    settings: Settings = DEFAULTS,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Counts:
    """Count one variant on one layer.

    Args:
        variant: a `Variant`, or the id of a registered one.
        layer: the layer that it stands in for; sizes may be ints, arrays or symbols.
        settings: conventions: what a MAC is worth in FLOPs, and word lengths.
        hyper, letters: hyper-parameters by letter, as a mapping or as keywords (`b=4`); those not
            given take their defaults.

    Returns:
        Exact counts: `.params`, `.macs` and every other metric, in total and per `.stages` entry.

    Raises:
        VariantError: an unknown variant or hyper-parameter, or a layer that it does not fit.

    Warns:
        FullRankWarning: a rank above full rank, which costs more and can express nothing more.

    >>> from costmodel import ConvLayer, count
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> count("basis", layer, b=4).macs
    109985792
    """
    given = together(hyper, letters)
    bound = bind(VARIANTS.of(variant), layer, given)
    warn_above_full_rank(bound, given)
    return Counts(bound, settings)
