"""Directives that give figures: vector files beside the document, the same bytes at every run."""

from __future__ import annotations

import os
import re
from typing import Any

from costmodel.core.hyper import route
from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS
from costmodel.documents import options, written
from costmodel.documents.canvas import canvas, look
from costmodel.documents.request import Request, Target, directive
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.plots.palette import style_of

_SUFFIX = {"latex": ".pdf"}  # others take SVG
_OPTIONS = {
    "file": "the figure's file name, beside the document (.svg for Markdown, .pdf for LaTeX)",
    "metric": "a metric's key [macs]",
    "variants": "ids separated by commas",
    "over": "for curves: what varies, a layer axis or variant.letter",
    "values": "for curves: its values, separated by commas",
    "at_most": "for curves over a hyper-parameter: a budget, 30% or 10M; what it allows is marked",
    "full_rank": "for curves over a rank: yes marks it, as it is beside the other values",
    "alt": "a sentence for those who cannot see it",
}
_KINDS = ("bars", "curve")


@directive(
    "figure",
    "bars of the ratio to the standard layer, or curves of it over a size, as a vector figure",
    'figure bars file=ratios.svg variants=standard,basis k=3 m=64 n=128 size=56x56 alt="Ratios."',
    words=("kind",),
    options=_OPTIONS,
    layer=True,
    hyper=True,
)
def _figure(request: Request, target: Target) -> str:
    kind = request.words[0]
    if kind not in _KINDS:
        raise InputError(f"figure {kind!r}; allowed are {', '.join(_KINDS)}")
    if target.inline:
        raise InputError("a figure within a line; allowed is a block of its own lines")
    name = _file_name(request, target)
    metric = METRICS[request.options.get("metric", "macs")]
    (axes,), draw = canvas()
    sentence = (_bars if kind == "bars" else _curve)(axes, request, metric.key, metric.label)
    target.files[os.path.join(os.path.dirname(target.path), name)] = draw(target.syntax)
    return written.image(name, request.options.get("alt", sentence), target)


def _file_name(request: Request, target: Target) -> str:
    suffix = _SUFFIX.get(target.syntax, ".svg")
    name = request.options.get("file", "")
    # the example is written for Markdown; a LaTeX document gets the format that it can include
    name = re.sub(r"\.(svg|pdf)$", suffix, name)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.(svg|pdf)", name):
        raise InputError(
            f"file={name!r}; allowed is a plain name ending in {suffix}, beside the document"
        )
    return name


def _bars(axes: Any, request: Request, metric: str, label: str) -> str:
    from costmodel.comparing.compare import compare
    from costmodel.comparing.count import count

    layer = options.layer(request)
    hyper = options.hyper(request, _OPTIONS)
    table = compare(layer, options.names(request, "variants"), [metric], hyper=hyper)
    whole = count(VARIANTS.baseline, layer)[metric]
    names = table.column("variant")
    ratios = [value / whole for value in table.column(metric)]
    colors = [style_of(VARIANTS[name]).color for name in names]
    bars = axes.barh(range(len(names)), ratios, color=colors)
    axes.bar_label(bars, labels=[f"×{ratio:.3g}" for ratio in ratios], padding=3)
    axes.set_yticks(range(len(names)), [VARIANTS[name].title for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0, max([1.0, *ratios]) * 1.12)
    axes.axvline(1, color="#555555", linewidth=0.8)
    axes.set_xlabel(f"{label}, ratio to the {VARIANTS.baseline.title}")
    return f"{label} of {len(names)} variants as ratios to the {VARIANTS.baseline.title}."


def _curve(axes: Any, request: Request, metric: str, label: str) -> str:
    result = options.swept(request, "curve", _OPTIONS, [metric])
    over = request.options["over"]
    ((_, values),) = result.axes.items()
    for name in result.variants:
        style = style_of(VARIANTS[name])
        axes.plot(values, result.ratio(name, metric), label=VARIANTS[name].title, **look(style))
    axes.axhline(1, color="#555555", linewidth=0.8)
    axes.set_ylim(bottom=0)
    said = _budget(axes, request, metric) + _full_rank(axes, request)
    axes.set_xlabel(over)
    axes.set_ylabel(f"{label}, ratio to standard")
    axes.legend(frameon=False)
    return f"{label} over {over} as a ratio to the {VARIANTS.baseline.title}.{said}"


def _budget(axes: Any, request: Request, metric: str) -> str:
    """A budget as a line, and the value that it ends at as a star; what it allows in words."""
    if "at_most" not in request.options:
        return ""
    from costmodel.comparing.count import count
    from costmodel.solving.solve import budgets_of, solve_on_layer

    layer, id, letter, values = _over(request, "at_most")
    others = {name: value for name, value in values.items() if name != letter}
    budgets = budgets_of({metric: request.options["at_most"]}, None, metric)
    found = solve_on_layer(id, letter, layer, budgets, hyper=others)
    whole = count(VARIANTS.baseline, layer)[metric]
    axes.axhline(found.limits[0] / whole, color="#555555", linewidth=0.8, linestyle=":")
    if found.edge is not None:
        cost = count(id, layer, hyper={**others, letter: found.edge})[metric]
        color = style_of(VARIANTS[id]).color
        axes.plot([found.edge], [cost / whole], marker="*", markersize=15, color=color)
        axes.annotate(
            f"{letter} = {found.edge:,}",
            (found.edge, cost / whole),
            xytext=(8, -14),
            textcoords="offset points",
        )
    return f" {found.to_text()}"


def _full_rank(axes: Any, request: Request) -> str:
    """Full rank as a vertical line."""
    if options.choice(request, "full_rank", ("yes", "no"), "no") == "no":
        return ""
    from costmodel.core.bind import bind
    from costmodel.core.full_rank import full_rank_of

    layer, id, letter, values = _over(request, "full_rank")
    full = full_rank_of(bind(VARIANTS[id], layer, values), letter)
    axes.axvline(full, color="#555555", linewidth=0.8, linestyle="--")
    axes.annotate(
        f"full rank {full:,}",
        (full, 0),
        xytext=(4, 4),
        textcoords="offset points",
        rotation=90,
    )
    return f" Full rank is {full:,}."


def _over(request: Request, option: str) -> tuple[ConvLayer, str, str, dict[str, Number]]:
    """The layer, the variant and the letter that a curve goes over, and the values given of it."""
    id, dot, letter = request.options["over"].partition(".")
    if not dot:
        raise InputError(f"{option}= with over={id}; allowed is over=variant.letter")
    values = route([VARIANTS[id]], _own(request, id))[id]
    return options.layer(request), id, letter, values


def _own(request: Request, id: str) -> dict[str, Number]:
    """The hyper-parameters that one variant has, of those that are given."""
    given = options.hyper(request, _OPTIONS)
    return {
        name: value
        for name, value in given.items()
        if name.rpartition(".")[0] in ("", id) and name.rpartition(".")[2] in VARIANTS[id].hyper
    }
