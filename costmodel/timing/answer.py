"""What a comparison comes to, times included: the first things that a reader asks.

Every number and every choice follows from the counts and the predicted times; what a variant gives
up stands in its declaration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from costmodel.comparing.compare import Comparison
from costmodel.comparing.count import Counts
from costmodel.comparing.explain import described
from costmodel.core.readable import exact, si
from costmodel.core.variant import VARIANTS, Variant
from costmodel.timing.convolution import convolutions
from costmodel.timing.machines import is_usual
from costmodel.timing.model.intervals import Prediction
from costmodel.timing.opened import Estimates

_ALIKE = 0.05  # shares of time and of multiplies that differ by less are called alike
_READABLE = 1_000_000  # counts below are written out


@dataclass(frozen=True)
class Finding:
    """One answer: what was asked, the variant that answers it if it is one, and a sentence."""

    asked: str
    variant: Variant | None
    text: str


@dataclass(frozen=True, eq=False)
class Answer:
    """A comparison with times, and what it comes to.

    comparison: with every size a number. estimates: of the same comparison; None where there are
    no times at all.
    """

    comparison: Comparison
    estimates: Estimates | None = None

    @cached_property
    def baseline(self) -> Prediction | None:
        """The time of the layer as it is."""
        if self.estimates is None:
            return None
        id = VARIANTS.baseline.id
        if id in self.estimates.by_variant:
            return self.estimates.by_variant[id]
        predictor = self.estimates.opened.predictor
        return predictor.total(convolutions(self.comparison.baseline.bound))

    def time(self, id: str) -> Prediction | None:
        """The time of a variant; None where there is none."""
        return self.estimates.by_variant.get(id) if self.estimates else None

    def time_ratio(self, id: str) -> float | None:
        """A variant's time divided by that of the layer as it is."""
        own, whole = self.time(id), self.baseline
        return own.seconds / whole.seconds if own and whole and whole.seconds else None

    def macs_ratio(self, id: str) -> float | None:
        """A variant's multiplies divided by those of the layer as it is."""
        whole = self.comparison.baseline.macs
        return float(self.comparison.counts[id].macs / whole) if whole else None

    # -- in words --------------------------------------------------------------------------------
    def findings(self, looked_at: str = "") -> list[Finding]:
        """The layer as it is; the cheapest, the fastest and the closest of what saves multiplies.

        Closest is what keeps most of the layer's numbers, of those that need fewer multiplies.

        Args:
            looked_at: the id of a variant that has a line in any case.
        """
        found = [Finding("This layer", None, self._layer())]
        saving = self._saving()
        if not saving:
            text = "none of the variants shown needs fewer multiplies than the layer as it is."
            found.append(Finding("Fewest multiplies", None, text))
        asked: dict[str, list[str]] = {}
        if saving:
            cheapest = min(saving, key=lambda c: c.macs)
            asked.setdefault(cheapest.variant.id, []).append("fewest multiplies")
        timed = [c for c in saving if self.time_ratio(c.variant.id) is not None]
        if timed:
            fastest = min(timed, key=lambda c: self.time_ratio(c.variant.id) or 0.0)
            if (self.time_ratio(fastest.variant.id) or 1) < 1:
                asked.setdefault(fastest.variant.id, []).append("least time")
        if saving:
            closest = max(saving, key=lambda c: (min(c.params, self._params), -c.macs))
            asked.setdefault(closest.variant.id, []).append("closest to the layer")
        if looked_at in self.comparison.counts and looked_at != VARIANTS.baseline.id:
            asked.setdefault(looked_at, []).append("looked at")
        for id, questions in asked.items():
            words = " and ".join(questions)
            counts = self.comparison.counts[id]
            found.append(
                Finding(words[:1].upper() + words[1:], counts.variant, self._saves(counts))
            )
        return found

    def lesson(self) -> str:
        """What multiplies say about time on this layer, as a title."""
        differences = [
            (time - macs, counts)
            for counts in self._saving()
            if (macs := self.macs_ratio(counts.variant.id)) is not None
            and (time := self.time_ratio(counts.variant.id)) is not None
        ]
        if not differences:
            return "Multiplies and parameters beside the standard layer's"
        gap, counts = max(differences, key=lambda pair: pair[0])
        id = counts.variant.id
        macs, time = self.macs_ratio(id) or 0.0, self.time_ratio(id) or 0.0
        if gap < _ALIKE:
            return "On this layer, time falls as multiplies do"
        verb = "take longer" if time > 1 else "save less time than they promise"
        return (
            f"Fewer multiplies can {verb}: {described(counts)} has {_percent(macs)} of the "
            f"multiplies and takes {_percent(time)} of the time"
        )

    @property
    def _params(self) -> int:
        return int(self.comparison.baseline.params)

    def _saving(self) -> Sequence[Counts]:
        whole = self.comparison.baseline.macs
        return [
            c for c in self.comparison.counts.values() if not c.variant.baseline and c.macs < whole
        ]

    def _layer(self) -> str:
        base, time = self.comparison.baseline, self.baseline
        text = f"{_amount(base.macs)} multiplies and {_amount(base.params)} parameters"
        if time is None or self.estimates is None:
            return f"{text}."
        opened = self.estimates.opened
        own = opened.path is not None and is_usual(opened.predictor.machine)
        where = "this machine" if own else opened.predictor.machine.processor
        return f"{text}, {time} on {where}."

    def _saves(self, counts: Counts) -> str:
        """What a variant saves of multiplies, parameters and time, and what it gives up."""
        variant = counts.variant
        macs, time = self.macs_ratio(variant.id) or 0.0, self.time_ratio(variant.id)
        said = [f"{_change(macs, 'multiplies', 'fewer', 'more')}"]
        said.append(_change(float(counts.params / self._params), "parameters", "fewer", "more"))
        if time is not None:
            said.append(_change(time, "time", "less", "more"))
        text = f"{described(counts)}: {', '.join(said[:-1])} and {said[-1]}"
        but = variant.gives_up
        return f"{text}, but {but[:1].lower()}{but[1:]}" if but else f"{text}."


def _change(ratio: float, what: str, less: str, more: str) -> str:
    """`88 % fewer multiplies`, `as many multiplies`."""
    if abs(ratio - 1) < 0.005:
        return f"as {'much' if less == 'less' else 'many'} {what}"
    return f"{_percent(abs(1 - ratio))} {less if ratio < 1 else more} {what}"


def _percent(share: float) -> str:
    """`88 %`, with as many digits more as keep it from nothing and from all."""
    for digits in range(4):
        text = f"{100 * share:,.{digits}f}"
        if float(text.replace(",", "")) not in (0, 100):
            break
    return f"{text} %"


def _amount(value: int) -> str:
    return exact(value) if value < _READABLE else si(value)
