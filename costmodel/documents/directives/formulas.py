"""Directives that give mathematics: formulas, ratios, break-evens, derivations.

LaTeX stays within the subset that GitHub, KaTeX and MathJax all render; other languages of
mathematics are made from it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from costmodel.core.layer_text import LAYER_NAMES
from costmodel.core.variant import VARIANTS, Variant
from costmodel.documents import options, written
from costmodel.documents.request import Request, Target, directive
from costmodel.errors import InputError
from costmodel.metrics.metric import METRICS
from costmodel.network.change import read_choice
from costmodel.typed import named, read_integer, read_pairs

if TYPE_CHECKING:
    from costmodel.formulas.alphabets import Alphabet

_NOTATION = {
    "notation": "the letters: fcnn, mobilenet, pytorch, one of [tool.costmodel.alphabets] in the "
    "document's pyproject.toml, or a .toml file beside the document [fcnn]"
}
_METRIC = {"metric": "a metric's key [macs]", **_NOTATION}


def _typeset(expr: Any, variant: Variant, request: Request, target: Target) -> str:
    from costmodel.formulas.printing.printers import latex

    return written.formula(latex(expr, _notation(request, target), tuple(variant.hyper)), target)


def _metric(request: Request) -> str:
    return METRICS[request.options.get("metric", "macs")].key


def _notation(request: Request, target: Target) -> Alphabet:
    from costmodel.formulas.alphabets import DEFAULT
    from costmodel.formulas.own_alphabets import notation

    return notation(request.options.get("notation", DEFAULT), os.path.dirname(target.path))


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
    if found.when == True and found.bounds:  # noqa: E712  (SymPy's true is not Python's)
        return _typeset(found.condition, variant, request, target)
    return written.formula(found.to_latex(_notation(request, target)), target)


_SOLVE = {
    "at_most": "amounts by metric, macs=30%,params=10M in quotes",
    "same_as": "another variant with its values, basis,b=4 in quotes",
    "less_than": "another variant that it is to cost less than [standard]",
    "multiple_of": "only multiples of it are values",
    "in": "text, for a sentence in place of the formula",
    **_METRIC,
}


@directive(
    "solve",
    "which values of a letter keep a variant within a budget; without a layer in letters",
    'solve basis b at_most="macs=30%" k=3 m=64 n=128 size=56x56 in=text',
    words=("variant", "letters"),
    options=_SOLVE,
    layer=True,
    hyper=True,
    tied=True,
)
def _solve(request: Request, target: Target) -> str:
    from costmodel.formulas.inverse import break_even, solve

    name, letters = request.words
    given = request.options
    layer = options.layer(request) if given.keys() & LAYER_NAMES else None
    budget = [key for key in ("at_most", "same_as", "less_than") if key in given]
    options.refuse(request, budget[1:], f"{''.join(budget[:1])}=; allowed is one of them")
    if "at_most" in given:
        options.refuse(request, ["metric"], "at_most=, which names its own; allowed is without it")
    if not budget or "less_than" in given:
        options.refuse(request, ["multiple_of"], "no at_most= or same_as=; allowed is with one")
    if layer is not None:
        options.refuse(request, ["notation"], "a layer, whose answer has numbers; allowed is none")
    hyper = options.hyper(request, _SOLVE)
    choices = {key: read_choice(given[key]) for key in ("same_as", "less_than") if key in given}
    others = {key: (choice.variant, dict(choice.hyper)) for key, choice in choices.items()}
    found: Any
    if "at_most" in given or "same_as" in given:
        found = solve(
            name,
            letters,
            at_most=read_pairs(given["at_most"]) if "at_most" in given else None,
            same_as=others.get("same_as"),
            metric=_metric(request),
            layer=layer,
            multiple_of=named("multiple_of", read_integer, given.get("multiple_of", "1")),
            hyper=hyper,
        )
    else:
        than = others.get("less_than")
        found = break_even(name, letters, _metric(request), layer, than, hyper=hyper)
    alphabet = () if layer is not None else (_notation(request, target),)
    if options.choice(request, "in", ("formula", "text"), "formula") == "text":
        return written.sentence(str(found.to_text(*alphabet)).rstrip("."), target)
    return written.formula(found.to_latex(*alphabet), target)


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
    return written.formula(found.latex(_notation(request, target)), target)


@directive(
    "formulas",
    "a table of variants in letters: parameters, multiplies, ratio and break-even",
    "formulas variants=standard,basis,spatial_svd",
    options={
        "variants": "ids separated by commas",
        "columns": "the columns to show: variant, params, macs, macs_ratio, macs_break_even, limit",
        **_METRIC,
    },
)
def _formulas(request: Request, target: Target) -> str:
    from costmodel.formulas.rows import rows
    from costmodel.formulas.tables import render

    if target.inline:
        raise InputError("a table of formulas within a line; allowed is a block of its own")
    found = rows(options.names(request, "variants"), _metric(request))
    columns = options.names(request, "columns")
    return render(found, target.syntax, _notation(request, target), columns)
