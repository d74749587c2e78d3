"""One variant in the report of a layer: what it is, its formulas, its letters to move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from typing import NamedTuple

from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.documents.report.page import code, slider_row
from costmodel.documents.report.sliders import Slider
from costmodel.errors import CostModelError
from costmodel.formulas.algebra import display
from costmodel.formulas.break_even import break_evens
from costmodel.formulas.formula import formula, ratio
from costmodel.formulas.layers import twin_layer
from costmodel.formulas.printing.mathml import mathml
from costmodel.formulas.printing.printers import latex
from costmodel.metrics.metric import METRICS, Metric
from costmodel.plots.layout import name_of
from costmodel.plots.palette import style_of
from costmodel.solving.solve import break_even_on_layer

_LARGE = 16  # windows side by side: so large an input fits any layer of the same kind


class Entry(NamedTuple):
    """What is said of a variant.

    letters: the sliders of its own. hyper: what was given, as it was typed. counted: the metrics'
    numbers at the report's sizes, None where it does not fit. values: its letters there.
    """

    variant: Variant
    letters: tuple[Slider, ...]
    hyper: Mapping[str, Number]
    counted: Mapping[str, int] | None
    values: Mapping[str, Number]


def section(entry: Entry, layer: ConvLayer, metrics: Sequence[Metric]) -> str:
    """The variant's part of the page, closed until it is asked for."""
    variant = entry.variant
    parts = [f"<p>{escape(variant.summary)}</p>", code(variant.stages)]
    if entry.letters:
        rows = "".join(slider_row(slider, variant.id) for slider in entry.letters)
        parts.append(
            f'<div class="sliders">{rows}</div><button type="button" class="follow" '
            f'data-follow="{variant.id}" hidden>Let its letters follow the layer again</button>'
        )
    parts += [_costs(entry, layer, metric) for metric in metrics]
    if not variant.baseline:
        parts += _against_baseline(entry, layer)
    parts += [f"<p>{escape(text)}</p>" for text in (variant.wins, variant.note) if text]
    parts.append(f'<p class="source">Source: {escape(variant.reference)}</p>')
    color = style_of(variant).color
    return (
        f'<details class="variant" id="variant-{variant.id}"><summary>'
        f'<span class="swatch" style="background:{color}"></span>{escape(name_of(variant))} '
        f"<code>{variant.id}</code></summary>{''.join(parts)}</details>"
    )


def _costs(entry: Entry, layer: ConvLayer, metric: Metric) -> str:
    """A metric's formula in the layer's letters, with its value where the sliders stand."""
    variant = entry.variant
    value = "–" if entry.counted is None else f"{entry.counted[metric.key]:,}"
    try:
        shown = display(formula(variant, metric.key, general(layer, variant)))
        text = mathml(latex(shown.expr, own=tuple(variant.hyper)))
        note = f" ({shown.note}; the number keeps the roundings)" if shown.note else ""
    except CostModelError as error:
        text, note = "", f" (no formula in letters: {error})"
    return (
        f'<p class="formula">{escape(metric.label)} = {text}{" = " if text else ""}'
        f'<output data-cell="{variant.id} {metric.key}">{value}</output>{escape(note)}</p>'
    )


def _against_baseline(entry: Entry, layer: ConvLayer) -> list[str]:
    variant, own = entry.variant, tuple(entry.variant.hyper)
    parts = []
    title = escape(VARIANTS.baseline.title)
    label = METRICS["macs"].label
    with suppress(CostModelError):
        shown = display(ratio(variant), plain=True)
        note = f"; {shown.note}" if shown.note else ""
        text = mathml(latex(shown.expr, own=own))
        parts.append(
            f'<p class="formula">{label} / those of the {title} = {text} '
            f"(at stride 1, without groups{note})</p>"
        )
    for even in break_evens(variant):
        note = f", {even.note}" if even.note else ""
        parts.append(
            f'<p class="formula">Fewer {label} while {mathml(even.to_latex())} '
            f"(at stride 1, without groups{note})</p>"
        )
        with suppress(CostModelError):  # of a layer that the variant does not fit
            others = {k: v for k, v in entry.values.items() if k != even.letter.name}
            found = break_even_on_layer(variant, even.letter.name, layer, hyper=others)
            parts.append(f"<p>At the sizes above as first shown: {escape(found.to_text())}</p>")
    return parts


def general(layer: ConvLayer, variant: Variant) -> ConvLayer:
    """The layer of letters that holds wherever the sliders are.

    A letter for each slider, and h and w for the output grid, as if every axis had a stride.

    Raises `CostModelError` where the variant is not made for such a layer.
    """
    reach = [d * (k - 1) + 1 for d, k in zip(layer.dilation, layer.kernel, strict=True)]
    facts = {
        "size": tuple(n + _LARGE * r for n, r in zip(layer.size, reach, strict=True)),
        "stride": tuple(2 if set(layer.stride) == {1} else s for s in layer.stride),
    }
    return twin_layer(layer.replace(**{**facts, **variant.domain}), variant)[0]
