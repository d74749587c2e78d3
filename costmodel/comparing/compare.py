"""Reports: layer × variants × metrics → rows; the one table that everybody shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from costmodel.comparing.count import Counts, count
from costmodel.core.hyper import route, together
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import VariantError
from costmodel.metrics.metric import METRICS, Metric
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.table import Column, Table

#: Columns of every table with a row per variant.
VARIANT = Column("variant", "Variant")
HYPER = Column("hyper", "Settings")


def compare(
    layer: ConvLayer,
    variants: Iterable[str | Variant] | str | Variant | None = None,
    metrics: Iterable[str] | str | None = None,
    settings: Settings = DEFAULTS,
    *,
    hyper: Mapping[str, Number] | None = None,
    **letters: Number,
) -> Table:
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
        A `Table`: one row per variant with its id, the metrics as exact integers, and the ratio of
        each shown metric to the baseline, the standard layer.

    Raises:
        VariantError: an unknown variant or hyper-parameter, a value that is not allowed, or a
            chosen variant that does not fit.

    >>> from costmodel import ConvLayer, compare
    >>> layer = ConvLayer(kernel=3, in_channels=64, out_channels=128, size=(56, 56))
    >>> print(compare(layer, ["standard", "basis"], b=4).to_csv(), end="")
    variant,params,macs,params_ratio,macs_ratio,hyper
    standard,73728,231211008,1.0,1.0,
    basis,35072,109985792,0.4756944444444444,0.4756944444444444,b=4
    """
    chosen = choose_metrics(metrics)
    if isinstance(variants, str | Variant):
        variants = [variants]
    wanted = VARIANTS.values() if variants is None else variants
    selected = list(map(VARIANTS.of, wanted))
    values = route(selected, together(hyper, letters))
    base = count(VARIANTS.baseline, layer, settings)
    rows: list[dict[str, Any]] = []
    skipped: list[tuple[str, str]] = []
    for variant in selected:
        try:
            counts = count(variant, layer, settings, hyper=values[variant.id])
        except VariantError as error:
            if variants is not None or (values[variant.id] and _fits(variant, layer)):
                raise
            skipped.append((variant.id, str(error)))
            continue
        rows.append(_row(counts, base, chosen))
    notes = tuple(f"{metric.column(settings).note}." for metric in chosen)
    return Table(columns(chosen, settings), rows, notes, tuple(skipped))


def choose_metrics(metrics: Iterable[str] | str | None) -> list[Metric]:
    """The metrics meant: None for those shown by default, "all", or keys in any order."""
    if metrics is None:
        return [metric for metric in METRICS.values() if metric.shown]
    if isinstance(metrics, str):
        metrics = METRICS if metrics == "all" else metrics.split(",")
    return [METRICS[key.strip()] for key in metrics]


def columns(metrics: Sequence[Metric], settings: Settings = DEFAULTS) -> tuple[Column, ...]:
    """The variant, shown metrics, their ratios, the hyper-parameters, and the other metrics."""
    shown = [metric.column(settings) for metric in metrics if metric.shown]
    rest = [metric.column(settings) for metric in metrics if not metric.shown]
    return (VARIANT, *shown, *map(ratio_column, shown), HYPER, *rest)


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


def _row(counts: Counts, base: Counts, metrics: Sequence[Metric]) -> dict[str, Any]:
    row: dict[str, Any] = {"variant": counts.variant.id}
    for metric in metrics:
        value = row[metric.key] = counts[metric.key]
        if metric.shown:
            whole = base[metric.key]
            row[f"{metric.key}_ratio"] = value / whole if whole else None
    return {**row, "hyper": counts.hyper}
