"""Directives that give mathematics: formulas, ratios, break-evens, derivations.

LaTeX stays within the subset that GitHub, KaTeX and MathJax all render.
"""

from __future__ import annotations

from typing import Any

from costmodel.core.variant import VARIANTS, Variant
from costmodel.documents import options, rst
from costmodel.documents.request import Request, Target, directive
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS

_NOTATION = {"notation": "the letters: fcnn, mobilenet or pytorch [fcnn]"}
_METRIC = {"metric": "a metric's key [macs]", **_NOTATION}


def displayed(latex: str, target: Target) -> str:
    """A formula where it will stand: within a line, or as a block of its own."""
    from costmodel.formulas.printing.printers import fence

    if target.inline or target.syntax == "latex":
        return f"${latex}$" if target.inline else f"\\[\n{latex}\n\\]"
    return rst.math(latex) if target.syntax == "rst" else fence(latex)


def _typeset(expr: Any, variant: Variant, request: Request, target: Target) -> str:
    from costmodel.formulas.printing.printers import latex

    return displayed(latex(expr, _notation(request), tuple(variant.hyper)), target)


def _metric(request: Request) -> str:
    return METRICS[request.options.get("metric", "macs")].key


def _notation(request: Request) -> str:
    from costmodel.formulas.alphabets import ALPHABETS, DEFAULT

    return options.choice(request, "notation", tuple(ALPHABETS), DEFAULT)


@directive(
    "formula",
    "one metric of a variant in letters",
    "formula basis macs notation=pytorch",
    words=("variant", "metric"),
    options=_NOTATION,
)
def _formula(request: Request, target: Target) -> str:
    from costmodel.formulas.formula import formula

    name, metric = request.words
    variant = VARIANTS[name]
    return _typeset(formula(variant, METRICS[metric].key), variant, request, target)


@directive(
    "ratio",
    "a variant's cost divided by the standard layer's, in letters",
    "ratio basis",
    words=("variant",),
    options=_METRIC,
)
def _ratio(request: Request, target: Target) -> str:
    from costmodel.formulas.formula import ratio

    variant = VARIANTS[request.words[0]]
    return _typeset(ratio(variant, _metric(request)), variant, request, target)


@directive(
    "breakeven",
    "up to where a variant is cheaper than the standard layer",
    "breakeven basis b",
    words=("variant", "letter"),
    options=_METRIC,
)
def _breakeven(request: Request, target: Target) -> str:
    from costmodel.formulas.break_even import break_even

    name, letter = request.words
    variant = VARIANTS[name]
    found = break_even(variant, letter, _metric(request))
    return _typeset(found.condition, variant, request, target)


@directive(
    "derivation",
    "formula = numbers substituted = result",
    "derivation basis macs k=3 m=64 n=128 size=56x56 b=4",
    words=("variant", "metric"),
    options=_NOTATION,
    layer=True,
    hyper=True,
)
def _derivation(request: Request, target: Target) -> str:
    from costmodel.formulas.derivation import derivation

    if target.inline:
        raise InputError("a derivation within a line; allowed is a block of its own lines")
    name, metric = request.words
    hyper = options.hyper(request, _NOTATION)
    found = derivation(name, options.layer(request), METRICS[metric].key, hyper=hyper)
    return displayed(found.latex(_notation(request)), target)


@directive(
    "formulas",
    "a table of variants in letters: parameters, multiplies, ratio and break-even",
    "formulas variants=standard,basis,spatial_svd",
    options={"variants": "ids separated by commas", **_METRIC},
)
def _formulas(request: Request, target: Target) -> str:
    from costmodel.formulas.rows import rows
    from costmodel.formulas.tables import render

    if target.inline or target.syntax == "rst":
        raise InputError(
            "a table of formulas within a line or in reStructuredText; allowed is a block of its "
            "own in Markdown or LaTeX"
        )
    found = rows(options.names(request, "variants"), _metric(request))
    return render(found, target.syntax, _notation(request))
