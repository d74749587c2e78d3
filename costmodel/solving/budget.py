"""Budgets: what a metric may cost at most: an amount, a share of the standard layer, a variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from costmodel.comparing.count import count
from costmodel.core.layer import ConvLayer
from costmodel.core.names import layer_names
from costmodel.core.numbers import Number, plain
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import CostModelError, InputError
from costmodel.metrics.metric import METRICS, Metric
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.solving.letters import evaluated
from costmodel.typed import read_amount, write_pairs

#: A variant, or one with the values of its letters.
Other = str | Variant | tuple[str | Variant, Mapping[str, Number]]


@dataclass(frozen=True)
class Budget:
    """What a metric may cost.

    share: of what the other variant costs; None where `amount` is a number of its own. strict:
    whether it has to be less. given: the other variant's letters, numbers or expressions.
    """

    metric: Metric
    amount: Number = None
    share: Number = None
    other: Variant = field(default_factory=lambda: VARIANTS.baseline)
    given: Mapping[str, Number] = field(default_factory=dict)
    strict: bool = False

    @property
    def words(self) -> str:
        """What it is a share of, in words: "30 % of the standard convolution"; "" of nothing."""
        if self.share is None:
            return ""
        values = f" with {write_pairs(self.given, ', ')}" if self.given else ""
        share = "" if self.share == 1 else f"{float(self.share * 100):g} % of "
        return f"{share}the {self.other.title}{values}"

    def limit(
        self,
        layer: ConvLayer,
        settings: Settings = DEFAULTS,
        letters: Mapping[str, Number] | None = None,
    ) -> Number:
        """The amount on a layer; `letters` are those of the variant that is solved for.

        Raises `CostModelError` for a share of nothing.
        """
        if self.share is None:
            return self.amount
        names = {**layer_names(layer), **(letters or {})}
        values = evaluated(self.other, self.given, names)
        whole = count(self.other, layer, settings, hyper=values)[self.metric.key]
        if isinstance(whole, int) and whole == 0:
            raise CostModelError(
                f"the {self.other.title} has no {self.metric.label}, so there is no share of them; "
                "allowed are metrics that it has, or an amount"
            )
        return self.share * whole

    def depends_on(self, letter: str) -> bool:
        """Whether the other variant's values are given in terms of this letter."""
        from costmodel.core import expression

        texts = [value for value in self.given.values() if isinstance(value, str)]
        return any(letter in expression.parse(text).names() for text in texts)


def at_most(budgets: Mapping[str, object]) -> tuple[Budget, ...]:
    """Budgets by metric: `{"macs": "30%", "params": 10_000}`.

    Raises `InputError` for none, and for what is no amount; `CostModelError` for an unknown metric.
    """
    if not budgets:
        raise InputError("no budget; allowed are metrics with amounts, such as macs=30%")
    return tuple(_read(METRICS[key], amount) for key, amount in budgets.items())


def cheaper_than(metric: str, other: Other | None = None) -> Budget:
    """To cost less than another variant; None is the standard layer."""
    variant, given = variant_with(other)
    return Budget(METRICS[metric], share=1, other=variant, given=given, strict=True)


def same_as(metric: str, other: Other) -> Budget:
    """To cost no more than another variant."""
    variant, given = variant_with(other)
    return Budget(METRICS[metric], share=1, other=variant, given=given)


def variant_with(other: Other | None) -> tuple[Variant, Mapping[str, Number]]:
    """A variant and its letters' values."""
    if other is None:
        return VARIANTS.baseline, {}
    if isinstance(other, tuple):
        name, given = other
        return VARIANTS.of(name), dict(given)
    return VARIANTS.of(other), {}


def _read(metric: Metric, amount: object) -> Budget:
    from fractions import Fraction

    relative = False
    try:
        if isinstance(amount, str):
            amount, relative = read_amount(amount)
        if isinstance(amount, bool) or not isinstance(amount, int | float | Fraction):
            raise InputError(f"{amount!r}; allowed are amounts such as 30%, 10M, 2.5k or 1000")
        value = Fraction(str(amount)) if isinstance(amount, float) else amount
    except (InputError, ValueError) as error:
        raise InputError(f"{metric.key}={error}") from None
    if value < 0:
        raise InputError(f"{metric.key}={amount!r}; allowed are amounts from 0 up")
    return Budget(metric, share=value) if relative else Budget(metric, amount=plain(value))
