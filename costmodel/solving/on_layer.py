"""Solving on one layer: the exact set of values, found by algebra and checked by counting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from costmodel.core.bind import bind
from costmodel.core.bound import BoundVariant
from costmodel.core.layer import ConvLayer
from costmodel.core.names import layer_names
from costmodel.core.numbers import Number, is_symbolic, plain
from costmodel.core.polynomial import Polynomial, symbol
from costmodel.errors import CostModelError, InputError, VariantError
from costmodel.metrics.settings import DEFAULTS, Settings
from costmodel.solving.axis import Axis, integer_axis, real_axis
from costmodel.solving.budget import Budget
from costmodel.solving.domain import along, split
from costmodel.solving.form import Form
from costmodel.solving.letters import Asked
from costmodel.solving.paths import Piece, pieces
from costmodel.solving.roots import Root, crossings
from costmodel.solving.signs import least
from costmodel.solving.solution import Ends, Solution, amount, side
from costmodel.solving.spans import Span, joined

#: A variant with values in place, and the amounts of its budgets.
_Bound = tuple[BoundVariant, tuple[Number, ...]]


class Question:
    """Which values of one letter meet some budgets on one layer.

    Args:
        asked: the variant, its letter, and what the other letters are worth.
        layer: sizes as numbers.
        budgets: all of which have to be met.
        multiple_of: only multiples of it are values.

    Raises:
        CostModelError: the other letters do not fit, or a share of nothing.
    """

    def __init__(
        self,
        asked: Asked,
        layer: ConvLayer,
        budgets: tuple[Budget, ...],
        settings: Settings = DEFAULTS,
        multiple_of: int = 1,
    ) -> None:
        self.asked, self.layer, self.budgets = asked, layer, budgets
        self.settings, self.multiple_of = settings, multiple_of
        self._names = layer_names(layer)
        # amounts that do not change with the letter are counted once
        self._fixed = [
            None if budget.depends_on(asked.letter) else budget.limit(layer, settings)
            for budget in budgets
        ]
        self._counted: dict[int, tuple[Number, ...] | None] = {}

    def solve(self) -> Solution:
        """All of them, exactly.

        Raises:
            VariantError: no value fits the layer.
            CostModelError: a metric that does not depend on the letter, or where algebra gives no
                answer.
        """
        within, others = self._parts()
        self._check(within, others)
        limits = self._bind(self.axis.at(self._example))[1]
        runs = [run for span in within for run in self.axis.runs(span)]
        return Solution(
            self.asked,
            self.layer,
            self.settings,
            self.budgets,
            limits,
            self.axis.values(runs),
            side(within, others),
            self._roots(),
            tuple(map(self._ends, runs)),
        )

    # -- one place ---------------------------------------------------------------------------------
    @cached_property
    def axis(self) -> Axis:
        """The letter's values by places."""
        letter, declared = self.asked.letter, self.asked.declared
        if not declared.real:
            return integer_axis(letter, declared, self.multiple_of)
        if self.multiple_of != 1:
            raise InputError(
                f"multiples of {self.multiple_of} of {letter}, a real number; allowed are integer "
                "letters"
            )

        def sizes(x: Number) -> Iterator[Number]:
            bound, _ = self._bind(x)
            yield from bound.env.values()
            for stage in bound.stages:
                yield from stage.sizes.values()

        return real_axis(letter, declared, sizes)

    def _bind(self, x: Number) -> _Bound:
        values = self.asked.values(x, self._names)
        bound = bind(self.asked.variant, self.layer, values)
        letters = {**self._names, **values}
        limits = tuple(
            budget.limit(self.layer, self.settings, letters) if fixed is None else fixed
            for budget, fixed in zip(self.budgets, self._fixed, strict=True)
        )
        return bound, limits

    def _excess(self, bound: _Bound) -> tuple[Number, ...]:
        """By how much each metric is beyond its budget."""
        variant, limits = bound
        return tuple(
            budget.metric.of(variant, self.settings) - limit
            for budget, limit in zip(self.budgets, limits, strict=True)
        )

    def _at(self, place: int) -> tuple[Number, ...] | None:
        """The excess at one place, counted; None where it does not fit."""
        if place not in self._counted:
            try:
                self._counted[place] = self._excess(self._bind(self.axis.at(place)))
            except CostModelError:
                self._counted[place] = None
        return self._counted[place]

    def _meets(self, place: int) -> bool:
        """Whether a place meets all budgets, counted."""
        excess = self._at(place)
        return excess is not None and all(
            over < 0 if budget.strict else over <= 0
            for budget, over in zip(self.budgets, excess, strict=True)
        )

    # -- all places --------------------------------------------------------------------------------
    @cached_property
    def _pieces(self) -> tuple[list[Piece], tuple[Number, ...] | None]:
        found, general = pieces(
            self.asked.letter,
            self.axis.spans,
            lambda place: self._bind(self.axis.at(place)),
            self._excess,
        )
        if not found:
            raise VariantError(self._why_none_fits())
        for piece in found:
            self.axis.check(piece.counts, piece.spans)
        if sum(span.first != span.last for piece in found for span in piece.spans) + len(found) > 1:
            self._check_dependence(found)
        return found, general

    def _check_dependence(self, found: Sequence[Piece]) -> None:
        """Refuse a metric that is the same at every value."""
        for place, (budget, fixed) in enumerate(zip(self.budgets, self._fixed, strict=True)):
            counts = {piece.counts[place] for piece in found}
            if fixed is not None and len(counts) == 1 and not is_symbolic(counts.pop()):
                raise CostModelError(
                    f"{self.asked.variant.id}: {budget.metric.key} does not depend on "
                    f"{self.asked.letter} on this layer; allowed are letters that it depends on"
                )

    @property
    def _example(self) -> int:
        """A place that fits."""
        return self._pieces[0][0].spans[0].first

    def _why_none_fits(self) -> str:
        what = f"{self.asked.variant.id}: no value of {self.asked.text} fits the layer"
        for span in self.axis.spans:
            try:
                self._bind(self.axis.at(span.first))
            except CostModelError as error:
                return f"{what}; at {self.axis.at(span.first)}: {error}"
        return f"{what}; allowed are layers that some value fits"

    def _parts(self) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """The places that meet the budgets, and those that fit and do not."""
        within: list[Span] = []
        others: list[Span] = []
        for piece in self._pieces[0]:
            kept = list(piece.spans)
            for budget, excess in zip(self.budgets, piece.counts, strict=True):
                kept, beyond = split(excess, kept, budget.strict)
                others += beyond
            within += kept
        return joined(within), joined(others)

    def _check(self, within: Sequence[Span], others: Sequence[Span]) -> None:
        """Count at both sides of every edge; algebra that disagrees is a mistake of ours."""
        for spans, wanted in ((within, True), (others, False)):
            for span in spans:
                ends = {span.first, *(() if span.last is None else (span.last,))}
                for place in ends:
                    if self._at(place) is None or self._meets(place) is not wanted:
                        raise AssertionError(
                            f"{self.asked.variant.id}: {self.asked.letter} = "
                            f"{self.axis.at(place)} on {self.layer} is solved and counted "
                            "differently"
                        )

    def _ends(self, run: Span) -> Ends:
        """The costs at the first and the last place of a run."""
        first = self._costs(run.first)
        return first, None if run.last is None else self._costs(run.last)

    def _costs(self, place: int) -> Mapping[str, Number]:
        excess = self._at(place)
        assert excess is not None
        limits = self._fixed
        if None in limits:
            limits = list(self._bind(self.axis.at(place))[1])
        return {
            budget.metric.key: plain(over + limit)
            for budget, over, limit in zip(self.budgets, excess, limits, strict=True)
        }

    # -- about the first budget --------------------------------------------------------------------
    def _roots(self) -> tuple[Root, ...]:
        general = self._pieces[1]
        if general is None or self.axis.real or not isinstance(general[0], Polynomial):
            return ()
        excess, letter = general[0], self.asked.letter
        if self.axis.shift:
            excess = excess.subs(**{letter: symbol(letter) - self.axis.shift})
        whole = Form(excess).whole
        return () if whole is None else tuple(crossings(whole.above))

    def least(self) -> str:
        """The least that can be reached of each metric, in words; "" where there is no least."""
        said = []
        for index, budget in enumerate(self.budgets):
            found = [
                self._least_on(piece.counts[index], span)
                for piece in self._pieces[0]
                for span in piece.spans
            ]
            if None in found:
                return ""
            _, place = min(each for each in found if each is not None)
            cost = amount(self._costs(place)[budget.metric.key])
            said.append(f"{cost} {budget.metric.label} at {self.asked.at(self.axis.at(place))}")
        return "; ".join(said)

    def _least_on(self, excess: Number, span: Span) -> tuple[Number, int] | None:
        if not isinstance(excess, Polynomial):
            return excess, span.first
        form, low, high = along(excess, span)
        found = least(form, [(low, high)])
        return None if found is None else (found[0], span.part(found[1] - low, None).first)
