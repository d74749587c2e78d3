"""Directives that give mathematics: formulas, ratios, break-evens, derivations.

LaTeX stays within the subset that GitHub, KaTeX and MathJax all render.
"""

from __future__ import annotations

from costmodel.docs import options, rst
from costmodel.docs.directives import Request, Target, directive
from costmodel.errors import InputError
from costmodel.metrics import METRICS
from costmodel.variant import VARIANTS

_NOTATION = {"notation": "the letters: fcnn, mobilenet or pytorch [fcnn]"}
_METRIC = {"metric": "a metric's key [macs]", **_NOTATION}


def displayed(latex: str, target: Target) -> str:
    """A formula where it will stand: within a line, or as a block of its own."""
    from costmodel.symbolic import fence

    if target.inline or target.syntax == "latex":
        return f"${latex}$" if target.inline else f"\\[\n{latex}\n\\]"
    return rst.math(latex) if target.syntax == "rst" else fence(latex)


def _notation(request: Request) -> str:
    from costmodel.symbolic import NOTATIONS

    return options.choice(request, "notation", tuple(NOTATIONS), "fcnn")


@directive(
    "formula",
    "one metric of a variant in letters",
    "formula basis macs notation=pytorch",
    words=("variant", "metric"),
    options=_NOTATION,
)
def _formula(request: Request, target: Target) -> str:
    from costmodel import symbolic

    name, metric = request.words
    variant = VARIANTS[name]
    shown = symbolic.formula(variant, METRICS[metric].key)
    return displayed(symbolic.latex(shown, _notation(request), tuple(variant.hyper)), target)


@directive(
    "ratio",
    "a variant's cost divided by the standard layer's, in letters",
    "ratio basis",
    words=("variant",),
    options=_METRIC,
)
def _ratio(request: Request, target: Target) -> str:
    from costmodel import symbolic

    variant = VARIANTS[request.words[0]]
    metric = METRICS[request.options.get("metric", "macs")].key
    shown = symbolic.ratio(variant, metric)
    return displayed(symbolic.latex(shown, _notation(request), tuple(variant.hyper)), target)


@directive(
    "breakeven",
    "up to where a variant is cheaper than the standard layer",
    "breakeven basis b",
    words=("variant", "letter"),
    options=_METRIC,
)
def _breakeven(request: Request, target: Target) -> str:
    from costmodel import symbolic

    name, letter = request.words
    variant = VARIANTS[name]
    metric = METRICS[request.options.get("metric", "macs")].key
    found = symbolic.break_even(variant, letter, metric)
    return displayed(
        symbolic.latex(found.condition, _notation(request), tuple(variant.hyper)), target
    )


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
    from costmodel import symbolic

    if target.inline:
        raise InputError("a derivation within a line; allowed is a block of its own lines")
    name, metric = request.words
    hyper = options.hyper(request, _NOTATION)
    found = symbolic.derivation(name, options.layer(request), METRICS[metric].key, **hyper)
    return displayed(found.latex(_notation(request)), target)


@directive(
    "formulas",
    "a table of variants in letters: parameters, multiplies, ratio and break-even",
    "formulas variants=standard,basis,spatial_svd",
    options={"variants": "ids separated by commas", **_METRIC},
)
def _formulas(request: Request, target: Target) -> str:
    from costmodel import symbolic

    if target.inline or target.syntax == "rst":
        raise InputError(
            "a table of formulas within a line or in reStructuredText; allowed is a block of its "
            "own in Markdown or LaTeX"
        )
    metric = METRICS[request.options.get("metric", "macs")].key
    rows = symbolic.rows(options.names(request, "variants"), metric)
    return symbolic.render(rows, target.syntax, _notation(request))
