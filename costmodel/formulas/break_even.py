"""Break-even and any other budget in letters: the bound of a letter, with its conditions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from sympy import (
    Eq,
    Expr,
    Integer,
    Mod,
    Rational,
    Symbol,
    ceiling,
    expand,
    floor,
    fraction,
    sympify,
    together,
)
from sympy.logic.boolalg import Boolean

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.names import layer_names
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, unknown
from costmodel.formulas.algebra import divisible
from costmodel.formulas.cases import Case, Inequality
from costmodel.formulas.coefficients import coefficients_in
from costmodel.formulas.layers import general_layer
from costmodel.formulas.letters import hyper_symbols, symbol
from costmodel.formulas.signs import Low
from costmodel.formulas.solution import LetterSolution
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.solving.budget import Budget, cheaper_than
from costmodel.solving.letters import Asked, read_letters

# Where a bound is taken to its limit: the channels, one after the other.
_GROWING = ("n", "m")


def break_even(
    variant: Variant | str, letter: str, metric: str = "macs", layer: ConvLayer | None = None
) -> LetterSolution:
    """The exact bounds on one letter within which a variant is cheaper than the standard layer.

    Args:
        variant: a `Variant`, or the id of a registered one.
        letter: a hyper-parameter, or a letter of the layer (k, m, n, …).
        metric: the key of what is compared.
        layer: a layer of numbers, symbols or both; None is the general one of `formula`.

    Returns:
        The bounds in the other letters and the conditions under which they hold.

    Raises:
        CostModelError: the cost does not depend on the letter, or has no closed form there.

    >>> str(break_even("basis", "b").condition)
    'b < k**2*n/(k**2 + n)'
    """
    chosen = VARIANTS.of(variant)
    budget = cheaper_than(metric)
    if letter in chosen.hyper:
        return in_letters(read_letters(chosen, letter, {}), budget, layer)
    return _in_a_size(chosen, letter, metric, layer or general_layer(chosen))


def break_evens(variant: Variant, metric: str = "macs") -> tuple[LetterSolution, ...]:
    """The break-even in every hyper-parameter that has a bound, in order of declaration."""
    solved = []
    for letter in variant.hyper:
        with suppress(CostModelError):
            solved.append(break_even(variant, letter, metric))
    return tuple(solution for solution in solved if solution.bounds)


def in_letters(
    asked: Asked,
    budget: Budget,
    layer: ConvLayer | None = None,
    settings: Settings = DEFAULTS,
) -> LetterSolution:
    """Which values of a letter meet a budget, as bounds in the other letters.

    Args:
        asked: the variant, its letter, what is tied to it and given.
        budget: what a metric may cost; letters of another variant that are not given stay letters.
        layer: a layer with symbols; None is the general one of `formula`.
        settings: conventions of FLOPs and bytes.

    Raises:
        CostModelError: as of `break_even`; also a letter that both variants have.
    """
    variant, at = asked.variant, layer or general_layer(asked.variant)
    usual = budget == cheaper_than(budget.metric.key) and settings == DEFAULTS
    if usual and not (asked.tied or asked.given):
        return _cached(variant, asked.letter, budget.metric.key, at)
    return _solved(asked, budget, at, settings)


@lru_cache(maxsize=512)
def _cached(variant: Variant, letter: str, metric: str, layer: ConvLayer) -> LetterSolution:
    return _solved(read_letters(variant, letter, {}), cheaper_than(metric), layer, DEFAULTS)


def _solved(asked: Asked, budget: Budget, layer: ConvLayer, settings: Settings) -> LetterSolution:
    variant, other = asked.variant, budget.other
    own = hyper_symbols(variant)
    names = {**own, **layer_names(layer)}
    values = {**own, **asked.values(own[asked.letter], names)}
    shared = sorted({*own} & {*other.hyper} - {*budget.given})
    if shared and budget.share is not None:
        raise CostModelError(
            f"{shared[0]} is a letter of {variant.id} and of {other.id}; allowed is a value for "
            f"that of {other.id}, such as {shared[0]}=4 or {shared[0]}={shared[0]}"
        )
    theirs = replace(budget, given={**hyper_symbols(other), **budget.given})
    cost = sympify(count(variant, layer, settings, hyper=values)[budget.metric.key])
    limit = sympify(theirs.limit(layer, settings, letters={**names, **values}))
    low = _lows(variant, other)
    high = asked.declared.high
    return _answer(
        asked, budget, cost, limit, own[asked.letter], low, None if high is None else Integer(high)
    )


def _in_a_size(variant: Variant, letter: str, metric: str, layer: ConvLayer) -> LetterSolution:
    """The break-even in a letter of the layer itself."""
    budget, own = cheaper_than(metric), hyper_symbols(variant)
    cost = sympify(count(variant, layer, hyper=own)[budget.metric.key])
    limit = sympify(budget.limit(layer))
    wanted = symbol(letter)
    if wanted not in (cost / limit).cancel().free_symbols:
        known = {s.name for s in (cost / limit).cancel().free_symbols}
        raise CostModelError(
            unknown(f"letter of {variant.id}", letter, [*own, *sorted(known - {*own})])
        )
    asked = Asked(variant, letter, {}, {})
    return _answer(asked, budget, cost, limit, wanted, _lows(variant), None)


def _answer(
    asked: Asked,
    budget: Budget,
    cost: Expr,
    limit: Expr,
    letter: Symbol,
    low: Low,
    high: Expr | None,
) -> LetterSolution:
    variant, metric = asked.variant, budget.metric
    excess = expand(divisible(cost) - divisible(limit))
    if letter not in cost.free_symbols | limit.free_symbols:
        raise CostModelError(
            f"{variant.id}: {metric.key} does not depend on {letter}; allowed are letters that it "
            "depends on"
        )
    inequality = Inequality(excess, letter, low, high, budget.strict)
    try:
        cases = inequality.cases()
    except CostModelError as error:
        raise CostModelError(
            f"{variant.id}: no bound of {metric.label} in {letter} in letters: {error}; a layer of "
            "numbers has an answer"
        ) from None
    words = f" {budget.words}" if budget.words else f" {budget.amount:,}"
    wanted = f"{metric.label} {'below' if budget.strict else 'at most'}{words}"
    wanted += f" for {asked.text}" if asked.tied else ""
    limit_of, limit_in = _limit(inequality, cases)
    return LetterSolution(
        variant.id,
        (*variant.hyper, *budget.other.hyper),
        letter,
        asked.text,
        metric.key,
        wanted,
        budget.strict,
        cases,
        _roundings(cost, limit),
        limit_of,
        limit_in,
    )


def _lows(*variants: Variant) -> Low:
    """The least values of letters: of sizes 1, of hyper-parameters as declared.

    A size that is the difference of two letters cannot be negative.
    """
    lows: dict[Symbol, Expr] = {}
    for variant in variants:
        own = hyper_symbols(variant)
        for name, hyper in variant.hyper.items():
            lows[own[name]] = Rational(str(hyper.low))
        for expr in variant.derived.values():
            names = list(expr.names())
            if expr.op == "-" and expr.text.replace(" ", "") == "-".join(names):
                more, less = (own.get(name, symbol(name)) for name in names)
                lows[more] = less + lows.get(less, Integer(1))
    return lambda letter: lows.get(letter, Integer(1))


def _roundings(*costs: Expr) -> tuple[Boolean, ...]:
    """What divides what where every rounding comes out even."""
    found: dict[Boolean, None] = {}
    for cost in costs:
        for part in sorted(cost.atoms(floor, ceiling), key=str):
            above, below = fraction(together(divisible(part.args[0])))
            found[Eq(Mod(above, below, evaluate=False), 0, evaluate=False)] = None
    return tuple(found)


def _limit(inequality: Inequality, cases: tuple[Case, ...]) -> tuple[Expr | None, Symbol | None]:
    """The bound for ever more output (or input) channels, from the leading terms of its equation.

    Dividing the equation by the highest power of n leaves, for n to infinity, the terms that have
    it; their root is the limit of the root.
    """
    if len(cases) != 1 or len(cases[0].bounds) != 1:
        return None, None
    (case,) = cases
    above = expand(fraction(together(inequality.excess))[0])
    for channels in map(symbol, _GROWING):
        if channels not in case.bounds[0].free_symbols or channels == inequality.letter:
            continue
        with suppress(CostModelError):
            leading = coefficients_in(above, channels)[0]
            if inequality.letter not in leading.free_symbols:
                continue
            limits = replace(inequality, excess=leading).cases()
            if len(limits) == 1 and limits[0].cheaper == case.cheaper and limits[0].bounds != (0,):
                return limits[0].bounds[0], channels
    return None, None
