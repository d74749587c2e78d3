"""Change: what is put in place of a layer of a network, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from costmodel.core.hyper import route
from costmodel.core.numbers import Number
from costmodel.core.variant import VARIANTS, Variant
from costmodel.errors import VariantError
from costmodel.network.operation import NetOp
from costmodel.typed import read_setting, write_pairs

REPLACED = "replaced"
NO_WEIGHTS = "no weights of its own"
DOES_NOT_FIT = "does not fit"
DOES_NOT_PAY = "does not pay"


@dataclass(frozen=True)
class Choice:
    """A variant with values of its hyper-parameters, to be put in place of a layer.

    hyper: values by letter as they were given, numbers or expressions of the layer ("m/4"); those
    not given take each layer's own defaults.
    """

    variant: Variant
    hyper: tuple[tuple[str, Number | str], ...] = ()

    @classmethod
    def of(cls, variant: Variant, hyper: Mapping[str, Number | str]) -> Choice:
        """A choice of a variant with values by letter."""
        return cls(variant, tuple(hyper.items()))

    def __str__(self) -> str:
        return ",".join(filter(None, (self.variant.id, write_pairs(dict(self.hyper)))))


@dataclass(frozen=True, repr=False)
class Change:
    """What became of one selected layer.

    before, after: the operation; after is None where it was left alone, `status` and `reason` say
    why. choice: what was to be put in its place.
    """

    before: NetOp
    after: NetOp | None
    choice: Choice
    status: str
    reason: str = ""

    def __repr__(self) -> str:
        return f"<{self.before.name}: {self.after.bound if self.after else self.reason}>"

    @property
    def said(self) -> str:
        """The layer's name and the reason, for a list of what was left alone."""
        return f"{self.before.name}: {self.reason}"


def read_choice(text: str) -> Choice:
    """A choice from text: "basis", or with values "tucker2,r1=m/4,r2=16".

    Raises:
        VariantError: an unknown variant or hyper-parameter, or one that is given twice.
        InputError: something that is no letter with a value.
    """
    id, *pairs = (part.strip() for part in text.split(","))
    variant = VARIANTS.of(id)
    hyper: dict[str, Number | str] = {}
    for pair in pairs:
        letter, value = read_setting(pair)
        if letter in hyper:
            raise VariantError(f"{letter} is given twice in {text!r}; allowed is once")
        hyper[letter] = value
    return Choice.of(variant, route([variant], hyper)[variant.id])


def read_replacement(text: str) -> tuple[str, Choice]:
    """Where, and what is put there, from text: "layer1.*=basis,b=4", or "basis,b=4" alone.

    Conditions hold "=" as well ("kernel=3=cp,r=8"), so the selection ends at the last one that a
    variant's id follows; it is "" where there is none.

    Raises: as `read_choice`.
    """
    places = [place for place, sign in enumerate(text) if sign == "="]
    starts = [0, *(place + 1 for place in places)]
    named = [at for at in starts if text[at:].partition(",")[0].strip() in VARIANTS]
    start = named[-1] if named else starts[:2][-1]
    return text[: max(start - 1, 0)].strip(), read_choice(text[start:])
