"""Solution: which values of a letter keep a variant within its budgets on one layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from costmodel.core.layer import ConvLayer
from costmodel.core.numbers import Number, plain
from costmodel.core.readable import exact
from costmodel.metrics.settings import Settings
from costmodel.solving.budget import Budget
from costmodel.solving.letters import Asked
from costmodel.solving.roots import Root
from costmodel.solving.spans import Between, Span
from costmodel.table import Column, Table

#: Sides on which the values lie of those that do not meet the budgets.
CHEAPER = ("always", "never", "below", "above", "between", "outside", "mixed")
#: Costs at the first and at the last of some values, by metric; None where there is no last one.
Ends = tuple[Mapping[str, Number], Mapping[str, Number] | None]


@dataclass(frozen=True, repr=False)
class Solution:
    """Which values of a letter keep a variant within its budgets on one layer: all, exactly.

    asked: the variant, its letter, what is tied to it and the other values. layer: where. budgets:
    what has to be met; limits: as amounts on this layer. values: those that meet them, as spans of
    integers with a step; of a real letter (a share of the channels) as `Between`. cheaper: on which
    side of the other values that fit the layer they lie, one of `CHEAPER` ("between": others on
    both sides; "outside": on both sides of the others). roots: the positive numbers, between the
    integers too, at which the cost meets the first budget; none where roundings have no such place.
    ends: the costs at the first and the last of each span.
    """

    asked: Asked
    layer: ConvLayer
    settings: Settings
    budgets: tuple[Budget, ...]
    limits: tuple[Number, ...]
    values: tuple[Span | Between, ...]
    cheaper: str
    roots: tuple[Root, ...] = ()
    ends: tuple[Ends, ...] = ()

    # -- the set -----------------------------------------------------------------------------------
    @property
    def letter(self) -> str:
        """The letter that is solved for."""
        return self.asked.letter

    @property
    def metric(self) -> str:
        """The key of the (first) metric that has a budget."""
        return self.budgets[0].metric.key

    @property
    def smallest(self) -> Number | None:
        """The smallest value; None where there is none, as of no values or of an open interval."""
        first = self.values[0] if self.values else None
        return None if first is None or _open(first)[0] else plain(first.first)

    @property
    def largest(self) -> Number | None:
        """The largest value; None where there is none, as where there is no end to them."""
        if not self.values or any(span.last is None for span in self.values):
            return None
        last = max(self.values, key=lambda span: span.last or 0)
        return None if _open(last)[1] else plain(last.last)

    @property
    def always(self) -> bool:
        """Whether every value that fits the layer meets the budgets."""
        return self.cheaper == "always"

    @property
    def never(self) -> bool:
        """Whether no value does."""
        return self.cheaper == "never"

    def __contains__(self, value: object) -> bool:
        return any(value in span for span in self.values)

    @property
    def edge(self) -> Number | None:
        """The value next to those that do not meet the budgets: the largest, or the smallest."""
        return self.smallest if self.cheaper in ("above", "outside") else self.largest

    # -- where the cost meets the budget -----------------------------------------------------------
    @property
    def root(self) -> Root | None:
        """The one of the roots that the answer ends at; the only one where it ends at none."""
        edge = self.edge
        if edge is None or self.cheaper in ("always", "never"):
            return self.roots[0] if len(self.roots) == 1 else None
        if self.cheaper in ("above", "outside"):
            return next((root for root in reversed(self.roots) if root.value <= edge), None)
        return next((root for root in self.roots if root.value >= edge), None)

    @cached_property
    def bound(self) -> Any:
        """That place as an exact SymPy number; None where there is none."""
        return None if self.root is None else self.root.sympy

    @cached_property
    def bounds(self) -> tuple[Any, ...]:
        """All such places."""
        return tuple(root.sympy for root in self.roots)

    @property
    def conditions(self) -> Any:
        """What has to be true for the answer: on a layer of numbers nothing, SymPy's `true`."""
        from sympy import true

        return true

    # -- for people --------------------------------------------------------------------------------
    @property
    def where(self) -> str:
        """The values in words: `b = 1 to 8`."""
        if self.never or self.always:
            which = "every" if self.always else "no"
            return f"{which} {self.asked.text} that fits the layer"
        return self.asked.at(", ".join(map(str, self.values)))

    def to_text(self) -> str:
        """One sentence for each budget: the amount, the values, the cost at the last one."""
        said = [self._sentence(index) for index in range(len(self.budgets))]
        if self.root is not None and len(self.budgets) == 1:
            said[0] += f"; equal at {self.letter} = {self.root.text}"
        return "\n".join(f"{sentence}." for sentence in said)

    def wanted(self, index: int) -> str:
        """A budget in words: `MACs at most 69,363,302.4 (30 % of the standard convolution)`."""
        budget, limit = self.budgets[index], self.limits[index]
        words = f" ({budget.words})" if budget.words else ""
        relation = "below" if budget.strict else "at most"
        return f"{budget.metric.label} {relation} {amount(limit)}{words}"

    def _sentence(self, index: int) -> str:
        said = f"{self.wanted(index)} for {self.where}"
        key = self.budgets[index].metric.key
        edge = self.edge
        for span, costs in zip(self.values, self.ends, strict=True):
            for value, cost in zip((span.first, span.last), costs, strict=True):
                if cost is not None and edge is not None and value == edge:
                    reached = amount(cost[key])
                    return f"{said} ({reached} at {self.letter} = {edge})"
        return said

    def to_latex(self) -> str:
        r"""The values as a formula: `1 \le b \le 8`."""
        letter = self.asked.text.partition(" with ")[0]
        if self.never:
            return rf"{letter} \in \varnothing"
        spans = list(self.values)
        if all(span.first == span.last for span in spans):
            return rf"{letter} \in \{{{', '.join(str(span.first) for span in spans)}\}}"
        return r" \text{ or } ".join(_latex(letter, span) for span in spans)

    def to_table(self) -> Table:
        """A row per span: its ends, its step, and the metrics at both ends."""
        columns = [Column(name) for name in ("variant", "letter", "first", "last", "step")]
        columns += [
            Column(f"{budget.metric.key}_at_{end}", f"{budget.metric.label} at the {end}")
            for end in ("first", "last")
            for budget in self.budgets
        ]
        rows = []
        for span, ends in zip(self.values, self.ends, strict=True):
            row: dict[str, Any] = {
                "variant": self.asked.variant.id,
                "letter": self.asked.text,
                "first": plain(span.first),
                "last": span.last if span.last is None else plain(span.last),
                "step": getattr(span, "step", None),
            }
            for name, costs in zip(("first", "last"), ends, strict=True):
                row |= {f"{key}_at_{name}": cost for key, cost in (costs or {}).items()}
            rows.append(row)
        conventions = (f"{b.metric.column(self.settings).note}." for b in self.budgets)
        return Table(columns, rows, (*self.to_text().splitlines(), *conventions))

    def __repr__(self) -> str:
        return f"<{self.asked.variant.id}: {self.to_text()}>"


def amount(value: Number) -> str:
    """A cost for people: an integer with its digits grouped, a fraction with two decimals."""
    value = plain(value)
    if isinstance(value, int) or abs(value) < 1000:
        return exact(value)
    return f"{float(value):,.2f}".rstrip("0").rstrip(".")


def side(within: Sequence[Span], others: Sequence[Span]) -> str:
    """On which side of other values some values lie, one of `CHEAPER`."""
    if not within or not others:
        return "always" if within else "never"
    if _reaches_into(others, within):
        return "mixed" if _reaches_into(within, others) else "outside"
    below = any(span.first < within[0].first for span in others)
    ends = _last(within)
    above = ends is not None and any(span.last is None or span.last > ends for span in others)
    return "between" if below and above else "above" if below else "below"


def _reaches_into(spans: Sequence[Span], others: Sequence[Span]) -> bool:
    """Whether some values lie between the first and the last of others."""
    last = _last(others)
    return any(span.within(others[0].first, last) is not None for span in spans)


def _last(spans: Sequence[Span]) -> int | None:
    ends = [span.last for span in spans]
    return None if None in ends else max(end for end in ends if end is not None)


def _open(span: Span | Between) -> tuple[bool, bool]:
    return (span.open_first, span.open_last) if isinstance(span, Between) else (False, False)


def _latex(letter: str, span: Span | Between) -> str:
    if isinstance(span, Span) and span.step > 1:
        shown = [str(span.first), str(span.first + span.step), r"\ldots"]
        shown += [] if span.last is None else [str(span.last)]
        return rf"{letter} \in \{{{', '.join(shown)}\}}"
    if span.last is None:
        return rf"{letter} \ge {span.first}"
    if span.first == span.last:
        return f"{letter} = {span.first}"
    left, right = ("<" if is_open else r"\le" for is_open in _open(span))
    return f"{span.first} {left} {letter} {right} {span.last}"
