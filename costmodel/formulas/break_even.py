"""Break-even: the value of a letter at which a variant costs as much as the standard layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from sympy import Expr, Gt, Integer, Lt, Rational, Symbol, expand, fraction

from costmodel.core.bind import bind
from costmodel.core.layer import ConvLayer
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, unknown
from costmodel.formulas.algebra import EVEN, divisible, factored, has_rounding
from costmodel.formulas.formula import costs, ratio
from costmodel.formulas.layers import exchanged, general_layer
from costmodel.formulas.letters import WORDS, hyper_symbols, symbol
from costmodel.formulas.solving import coefficients_in, equation, roots, slope_sign
from costmodel.metrics.metric import METRICS, Metric

# Sizes of real layers at which a sign is looked up where the formula itself does not show it.
_SAMPLES = (
    {"k": 3, "m": 64, "n": 128, "d": 8, "h": 56, "w": 48, "D": 16, "H": 112, "W": 96},
    {"k": 5, "m": 96, "n": 192, "d": 12, "h": 28, "w": 36, "D": 24, "H": 56, "W": 72},
    {"k": 7, "m": 512, "n": 384, "d": 16, "h": 14, "w": 18, "D": 32, "H": 28, "W": 36},
)
_ELSE = Integer(2)  # a letter that is neither the layer's nor has a default there
_MORE = Rational(11, 10)
# Where a bound is taken to its limit: the channels, one after the other.
_GROWING = ("n", "m")

_NEVER = "its cost is never that of the standard layer at a value above 0"

_Sample = dict[Symbol, Rational]


@dataclass(frozen=True)
class BreakEven:
    """Where a variant starts to be cheaper than the standard layer.

    letter: what is solved for. metric: key of what is compared. bound: the exact value of equal
    cost. relation: "<" where it is cheaper below the bound, ">" where above. limit: where the
    bound goes as the letter `limit_in` grows without end; None where it grows as well or does not
    depend on channels. note: what was assumed.
    """

    letter: Symbol
    metric: str
    bound: Expr
    relation: str
    limit: Expr | None = None
    limit_in: Symbol | None = None
    note: str = ""

    @property
    def cheaper(self) -> str:
        """On which side of the bound it is cheaper: "below" or "above"."""
        return "below" if self.relation == "<" else "above"

    @property
    def condition(self) -> Expr:
        """The inequality as a SymPy relation: `b < k**2*n/(k**2 + n)`."""
        return relation(self.letter, self.relation, self.bound)

    @property
    def limit_condition(self) -> Expr | None:
        """The same with the limit for the bound; None where there is none."""
        return None if self.limit is None else relation(self.letter, self.relation, self.limit)


def relation(letter: Symbol, sign: str, bound: Expr) -> Expr:
    """An inequality that SymPy leaves as it is, even where it is true of every positive number."""
    return (Lt if sign == "<" else Gt)(letter, bound, evaluate=False)


def break_even(
    variant: Variant | str, letter: str, metric: str = "macs", layer: ConvLayer | None = None
) -> BreakEven:
    """The exact bound on one letter within which a variant is cheaper than the standard layer.

    Args:
        variant: a `Variant`, or the id of a registered one.
        letter: a hyper-parameter, or a letter of the layer (k, m, n, …).
        metric: the key of what is compared.
        layer: a layer of numbers, symbols or both; None is the general one of `formula`.

    Returns:
        The bound in the other letters, floors and ceilings taken to come out even.

    Raises:
        CostModelError: the cost does not depend on the letter, is never that of the standard layer
            at a positive value, or has no closed form there.

    >>> str(break_even("basis", "b").condition)
    'b < k**2*n/(k**2 + n)'
    """
    chosen = VARIANTS.of(variant)
    at = layer or general_layer(chosen)
    exact = ratio(chosen, metric, at)
    wanted = hyper_symbols(chosen).get(letter, symbol(letter))
    if wanted not in exact.free_symbols:
        letters = [*chosen.hyper, *sorted({s.name for s in exact.free_symbols} - {*chosen.hyper})]
        if letter not in letters:
            raise CostModelError(unknown(f"letter of {chosen.id}", letter, letters))
        raise CostModelError(
            f"{chosen.id}: the ratio of {METRICS[metric].label} does not depend on {letter}, so "
            "there is no break-even; allowed are letters that it depends on"
        )
    solved = _solved(chosen, wanted, METRICS[metric], at)
    if isinstance(solved, str):
        raise CostModelError(
            f"{chosen.id}: no break-even of {METRICS[metric].label} in {letter}: {solved}"
        )
    return solved


def break_evens(variant: Variant, metric: str = "macs") -> tuple[BreakEven, ...]:
    """The break-even in every hyper-parameter that has one, in order of declaration."""
    solved = []
    for letter in variant.hyper:
        with suppress(CostModelError):
            solved.append(break_even(variant, letter, metric))
    return tuple(solved)


@lru_cache(maxsize=512)
def _solved(variant: Variant, letter: Symbol, metric: Metric, layer: ConvLayer) -> BreakEven | str:
    """The break-even, or the reason why there is none."""
    cost, base = costs(variant, metric, layer)
    samples = _samples(variant, layer)
    excess = expand(divisible(cost) - divisible(base))
    solved = equation(excess, letter)
    try:
        candidates = roots(solved, letter)
    except CostModelError as error:
        return str(error)
    hyper = variant.hyper.get(letter.name)
    high = hyper.high if hyper and hyper.high is not None else None
    bounds = [
        root
        for root in candidates
        if _possible(root, samples) and not (high is not None and root.is_number and root > high)
    ]
    if not bounds:
        return _NEVER
    bound = _positive_denominator(_next_to_default(bounds, letter, samples), samples)
    sign = _relation(excess, letter, bound, samples)
    if bound == 0 and sign == "<":
        return _NEVER
    if not sign:
        return "whether it is cheaper below or above depends on the other sizes"
    limit, limit_in = _limit(solved, letter, bound, samples)
    note = EVEN if has_rounding(cost) else ""
    return BreakEven(letter, metric.key, bound, sign, limit, limit_in, note)


# -- what signs alone do not tell, at layers of usual sizes ------------------------------------


@lru_cache(maxsize=128)
def _samples(variant: Variant, layer: ConvLayer) -> list[_Sample]:
    """What every letter stands for, for each of the sample sizes."""
    return [_sample(variant, layer, sizes) for sizes in _SAMPLES]


def _sample(variant: Variant, layer: ConvLayer, sizes: Mapping[str, int]) -> _Sample:
    """The sizes by letter, with the variant's own defaults at them."""
    sample = {symbol(name): Rational(size) for name, size in sizes.items()}
    sample |= {symbol(WORDS[name]): Rational(sizes[name]) for name in WORDS if name in sizes}
    hyper = dict.fromkeys(variant.hyper, int(_ELSE))
    with suppress(CostModelError):  # where the defaults do not fit, any plausible numbers will do
        hyper = dict(bind(variant, exchanged(layer, lambda s: sample.get(s, _ELSE))).hyper)
    letters = hyper_symbols(variant)
    return sample | {letters[name]: Rational(str(value)) for name, value in hyper.items()}


def _values(expr: Expr, samples: Sequence[_Sample]) -> list[Expr]:
    """An expression at every sample where it is a real number."""
    values = (
        expr.xreplace({s: sample.get(s, _ELSE) for s in expr.free_symbols}) for sample in samples
    )
    return [value for value in values if value.is_extended_real]


def _possible(root: Expr, samples: Sequence[_Sample]) -> bool:
    """Whether a root is positive at some sample (or is 0, the edge)."""
    return bool(root == 0) or any(value > 0 for value in _values(root, samples))


def _next_to_default(bounds: list[Expr], letter: Symbol, samples: Sequence[_Sample]) -> Expr:
    """Of several bounds the one that is met first on the way from the default value."""
    if len(bounds) == 1:
        return bounds[0]
    default = samples[0].get(letter, _ELSE)

    def way(bound: Expr) -> Expr:
        value = _values(bound, samples[:1])
        return abs(value[0] - default) if value else Rational(10**12)

    return min(bounds, key=way)


def _positive_denominator(root: Expr, samples: Sequence[_Sample]) -> Expr:
    """The root with the signs above and below the line such that the lower side is positive."""
    above, below = fraction(root)
    if all(value < 0 for value in _values(below, samples)):
        return factored(expand(-above)) / factored(expand(-below))
    return root


def _relation(excess: Expr, letter: Symbol, bound: Expr, samples: Sequence[_Sample]) -> str:
    """Whether the variant is cheaper below or above the bound; "" where that depends on sizes.

    excess: its cost beyond the standard layer's. Where the signs of its terms do not tell whether
    it rises, its values a little above the bound do, at the samples.
    """
    sign = slope_sign(excess, letter)
    if sign:
        return "<" if sign > 0 else ">"
    signs = set()
    for sample in samples:
        here = _values(bound, [sample])
        if here and here[0] >= 0:
            more = here[0] * _MORE if here[0] else 1 - 1 / _MORE
            signs |= {bool(value > 0) for value in _values(excess, [{**sample, letter: more}])}
    return "" if len(signs) != 1 else "<" if signs.pop() else ">"


def _limit(
    solved: Expr, letter: Symbol, bound: Expr, samples: Sequence[_Sample]
) -> tuple[Expr | None, Symbol | None]:
    """The bound for ever more output (or input) channels, from the leading terms of its equation.

    Dividing the equation by the highest power of n leaves, for n to infinity, the terms that have
    it; their root is the limit of the root.
    """
    for channels in map(symbol, _GROWING):
        if channels not in bound.free_symbols or channels == letter:
            continue
        leading = coefficients_in(solved, channels)[0]
        if letter not in leading.free_symbols:
            continue
        limits = [root for root in roots(leading, letter) if _possible(root, samples)]
        limits = [root for root in limits if root != 0]
        if limits:
            return _next_to_default(limits, letter, samples), channels
    return None, None
