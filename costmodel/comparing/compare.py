"""Comparisons: layer × variants × metrics, as counts and as the one table that everybody shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from costmodel.comparing.count import Counts, count
from costmodel.core.bind import bind
from costmodel.core.full_rank import warn_above_full_rank
from costmodel.core.hyper import route, together
from costmodel.core.layer import ConvLayer
from costmodel.core.layer_text import layer_facts, layer_words
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import VariantError
from costmodel.metrics.metric import METRICS, Metric
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.table import Column, Table, Tabular

#: Columns of every table with a row per variant.
VARIANT = Column("variant", "Variant")
HYPER = Column("hyper", "Settings")


@dataclass(frozen=True, repr=False)
class Comparison(Tabular):
    """Variants on one layer beside each other, with a row each.

    layer: what each variant stands in for. variants: in the order of the rows. counts: of each, by
    its id. baseline: the counts that ratios refer to. metrics: what is shown. skipped: (id, reason)
    of the variants that do not fit.
    """

    layer: ConvLayer
    variants: tuple[Variant, ...]
    counts: Mapping[str, Counts]
    baseline: Counts
    metrics: tuple[Metric, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    def __hash__(self) -> int:
        settings = ((id, *counts.hyper.items()) for id, counts in self.counts.items())
        return hash((self.layer, *settings))

    def __repr__(self) -> str:
        ids = [v.id for v in self.variants]
        named = ", ".join(ids[:3]) + f" and {len(ids) - 3} more" * (len(ids) > 3)
        return f"<Comparison of {named} on {layer_words(self.layer)}>"

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The variant, metrics shown unasked, their ratios, the settings; so the other metrics."""
        settings = self.baseline.settings
        shown = [metric.column(settings) for metric in self.metrics if metric.shown]
        rest = [metric.column(settings) for metric in self.metrics if not metric.shown]
        ratios = [list(map(ratio_column, columns)) for columns in (shown, rest)]
        return (VARIANT, *shown, *ratios[0], HYPER, *rest, *ratios[1])

    @cached_property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """The variant, its metrics as exact numbers, and their ratios to the baseline's."""
        return [self._row(self.counts[variant.id]) for variant in self.variants]

    def _row(self, counts: Counts) -> dict[str, Any]:
        row: dict[str, Any] = {VARIANT.key: counts.variant.id, HYPER.key: counts.hyper}
        for metric in self.metrics:
            value = row[metric.key] = counts[metric.key]
            whole = self.baseline[metric.key]
            row[f"{metric.key}_ratio"] = value / whole if whole else None
        return row

    @property
    def notes(self) -> tuple[str, ...]:
        """What each metric counts."""
        return tuple(f"{m.column(self.baseline.settings).note}." for m in self.metrics)


def compare(
    layer: ConvLayer,
    variants: Iterable[str | Variant] | str | Variant | None = None,
    metrics: Iterable[str] | str | None = None,
    settings: Settings = DEFAULTS,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Comparison:
    """Compare variants on one layer.

    Args:
        layer: the layer that every variant stands in for.
        variants: ids or `Variant` values, or one of them; None is every variant that fits the layer
            (those that do not are in the result's `skipped`, with the reason).
        metrics: keys; None is those shown by default (parameters and MACs), "all" is every one.
        settings: conventions: what a MAC is worth in FLOPs, and word lengths.
        hyper, letters: hyper-parameters, for every variant that has the letter (`b=4`), or for one
            alone (`hyper={"tucker2.r1": 16}`), which wins.

    Returns:
        A `Comparison`: the exact counts of each variant, and as a table their metrics and the ratio
        of each metric to the baseline's, the standard layer.

    Raises:
        LayerError: something that is no layer.
        VariantError: an unknown variant or hyper-parameter, a value that is not allowed, or a
            chosen variant that does not fit.

    Warns:
        FullRankWarning: a rank above full rank, which costs more and can express nothing more.

    >>> from costmodel import ConvLayer, compare
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> print(compare(layer, ["standard", "basis"], b=4).to_csv(), end="")
    variant,params,macs,params_ratio,macs_ratio,hyper
    standard,73728,231211008,1.0,1.0,
    basis,35072,109985792,0.4756944444444444,0.4756944444444444,b=4
    """
    baseline = count(VARIANTS.baseline, layer, settings)  # first: it refuses what is no layer
    wanted = VARIANTS.values() if variants is None else variants
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        wanted = [wanted]
    selected = list(map(VARIANTS.of, wanted))
    values = route(selected, together(hyper, letters))
    chosen = choose_metrics(metrics)
    counts: dict[str, Counts] = {}
    skipped: list[tuple[str, str]] = []
    for variant in selected:
        try:
            bound = bind(variant, layer, values[variant.id])
        except VariantError as error:
            if variants is not None or (values[variant.id] and _fits(variant, layer)):
                raise
            skipped.append((variant.id, str(error)))
        else:
            warn_above_full_rank(bound, values[variant.id])
            counts[variant.id] = Counts(bound, settings)
    fitting = tuple(variant for variant in selected if variant.id in counts)
    return Comparison(layer, fitting, counts, baseline, chosen, tuple(skipped))


def choose_metrics(metrics: Iterable[str] | str | None) -> tuple[Metric, ...]:
    """The metrics meant: None for those shown by default, "all", or keys in any order."""
    if metrics is None:
        return tuple(metric for metric in METRICS.values() if metric.shown)
    if isinstance(metrics, str):
        metrics = METRICS if metrics == "all" else metrics.split(",")
    return tuple(METRICS[key.strip()] for key in metrics)


def with_layer(table: Tabular, layer: ConvLayer) -> Table:
    """The rows with the layer behind: in words that documents read, and each fact of it."""
    cells = {"layer": layer_words(layer), **layer_facts(layer)}
    columns = [*table.columns, *(Column(key, key.replace("_", " ").capitalize()) for key in cells)]
    return Table(columns, [{**row, **cells} for row in table], table.notes, table.skipped)


def ratio_column(column: Column, whole: str = "") -> Column:
    """A column's numbers divided by those of the whole; of the baseline unless said otherwise."""
    whole = whole or f"the {VARIANTS.baseline.title}"
    convention = f"{column.label} divided by those of {whole}"
    return Column(f"{column.key}_ratio", f"{column.label} ratio", "×", convention)


def _fits(variant: Variant, layer: ConvLayer) -> bool:
    """Whether the defaults fit: then a given value does not, which must not be hidden."""
    try:
        count(variant, layer)
    except VariantError:
        return False
    return True
